package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.cli.ExitCode;
import dev.headroom.engine.recording.InstanceReader;
import dev.headroom.engine.recording.RecordingDirectory;
import dev.headroom.engine.recording.WriteOptions;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Recording;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Searches and proofs on a folder: what they print, and that they print it twice the same. */
final class ProofCommandsTest {

  private static final String FRACTION =
      "fraction: param k = 0.9 in [0.4, 1]\nlimit = k * memory_max";

  @TempDir private Path temporary;
  private Path folder = Path.of("");

  @BeforeEach
  void writeRecording() throws IOException {
    folder = TinyRecording.write(temporary.resolve("tiny"));
  }

  private CommandRun backtest(String... args) {
    List<String> all = new ArrayList<>(List.of("backtest"));
    all.addAll(List.of(args));
    all.addAll(List.of("--recording", folder.toString()));
    return CommandRun.piped(all.toArray(String[]::new));
  }

  private static JsonNode json(CommandRun run) {
    return JsonMapper.builder().build().readTree(run.exits(ExitCode.OK).out());
  }

  @Test
  void aSweep_saysHowManyItTried_andJudgesTheWinnerElsewhere() {
    CommandRun run =
        backtest("sweep", "-f", FRACTION, "--grid", "4", "--holdout", "0.5").exits(ExitCode.OK);

    // 0.4, 0.6, 0.8, 1 and the formula as it stands.
    assertThat(run.out())
        .contains(
            "5 formulas tried on the choosing part (1 instance", "what it does on the hold-out")
        .contains("the cheapest is ");
    CommandRun json =
        backtest("sweep", "-f", FRACTION, "--grid", "4", "--holdout", "0.5", "--json");
    assertThat(json(json).get("scores")).hasSize(5);
    assertThat(json(json).get("on_hold_out").get("policies").get(0).get("name"))
        .isEqualTo(json(json).get("winner").get("name"));
    assertThat(backtest("sweep", "-f", FRACTION, "--grid", "4", "--holdout", "0.5", "--json").out())
        .isEqualTo(json.out());
  }

  @Test
  void aSearchThatCannotBe_saysWhy() {
    assertThat(backtest("sweep", "-f", FRACTION, "--holdout", "2m").exits(ExitCode.USAGE).err())
        .contains("leaves nothing of a recording");
    assertThat(backtest("sweep", "-f", FRACTION, "--grid", "1").exits(ExitCode.USAGE).err())
        .contains("a grid has 2 points or more");
    assertThat(backtest("tune", "-f", FRACTION, "--evaluations", "0").exits(ExitCode.USAGE).err())
        .contains("a tuning evaluates 1 or more");
    assertThat(
            backtest("walk", "-f", FRACTION, "--test", "10s", "--step", "5s")
                .exits(ExitCode.USAGE)
                .err())
        .contains("kills would be tested twice");
    assertThat(backtest("walk", "-f", FRACTION, "--test", "1h").exits(ExitCode.USAGE).err())
        .contains("is too short for one fold");
  }

  @Test
  void aWalk_hasARowForEachTest() {
    assertThat(
            backtest("walk", "-f", FRACTION, "--test", "10s", "--purge", "1s")
                .exits(ExitCode.OK)
                .out())
        .contains("5 folds, each of which chooses from", "| 2026-01-01T00:00:10Z |")
        .contains("all tests together: NO DATA");
  }

  @Test
  void theLibrary_looksNotAhead() {
    CommandRun run = backtest("leakcheck", "--cuts", "5").exits(ExitCode.OK);

    // Two instances of five samples: 5 cuts each, 1 + 2 + 3 + 4 + 5 limits compared.
    assertThat(run.out())
        .contains("| talk | 10 | 30 | 0 |", "| krr | 10 | 30 | 0 |")
        .doesNotContain("without it");
  }

  @Test
  void withoutAGuard_thereIsNoParity() {
    assertThat(backtest("parity").exits(ExitCode.NO_DATA).err())
        .contains("no guard logged a block or a would-block here");
  }

  @Test
  void aGuardOnOneInstanceOnly_isHeldToItsLogAllTheSame() throws IOException {
    Path corpus = RepositoryRoot.find().resolve("backtest/corpus");
    List<InstanceRecording> mixed = new ArrayList<>(TinyRecording.instances());
    InstanceRecording guarded = logging(corpus.resolve("lab-guard"));
    mixed.add(guarded);
    mixed.sort(Comparator.comparing(each -> each.instance().id()));
    folder = temporary.resolve("mixed");
    RecordingDirectory.write(
        folder,
        new Recording(
            "mixed",
            TinyRecording.START,
            guarded.samples().getLast().sampledAt().plusSeconds(60),
            mixed.stream().map(each -> each.instance().id()).toList(),
            "with a guard in shadow, and without one"),
        mixed.iterator(),
        WriteOptions.of("headroom test"));

    JsonNode run = json(backtest("run", "-f", "talk", "--no-save", "--json"));
    CommandRun parity = backtest("parity", "--threshold", "0.01", "--json");

    assertThat(run.get("recording").get("fidelity").stringValue()).isEqualTo("resident");
    assertThat(run.get("recording").get("replayed"))
        .extracting(each -> each.get("fidelity").stringValue())
        .containsExactlyInAnyOrder("resident", "resident", "guard");
    assertThat(run.get("parity").get("logged").intValue()).isPositive();
    for (String count : List.of("predicted", "logged", "agreed")) {
      assertThat(run.get("parity").get(count)).isEqualTo(json(parity).get(count));
    }
  }

  private static InstanceRecording logging(Path recording) throws IOException {
    try (InstanceReader instances = RecordingDirectory.open(recording).instances()) {
      while (instances.hasNext()) {
        InstanceRecording instance = instances.next();
        if (!instance.guardEvents().isEmpty()) {
          return instance;
        }
      }
    }
    throw new IllegalStateException("no guard of " + recording + " logged anything");
  }

  @Test
  void aDiff_hasOnlyWhatDiffers() {
    assertThat(backtest("diff", "one: 600MiB", "other: 900MiB").exits(ExitCode.OK).out())
        .contains("one against other: 1 kill with another verdict, 2 statements with another fate")
        .contains("| prevented | missed | 600.0 MiB | 900.0 MiB |", "| justified | - |")
        .contains("| undecided | - |");
    assertThat(backtest("diff", "one: 600MiB", "other: 601MiB").exits(ExitCode.OK).out())
        .isEqualTo(
            "one against other: 0 kills with another verdict, 0 statements with another fate\n");
  }
}
