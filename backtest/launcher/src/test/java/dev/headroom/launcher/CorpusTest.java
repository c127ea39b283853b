package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.cli.ExitCode;
import dev.headroom.engine.recording.InstanceReader;
import dev.headroom.engine.recording.RecordingDirectory;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.OomKill;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The recording of real kills that comes with Headroom, on which the demo falls back. */
final class CorpusTest {

  private static final Path CORPUS =
      Stream.iterate(Path.of("").toAbsolutePath(), Path::getParent)
          .filter(directory -> Files.isDirectory(directory.resolve(".mvn")))
          .findFirst()
          .orElseThrow()
          .resolve("backtest/corpus/lab-corpus");

  @ParameterizedTest
  @ValueSource(strings = {"lab-corpus", "lab-guard"})
  void itsRowsAreThoseOfItsManifest(String name) throws IOException {
    RecordingDirectory.open(CORPUS.resolveSibling(name)).verifyContentHash();
  }

  @Test
  void everyKill_isThereOnce_withWhoWasRunningWhat() throws IOException {
    List<OomKill> kills = new ArrayList<>();
    try (InstanceReader instances = RecordingDirectory.open(CORPUS).instances()) {
      while (instances.hasNext()) {
        InstanceRecording instance = instances.next();
        assertThat(instance.samples()).isNotEmpty();
        kills.addAll(instance.kills());
      }
    }

    Set<UUID> ids = new HashSet<>();
    assertThat(kills)
        .hasSizeGreaterThanOrEqualTo(30)
        .allSatisfy(kill -> {
          assertThat(ids.add(kill.killId())).isTrue();
          assertThat(kill.counterAgrees()).isTrue();
          assertThat(kill.victim().database()).isNotNull();
          assertThat(kill.victim().user()).isNotNull();
          assertThat(kill.victim().queryFingerprint()).isNotNull();
        });
  }

  @Test
  void itIsReplayedToTheSameBytesEachTime() {
    String[] run = {
      "backtest",
      "run",
      "--recording",
      CORPUS.toString(),
      "--library",
      "--against",
      "talk",
      "--no-save",
      "--json"
    };

    String first = CommandRun.piped(run).exits(ExitCode.OK).out();

    assertThat(CommandRun.piped(run).exits(ExitCode.OK).out()).isEqualTo(first);
    assertThat(first).contains("\"prevented\"", "hindsight");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lab-corpus", "lab-guard"})
  void interpretedAndCompiled_giveTheSameBytes_overRealRecordings(String name) {
    String[] run = {
      "backtest",
      "run",
      "--library",
      "--recording",
      CORPUS.resolveSibling(name).toString(),
      "--no-save",
      "--json"
    };
    String[] interpreted = Arrays.copyOf(run, run.length + 1);
    interpreted[run.length] = "--interpret";

    assertThat(CommandRun.piped(interpreted).exits(ExitCode.OK).out())
        .isEqualTo(CommandRun.piped(run).exits(ExitCode.OK).out());
  }

  @Test
  void aGuardInShadow_isForetold() {
    String guarded = CORPUS.resolveSibling("lab-guard").toString();

    assertThat(
            CommandRun.piped("backtest", "parity", "--recording", guarded).exits(ExitCode.OK).out())
        .contains(
            "| neon@b39bed15 | 8 | 9 | 8 | 100% [68,100] | 89% [57,98] |",
            "| all | 44 | 45 | 44 | 100% [92,100] | 98% [88,100] |",
            "the replay is to be trusted here: precision 44/44, recall 44/45, threshold 80%");
    assertThat(
            CommandRun.piped("backtest", "run", "-f", "talk", "--recording", guarded, "--no-save")
                .exits(ExitCode.OK)
                .out())
        .contains("fidelity guard")
        .doesNotContain("untrusted");
  }
}
