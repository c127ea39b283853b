package dev.headroom.collector.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Texts that real kernels wrote: 6.12 and 6.18, and the shape of those before 6.9, which name only
 * the pid.
 */
class TracefsTextTest {

  private static final UUID BOOT = UUID.fromString("9701085a-0a74-4cb0-aa7d-c06cb7a26b60");
  private static final String HEADER = "# entries-in-buffer/entries-written: %d/%d   #P:2\n";
  private static final String SIGNAL =
      "         foo) Z -17917   (  17917) [001] d..2.  1959.662064: signal_generate: sig=9 errno=0 code=128"
          + " comm=foo) Z  pid=17917 grp=1 res=0\n";
  private static final String MARK =
      "         foo) Z -17917   (  17917) [001] ...1.  1959.662076: mark_victim: pid=17917 comm=foo) Z "
          + " total-vm=74700kB anon-rss=66780kB file-rss:2156kB shmem-rss:0kB uid=0 pgtables=184kB oom_score_adj=0\n";

  @Test
  void groupKill_isReadVictimByVictim() throws IOException {
    TracefsText text;
    try (InputStream stream = TracefsTextTest.class.getResourceAsStream("trace-v2.txt")) {
      byte[] bytes = Objects.requireNonNull(stream).readAllBytes();
      text = TracefsText.parse(new String(bytes, StandardCharsets.ISO_8859_1), BOOT);
    }

    assertThat(text.events())
        .extracting(event -> event.victim().pid())
        .containsExactly(166, 165, 164);
    assertThat(text.events()).extracting(KernelOomEvent::phantom).containsOnly(false);
    assertThat(text.events())
        .extracting(KernelOomEvent::invoker)
        .containsOnly(OomTask.of(166, "tail"));
  }

  @Test
  void hostileName_isReadWhole() {
    KernelOomEvent kill =
        TracefsText.parse(HEADER.formatted(2, 2) + SIGNAL + MARK, BOOT).events().getFirst();

    assertThat(kill.victim()).isEqualTo(new OomTask(17917, null, "foo) Z ", null, 0));
    assertThat(kill.invoker()).isEqualTo(OomTask.of(17917, "foo) Z "));
    assertThat(kill.boottimeNs()).isEqualTo(1_959_662_076_000L);
    assertThat(kill.memory())
        .isEqualTo(new VictimMemory(74700L << 10, 66780L << 10, 2156L << 10, 0L, 184L << 10));
  }

  @Test
  void nameWithALineBreak_isReadWhole() {
    String text = HEADER.formatted(2, 2) + SIGNAL + MARK.replace("comm=foo) Z ", "comm=a\nb");

    assertThat(TracefsText.parse(text, BOOT).events())
        .extracting(event -> event.victim().comm())
        .containsExactly("a\nb");
  }

  /**
   * The kernel sends SIGKILL before it marks; without it the task was exiting anyway, unless the
   * line was overwritten.
   */
  @Test
  void markWithoutSignal_isAPhantom() {
    assertThat(TracefsText.parse(HEADER.formatted(1, 1) + MARK, BOOT).events().getFirst().phantom())
        .isTrue();
    assertThat(TracefsText.parse(HEADER.formatted(1, 2) + MARK, BOOT).events().getFirst().phantom())
        .isNull();
  }

  @Test
  void olderKernelsMark_hasOnlyThePid() {
    String mark = MARK.substring(0, MARK.indexOf(" comm=foo")) + "\n";

    KernelOomEvent kill =
        TracefsText.parse(HEADER.formatted(2, 2) + SIGNAL + mark, BOOT).events().getFirst();

    assertThat(kill.victim()).isEqualTo(OomTask.of(17917, null));
    assertThat(kill.memory()).isEqualTo(VictimMemory.UNKNOWN);
    assertThat(kill.phantom()).isFalse();
  }
}
