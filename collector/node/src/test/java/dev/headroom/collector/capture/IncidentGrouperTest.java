package dev.headroom.collector.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.capture.KernelOomEvent.FirstVictim;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class IncidentGrouperTest {

  private static final UUID BOOT = UUID.fromString("9701085a-0a74-4cb0-aa7d-c06cb7a26b60");
  private static final long MS = 1_000_000;

  private final IncidentGrouper grouper = new IncidentGrouper();

  /** Ten decisions within 90 ms, all by one invoker in one cgroup: ten incidents. */
  @Test
  void burstOfSeparateKills_staysSeparateIncidents() {
    List<UUID> incidents = new ArrayList<>();
    for (long i = 0; i < 10; i++) {
      incidents.add(grouper.incidentOf(kill((int) (100 + i), 7, i * 10 * MS, false, null)));
    }

    assertThat(incidents).doesNotHaveDuplicates().hasSize(10);
  }

  @Test
  void groupKill_isOneIncident() {
    UUID first = grouper.incidentOf(kill(100, 7, 0, true, null));

    assertThat(grouper.incidentOf(kill(101, 7, 5 * MS, true, null))).isEqualTo(first);
    assertThat(grouper.incidentOf(kill(102, 7, 900 * MS, true, null))).isEqualTo(first);
    assertThat(grouper.incidentOf(kill(103, 8, 901 * MS, true, null)))
        .as("another invoker")
        .isNotEqualTo(first);
    assertThat(grouper.incidentOf(kill(104, 8, 2_902 * MS, true, null)))
        .as("two seconds later")
        .isNotEqualTo(first);
  }

  /**
   * The kernel's side kept the first victim: no state is needed, so a restart in the middle of a
   * group changes nothing.
   */
  @Test
  void groupKill_isOneIncidentAcrossARestart() {
    FirstVictim first = new FirstVictim(100, 0);
    UUID before = grouper.incidentOf(kill(100, 7, 0, true, first));

    assertThat(new IncidentGrouper().incidentOf(kill(101, 7, 5 * MS, true, first)))
        .isEqualTo(before);
  }

  @Test
  void incident_isTheSameOnEveryDelivery() {
    KernelOomEvent kill = kill(100, 7, 42, null, null);

    assertThat(new IncidentGrouper().incidentOf(kill)).isEqualTo(grouper.incidentOf(kill));
    assertThat(grouper.incidentOf(kill)).isNotEqualTo(kill.key());
  }

  /** A batch that is looked at twice before it is settled: the end of one group and another. */
  @Test
  void copy_goesOnByItselfAndLeavesTheOriginalWhereItWas() {
    UUID first = grouper.incidentOf(kill(100, 7, 0, true, null));
    IncidentGrouper trial = grouper.copy();

    assertThat(trial.incidentOf(kill(101, 7, 5 * MS, true, null))).isEqualTo(first);
    assertThat(trial.incidentOf(kill(102, 8, 6 * MS, true, null))).isNotEqualTo(first);

    assertThat(grouper.incidentOf(kill(101, 7, 5 * MS, true, null))).isEqualTo(first);
  }

  @Test
  void phantom_belongsToNoIncident() {
    KernelOomEvent kill = kill(100, 7, 0, false, null);
    KernelOomEvent phantom =
        new KernelOomEvent(
            kill.bootId(),
            kill.source(),
            0,
            0,
            kill.victim(),
            null,
            kill.memory(),
            null,
            null,
            null,
            null,
            true,
            null,
            null,
            null,
            null);

    assertThatThrownBy(() -> grouper.incidentOf(phantom))
        .hasMessageContaining("pid 100 was already exiting");
  }

  private static KernelOomEvent kill(
      int victim,
      int invoker,
      long stampNs,
      @Nullable Boolean groupKill,
      @Nullable FirstVictim decision) {
    return new KernelOomEvent(
        BOOT,
        OomSourceKind.TP_BTF,
        stampNs,
        stampNs,
        OomTask.of(victim, "postgres"),
        0,
        VictimMemory.UNKNOWN,
        OomTask.of(invoker, "postgres"),
        OomConstraint.MEMCG,
        new LimitHit(new CgroupRef(11L, "/pg"), 64L << 20, 64L << 20),
        new CgroupRef(11L, "/pg"),
        false,
        groupKill,
        decision,
        null,
        null);
  }
}
