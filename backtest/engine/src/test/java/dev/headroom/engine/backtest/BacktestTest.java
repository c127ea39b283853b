package dev.headroom.engine.backtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.engine.recording.RandomRecording;
import dev.headroom.engine.report.JsonReport;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Policy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** However a backtest is run, its result is the same to the byte. */
final class BacktestTest {

  private static final List<InstanceRecording> LAB = RandomRecording.lab(7, 5, 300, 8, 250_000);

  private static List<Candidate> candidates() {
    return FormulaLibrary.list().stream()
        .map(formula -> Candidate.parse(Policy.of(formula.name(), formula.text())))
        .toList();
  }

  private static String json(List<InstanceRecording> recordings, EngineOptions options) {
    return JsonReport.render(
        Backtest.run(
            new RecordingSource("lab", "hash", recordings),
            candidates(),
            BacktestConfig.DEFAULT,
            options,
            ProgressListener.NONE));
  }

  @Test
  void result_isTheSameToTheByte_withAnyThreadsOrderAndEvaluation() {
    EngineOptions one = new EngineOptions(1, false);
    String expected = json(LAB, one);
    List<InstanceRecording> shuffled = new ArrayList<>(LAB);
    Collections.shuffle(shuffled, new Random(1));

    assertThat(json(LAB, one.withThreads(2))).isEqualTo(expected);
    assertThat(json(shuffled, one.withThreads(4))).isEqualTo(expected);
    assertThat(json(LAB, one.withInterpreter())).isEqualTo(expected);
  }

  @Test
  void countingRefusedStatements_changesNothingButThatTheyAreNotKept() {
    for (Duration horizon : Arrays.asList(null, Duration.ofMillis(700), Duration.ofSeconds(5))) {
      BacktestConfig config = BacktestConfig.DEFAULT.withHorizon(horizon);
      List<PolicyResult> kept = policies(config);
      List<PolicyResult> counted = policies(config.withoutBlocks());

      assertThat(kept)
          .allSatisfy(
              policy -> assertThat(classes(policy.instanceBlocks())).isEqualTo(policy.blocks()))
          .anySatisfy(policy -> assertThat(policy.instanceBlocks()).isNotEmpty());
      assertThat(counted).allSatisfy(policy -> assertThat(policy.instanceBlocks()).isEmpty());
      assertThat(counted)
          .usingRecursiveFieldByFieldElementComparatorIgnoringFields("instanceBlocks")
          .isEqualTo(kept);
    }
  }

  private static List<PolicyResult> policies(BacktestConfig config) {
    RecordingSource source = new RecordingSource("lab", "hash", LAB);
    return Backtest.run(source, candidates(), config, ProgressListener.NONE).policies();
  }

  private static BlockCounts classes(List<PolicyResult.InstanceBlock> blocks) {
    return BlockCounts.of(blocks.stream().map(each -> each.block().blockClass()).toList());
  }

  @Test
  void noMoreInstancesAreOpen_thanThereAreThreads() {
    AtomicInteger taken = new AtomicInteger();
    AtomicInteger finished = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<RecordingSource.InstanceSource> sources = new ArrayList<>();
    for (InstanceRecording recording : LAB) {
      sources.add(() -> {
        most.accumulateAndGet(taken.incrementAndGet() - finished.get(), Math::max);
        return StreamedRecording.of(recording);
      });
    }

    Backtest.run(
        new RecordingSource(null, null, null, () -> "hash", sources),
        candidates(),
        BacktestConfig.DEFAULT,
        new EngineOptions(2, false),
        (_, done) -> finished.set(done));

    assertThat(taken).hasValue(LAB.size());
    assertThat(most.get()).isLessThanOrEqualTo(2);
  }

  @Test
  void anInterrupt_cancels_andLeavesNoThreadBehind() throws InterruptedException {
    CountDownLatch opened = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    AtomicReference<Thread> worker = new AtomicReference<>();
    RecordingSource.InstanceSource stuck =
        () -> {
          worker.set(Thread.currentThread());
          opened.countDown();
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return StreamedRecording.of(LAB.getFirst());
        };
    Thread caller =
        Thread.ofPlatform()
            .start(() -> {
              try {
                Backtest.run(
                    new RecordingSource(null, null, null, () -> "hash", List.of(stuck)),
                    List.of(),
                    BacktestConfig.DEFAULT,
                    ProgressListener.NONE);
              } catch (BacktestCancelledException e) {
                thrown.set(e);
              }
            });
    opened.await();

    caller.interrupt();
    caller.join();

    assertThat(thrown.get()).isInstanceOf(BacktestCancelledException.class);
    Thread stopped = worker.get();
    stopped.join();
    assertThat(stopped.isAlive()).isFalse();
  }

  @Test
  void aFailingSource_failsTheBacktestWithItsOwnError() {
    RecordingSource.InstanceSource broken =
        () -> {
          throw new IllegalStateException("the disk is on fire");
        };

    assertThatThrownBy(() ->
            Backtest.run(
                new RecordingSource(null, null, null, () -> "hash", List.of(broken)),
                List.of(),
                BacktestConfig.DEFAULT,
                ProgressListener.NONE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the disk is on fire");
  }
}
