package dev.headroom.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.Fidelity;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.Policy;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import dev.headroom.model.SampleInput;
import dev.headroom.model.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a recording becomes, fidelity by fidelity; MiB throughout, memory_max 1024. */
final class ReplayInputTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final InstanceId ID = InstanceId.of("node", "/input", "/data");
  private static final long MIB = 1L << 20;
  private static final Facts NO_FACTS = Facts.none();

  private static InstanceRecording recording(
      List<Sample> samples, List<OomKill> kills, List<Decision> decisions) {
    Instance instance =
        new Instance(ID, "node", "/input", CgroupVersion.V2, "/data", null, null, Map.of(), START);
    return new InstanceRecording(instance, samples, kills, List.of(), List.of(), decisions);
  }

  private static Sample sample(int second, Facts facts, ProcessSample... processes) {
    return new Sample(
        ID, START.plusSeconds(second), MemoryLimit.ofBytes(1024 * MIB), facts, List.of(processes));
  }

  private static ProcessSample process(
      int pid, BackendKind kind, @Nullable Long residentMib, @Nullable Long guardMib) {
    return new ProcessSample(
        pid,
        pid,
        null,
        kind,
        kind.blockable(),
        null,
        null,
        1L,
        null,
        null,
        residentMib == null ? null : residentMib * MIB,
        null,
        null,
        null,
        null,
        null,
        guardMib == null ? null : guardMib * MIB,
        null);
  }

  private static ProcessSample client(int pid, long residentMib) {
    return process(pid, BackendKind.CLIENT_BACKEND, residentMib, null);
  }

  private static OomKill kill(UUID incident, int pid, long atMs, long anonMib) {
    OomProcess victim = OomProcess.of(pid, "postgres", BackendKind.CLIENT_BACKEND);
    return new OomKill(
        new UUID(pid, atMs),
        incident,
        "node",
        ID,
        START.plusMillis(atMs),
        atMs,
        "test",
        victim,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        anonMib * MIB,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  private static ReplayPolicy limit(long mib) {
    return new ReplayPolicy(
        "fixed",
        ReplayPolicy.Kind.CANDIDATE,
        _ -> (chunk, limitBytes) -> Arrays.fill(limitBytes, 0, chunk.size(), (double) (mib * MIB)),
        Policy.Trigger.CADENCE,
        Duration.ZERO,
        Duration.ZERO,
        OptionalLong.empty(),
        OptionalLong.empty());
  }

  private static ReplayChunk read(ReplayInput input) {
    ChunkReader reader = new ChunkReader(input, 16);
    assertThat(reader.next()).isTrue();
    return reader.chunk();
  }

  @Test
  void inputs_areWhatSampleInputReadsFromEachSample() {
    long seed = Long.getLong("headroom.seed", new Random().nextLong());
    System.out.println("ReplayInputTest: -Dheadroom.seed=" + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      InstanceRecording recording = RandomRecording.of(random);
      ReplayInput input = ReplayInput.of(recording);
      for (String name : SampleInput.names()) {
        assertThat(input.input(name))
            .as(name)
            .containsExactly(
                recording.samples().stream().mapToDouble(SampleInput.of(name)).toArray());
      }
    }
  }

  @Test
  void mixedFidelity_isTheWorst_andSaysSo() {
    ReplayInput input =
        ReplayInput.of(
            recording(
                List.of(
                    sample(0, NO_FACTS, process(1, BackendKind.CLIENT_BACKEND, 5L, 4L)),
                    sample(1, NO_FACTS),
                    sample(2, NO_FACTS, client(1, 6))),
                List.of(),
                List.of()));

    assertThat(input.fidelity()).isEqualTo(Fidelity.RESIDENT);
    assertThat(input.notes())
        .containsExactly(
            "1 of 2 samples have fidelity guard, but others only resident, which is used for all");
    assertThat(read(input).rows.allocated[0]).isEqualTo(5 * MIB);
  }

  @Test
  void residentPeak_isTheLargerOfNowAndBefore_andStrangersAreLeftOut() {
    ReplayInput input =
        ReplayInput.of(
            recording(
                List.of(
                    sample(0, NO_FACTS, client(1, 300), process(9, BackendKind.OTHER, 500L, null)),
                    sample(1, NO_FACTS, client(1, 100), client(2, 50))),
                List.of(),
                List.of()));

    ReplayChunk chunk = read(input);
    assertThat(chunk.peak[0]).isEqualTo(300 * MIB);
    assertThat(chunk.peak[1]).isEqualTo((300 + 50) * MIB);
  }

  @Test
  void anUnreadableProcess_keepsItsLastValue() {
    ReplayInput input =
        ReplayInput.of(
            recording(
                List.of(
                    sample(0, NO_FACTS, client(1, 300), client(2, 1)),
                    sample(
                        1,
                        NO_FACTS,
                        process(1, BackendKind.CLIENT_BACKEND, null, null),
                        client(2, 1),
                        process(3, BackendKind.CLIENT_BACKEND, null, null))),
                List.of(),
                List.of()));

    ReplayChunk chunk = read(input);
    assertThat(chunk.firstRow).startsWith(0, 2, 4);
    assertThat(chunk.rows.allocated[2]).isEqualTo(300 * MIB);
  }

  @Test
  void withoutProcesses_theCgroupsAnonIsOneProcess_andAKillRaisesIt() {
    Facts anon = Facts.builder().set(Fact.ANON, 500 * MIB).build();

    ReplayOutcome outcome =
        Replay.run(
            ReplayInput.of(
                recording(
                    List.of(sample(0, anon), sample(1, anon)),
                    List.of(kill(new UUID(0, 1), 7, 1500, 700)),
                    List.of())),
            limit(600));

    // (1s, 1.5s] grows from 500 to the victim's own 700 > 600
    assertThat(outcome.count(Verdict.PREVENTED)).isEqualTo(1);
    assertThat(outcome.exposure().backendHours()).isNull();
  }

  @Test
  void groupKill_knowsWhatEachOfItsVictimsHeld() {
    UUID incident = new UUID(0, 5);

    ReplayOutcome outcome =
        Replay.run(
            ReplayInput.of(
                recording(
                    List.of(
                        sample(0, NO_FACTS, client(1, 100), client(2, 100)),
                        sample(1, NO_FACTS, client(1, 100), client(2, 100))),
                    List.of(kill(incident, 1, 1500, 120), kill(incident, 2, 1501, 500)),
                    List.of())),
            limit(600));

    // 120 + 500 = 620 > 600 at the first kill already: 2 grew most and is refused
    assertThat(outcome.kills())
        .extracting(KillOutcome::verdict)
        .containsExactly(Verdict.PREVENTED, Verdict.SECONDARY);
    assertThat(outcome.kills().getFirst().reliefBytes()).isEqualTo(500 * MIB);
    assertThat(outcome.kills().getLast().firstKillId()).isEqualTo(new UUID(1, 1500));
  }

  @Test
  void currentPolicy_readsTheGuard_elseAppliedDecisions_elseHasNoData() {
    Facts guarded = Facts.builder().set(Fact.GUARD_LIMIT, 700 * MIB).build();
    List<Sample> samples =
        List.of(
            sample(0, NO_FACTS, client(1, 1)),
            sample(1, NO_FACTS, client(1, 1)),
            sample(2, guarded, client(1, 1)));
    ReplayInput input =
        ReplayInput.of(
            recording(
                samples,
                List.of(),
                List.of(
                    decision(0, 900, GuardMode.ENFORCE, false),
                    decision(0, 600, GuardMode.SHADOW, true),
                    decision(1, 800, GuardMode.ENFORCE, true))));
    ReplayInput silent = ReplayInput.of(recording(samples.subList(0, 2), List.of(), List.of()));

    assertThat(Replay.limits(input, ReplayPolicy.current()))
        .containsExactly(
            OptionalLong.empty(), OptionalLong.of(800 * MIB), OptionalLong.of(700 * MIB));
    assertThat(Replay.findObstacle(input, ReplayPolicy.current())).isEmpty();
    assertThat(Replay.findObstacle(silent, ReplayPolicy.current())).isPresent();
  }

  private static Decision decision(int second, long mib, GuardMode mode, boolean applied) {
    return new Decision(
        ID,
        START.plusSeconds(second),
        "policy",
        mib * MIB,
        mode,
        applied,
        null,
        Map.of(),
        null,
        null,
        null);
  }

  @Test
  void headroom_takesEveryPartOfTheFloor_andIsAbsentWithoutOne() {
    Facts.Builder parts =
        Facts.builder()
            .set(Fact.SHMEM, 100 * MIB)
            .set(Fact.PAGE_TABLES, 20 * MIB)
            .set(Fact.KERNEL_STACK, 3 * MIB)
            .set(Fact.SLAB_UNRECLAIMABLE, 50 * MIB);
    Sample incomplete = sample(0, parts.build(), client(1, 1));
    Sample complete =
        sample(1, parts.set(Fact.SOCK, 1 * MIB).set(Fact.PERCPU, 2 * MIB).build(), client(1, 1));

    double[] headroom =
        read(ReplayInput.of(recording(List.of(incomplete, complete), List.of(), List.of())))
            .headroom;

    assertThat(headroom[0]).isNaN();
    // 1024 - 100 - 20 - 3 - 50 - 1 - 2 = 848
    assertThat(headroom[1]).isEqualTo(848.0 * MIB);
  }

  @Test
  void exposure_leavesOutGapsAndOutages_butNotThePartUpToAKill() {
    ReplayOutcome outcome =
        Replay.run(
            ReplayInput.of(
                recording(
                    List.of(
                        sample(0, NO_FACTS, client(1, 1), client(2, 1)),
                        sample(1, NO_FACTS, client(1, 1), client(2, 1)),
                        sample(2, NO_FACTS, client(1, 1)),
                        sample(9, NO_FACTS, client(1, 1)),
                        sample(10, NO_FACTS, client(1, 1)),
                        sample(11, NO_FACTS, client(1, 1))),
                    List.of(kill(new UUID(0, 1), 1, 10500, 1)),
                    List.of())),
            ReplayPolicy.never());

    // 0-1, 1-2, 9-10 and half a second to the kill; 2 + 2 + 1 + 0.5 backend-seconds
    assertThat(outcome.exposure().instanceDays()).isCloseTo(3.5 / 86400, within(1e-15));
    assertThat(outcome.exposure().backendHours()).isCloseTo(5.5 / 3600, within(1e-12));
    assertThat(outcome.exposure().gaps()).isEqualTo(1);
    assertThat(outcome.exposure().gapHours()).isCloseTo(7.0 / 3600, within(1e-12));
    assertThat(outcome.exposure().slackGibHours()).isNull();
  }
}
