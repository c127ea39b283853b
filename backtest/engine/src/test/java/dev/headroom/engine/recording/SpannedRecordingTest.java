package dev.headroom.engine.recording;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.kernel.BlockOptions;
import dev.headroom.engine.kernel.Replay;
import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.engine.kernel.ReplayOutcome;
import dev.headroom.engine.kernel.ReplayPass;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.engine.kernel.SampleChunk;
import dev.headroom.engine.kernel.SampleFeed;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.formula.LibraryFormula;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Policy;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** A recording in spans says what the same recording in memory says. */
class SpannedRecordingTest {

  private static final long SEED = 20;
  private static final int RECORDINGS = 60;

  @Test
  void aRecordingCutAnywhere_replaysAsItDoesInOnePiece() {
    int replayed = 0;
    for (int i = 0; i < RECORDINGS; i++) {
      Random random = new Random(SEED + i);
      List<InstanceRecording> recordings =
          random.nextBoolean()
              ? RandomRecording.odd(SEED + i)
              : RandomRecording.lab(SEED + i, 2, 80, 5, 500_000);
      for (InstanceRecording whole : recordings) {
        if (whole.samples().isEmpty()) {
          continue;
        }
        Instant from = whole.samples().get(random.nextInt(whole.samples().size())).sampledAt();
        Instant to = whole.samples().getLast().sampledAt().plusNanos(random.nextInt(2));
        InstanceRecording part = part(whole, from, to);
        StreamedRecording spanned =
            new SpannedRecording(withoutSamples(part), spans(whole, random), from, to);
        String which = "seed %d, instance %s".formatted(SEED + i, whole.instance().id());

        assertThat(spanned.header()).as(which).isEqualTo(StreamedRecording.of(part).header());
        assertThat(samplesOf(spanned)).as(which).isEqualTo(part.samples());
        LibraryFormula formula =
            FormulaLibrary.list().get(random.nextInt(FormulaLibrary.list().size()));
        ReplayPolicy policy =
            Candidate.parse(Policy.of("candidate", formula.text())).replayPolicy();
        assertThat(Replay.run(ReplayInput.of(spanned, from), policy))
            .as(which)
            .isEqualTo(Replay.run(ReplayInput.of(StreamedRecording.of(part), from), policy));
        assertThatLimitsAreHeard(ReplayInput.of(spanned, from), policy, part.samples(), which);
        replayed++;
      }
    }
    assertThat(replayed).isGreaterThan(RECORDINGS / 2);
  }

  private static void assertThatLimitsAreHeard(
      ReplayInput input, ReplayPolicy policy, List<Sample> samples, String which) {
    List<String> heard = new ArrayList<>();
    ReplayPass pass =
        new ReplayPass(
            input, policy, BlockOptions.ALL, (atNs, limit) -> heard.add(atNs + " " + limit));
    while (pass.next()) {
      // to the end
    }
    ReplayOutcome kept = Replay.run(input, policy);
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < samples.size(); i++) {
      OptionalLong limit = kept.limits().get(i);
      if (limit.isPresent()) {
        Instant at = samples.get(i).sampledAt();
        expected.add(
            (at.getEpochSecond() * 1_000_000_000L + at.getNano()) + " " + limit.getAsLong());
      }
    }
    assertThat(heard).as(which).isEqualTo(expected);
    assertThat(pass.outcomes().getFirst()).as(which).isEqualTo(kept.withoutLimits());
  }

  private static List<SampleSpan> spans(InstanceRecording whole, Random random) {
    List<SampleSpan> spans = new ArrayList<>();
    int start = 0;
    while (start < whole.samples().size()) {
      int end = Math.min(whole.samples().size(), start + 1 + random.nextInt(20));
      SampleSpan.Loader loader = new SampleSpan.Loader();
      InstanceLoader.load(whole.samples().subList(start, end), loader);
      SampleSpan span = loader.finish();
      assertThat(span.sampleCount()).isEqualTo(end - start);
      assertThat(span.byteSize()).isPositive();
      spans.add(span);
      start = end;
    }
    return spans;
  }

  private static List<Sample> samplesOf(StreamedRecording recording) {
    List<Sample> samples = new ArrayList<>();
    SampleFeed feed = recording.openSamples();
    SampleChunk chunk = new SampleChunk(7);
    while (feed.next(chunk)) {
      for (int i = 0; i < chunk.size; i++) {
        samples.add(feed.sample(i));
      }
    }
    return samples;
  }

  private static InstanceRecording part(InstanceRecording whole, Instant from, Instant to) {
    return new InstanceRecording(
        whole.instance(),
        within(whole.samples(), Sample::sampledAt, from, to),
        within(whole.kills(), kill -> kill.killedAt(), from, to),
        within(whole.instanceEvents(), event -> event.occurredAt(), from, to),
        within(whole.guardEvents(), event -> event.occurredAt(), from, to),
        within(whole.decisions(), decision -> decision.decidedAt(), from, to));
  }

  private static <T> List<T> within(
      List<T> all, Function<T, Instant> timeOf, Instant from, Instant to) {
    return all.stream()
        .filter(each -> !timeOf.apply(each).isBefore(from) && timeOf.apply(each).isBefore(to))
        .toList();
  }

  private static InstanceRecording withoutSamples(InstanceRecording of) {
    return new InstanceRecording(
        of.instance(),
        List.of(),
        of.kills(),
        of.instanceEvents(),
        of.guardEvents(),
        of.decisions());
  }
}
