package dev.headroom.collector.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real group kill, which only cgroup v2 has. */
class GroupKillTest {

  @TempDir private Path runDirectory;

  /** One hog and three bystanders in a cgroup that dies as a whole. */
  @ParameterizedTest
  @EnumSource(
      value = OomSourceKind.class,
      names = {"TP_BTF", "KMSG"})
  void groupKill_isOneIncidentWithItsVictims(OomSourceKind kind) throws Exception {
    try (OomCgroup cgroup = OomCgroup.create()) {
      assumeTrue(
          cgroup.isV2(),
          "memory.oom.group is of cgroup v2; run this in the machine of collector/lab/vm");
      CaptureOptions options =
          new CaptureOptions("group", runDirectory, kind, null, false, Duration.ofSeconds(2));
      try (OomSource source = OomSources.open(options).source()) {
        long alone = cgroup.kill();
        cgroup.setGroupKill();
        for (int i = 0; i < 3; i++) {
          cgroup.start("sleep", "60");
        }
        Process hog = cgroup.startHog();
        OomCgroup.awaitKilled(hog);

        List<KernelOomEvent> kills = await(source, cgroup, 5);

        assertThat(kills)
            .extracting(kill -> kill.victim().pid())
            .containsExactlyInAnyOrderElementsOf(cgroup.pids());
        IncidentGrouper grouper = new IncidentGrouper();
        assertThat(kills.getFirst().victim().pid()).isEqualTo((int) alone);
        assertThat(kills.getFirst().groupKill()).isFalse();
        assertThat(kills.subList(1, 5)).extracting(KernelOomEvent::groupKill).containsOnly(true);
        assertThat(kills.subList(1, 5).stream().map(grouper::incidentOf).distinct()).hasSize(1);
        assertThat(grouper.incidentOf(kills.getFirst()))
            .isNotEqualTo(grouper.incidentOf(kills.getLast()));
        // The kernel counts the first victim of a group twice: once by itself and once with its
        // group.
        assertThat(cgroup.oomKillCount()).isBetween(5L, 6L);
      }
    }
  }

  private static List<KernelOomEvent> await(OomSource source, OomCgroup cgroup, int count)
      throws IOException {
    List<KernelOomEvent> kills = new ArrayList<>();
    OomEventHandler ours =
        event -> {
          if (cgroup.pids().contains(event.victim().pid()) && !event.isPhantom()) {
            kills.add(event);
          }
        };
    for (int i = 0; i < 300 && kills.size() < count; i++) {
      source.poll(Duration.ofMillis(200), ours);
    }
    source.poll(Duration.ofMillis(200), ours);
    return kills;
  }
}
