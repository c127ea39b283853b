package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.cli.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code backtest run} and {@code explain} on a folder; the verdicts are those of {@link
 * TinyRecording}.
 */
final class RecordingFolderTest {

  private static final String CROSSED = "crossed: 600MiB";
  private static final String GENEROUS = "generous: memory_max - shmem";

  @TempDir private Path temporary;
  private Path folder = Path.of("");

  @BeforeEach
  void writeRecording() throws IOException {
    folder = TinyRecording.write(temporary.resolve("tiny"));
  }

  private CommandRun run(String... more) {
    return CommandRun.piped(arguments(more));
  }

  private String[] arguments(String... more) {
    List<String> args =
        new ArrayList<>(List.of("backtest", "run", "--recording", folder.toString()));
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  @Test
  void aPipe_getsMarkdown_withTheHandWorkedVerdicts() {
    CommandRun run = run("-f", CROSSED, "-f", GENEROUS).exits(ExitCode.OK);

    assertThat(run.out())
        .contains("tiny", "2 instances", "1 kill")
        .contains("| crossed | 1/1  100% [21,100] | 0 | 0 |")
        .contains("| generous | 0/1  0% [0,79] | 1 | 0 |");
  }

  @Test
  void aTerminal_getsATable() {
    CommandRun run = CommandRun.onTerminal(arguments("-f", CROSSED)).exits(ExitCode.OK);

    assertThat(run.out()).containsPattern("crossed +1/1 {2}100%").doesNotContain("| ");
  }

  @Test
  void json_holdsTheHandWorkedNumbers_andIsTheSameTwice() {
    CommandRun run = run("--json", "-f", CROSSED).exits(ExitCode.OK);

    assertThat(run("--json", "-f", CROSSED).exits(ExitCode.OK).out()).isEqualTo(run.out());
    JsonNode result = JsonMapper.builder().build().readTree(run.out());
    JsonNode crossed = result.get("policies").get(0);
    assertThat(crossed.get("name").stringValue()).isEqualTo("crossed");
    // calm: the statement is refused at 700 as well, and never dies: undecided, not false.
    assertThat(crossed.get("blocks").get("justified").intValue()).isEqualTo(1);
    assertThat(crossed.get("blocks").get("false").intValue()).isZero();
    assertThat(crossed.get("blocks").get("undecided").intValue()).isEqualTo(1);
    JsonNode kill = crossed.get("kill_verdicts").get(0);
    assertThat(kill.get("kill_id").stringValue()).isEqualTo(TinyRecording.KILL_ID);
    assertThat(kill.get("verdict").stringValue()).isEqualToIgnoringCase("prevented");
    assertThat(kill.get("limit_bytes").longValue()).isEqualTo(600L << 20);
    assertThat(kill.get("relief_bytes").longValue()).isEqualTo(860L << 20);
    assertThat(kill.get("lead_ms").longValue()).isEqualTo(1500);
  }

  @Test
  void aReport_isWrittenInAllThreeForms() throws IOException {
    Path report = temporary.resolve("out").resolve("report");

    CommandRun run = run("--json", "-f", CROSSED, "--report", report.toString()).exits(ExitCode.OK);

    assertThat(report.resolve("report.json")).hasContent(run.out());
    assertThat(report.resolve("report.md")).content().contains("| crossed | 1/1");
    assertThat(report.resolve("report.txt")).content().containsPattern("crossed +1/1");
    assertThat(run.err())
        .containsPattern("wrote report.txt, report.md, report.json, .* to " + report);
  }

  @Test
  void aReportInOneFile_isWrittenAsItsEndingSays() throws IOException {
    Path markdown = temporary.resolve("out/verdicts.md");

    run("-f", CROSSED, "--report", markdown.toString()).exits(ExitCode.OK);

    assertThat(markdown).content().contains("| crossed | 1/1");
    assertThat(run("-f", CROSSED, "--report", "verdicts.doc").exits(ExitCode.USAGE).err())
        .contains("no report is written to verdicts.doc", ".md", ".json");
  }

  @Test
  void byLabel_saysWhatEachPolicyDidToInstancesAlike() {
    assertThat(run("-f", CROSSED, "--by", "team").exits(ExitCode.OK).out())
        .contains("| team | instances | policy |", "| shop | 2 | crossed | 1/1");
    assertThat(run("-f", CROSSED, "--by", "instance").exits(ExitCode.OK).out())
        .contains("| /pods/calm | 1 | crossed | no data", "| /pods/killed | 1 | crossed | 1/1");
    assertThat(run("-f", CROSSED, "--by", "nosuch").exits(ExitCode.USAGE).err())
        .contains("no instance has a label 'nosuch'; there are team");
  }

  @Test
  void aMinimumAndAMaximum_boundEveryLimit() {
    // What would be 896, and never crossed, is 600; what would be 100 is 896.
    assertThat(run("--formula", "free: memory_max - shmem", "--maximum", "600MiB").out())
        .contains("| free | 1/1 ");
    assertThat(run("--formula", "tight: 100MiB", "--minimum", "896MiB").out())
        .contains("| tight | 0/1 ");
  }

  @Test
  void beyondTheHorizon_aRefusalIsAFalseBlock() {
    JsonNode near = json(run("--json", "-f", CROSSED, "--horizon", "1s"));
    JsonNode far = json(run("--json", "-f", CROSSED, "--horizon", "2s"));

    assertThat(near.get("policies").get(0).get("blocks").get("false").intValue()).isEqualTo(1);
    assertThat(far.get("policies").get(0).get("blocks").get("false").intValue()).isZero();
    assertThat(near.get("manifest").get("horizon_ms").intValue()).isEqualTo(1000);
  }

  private static JsonNode json(CommandRun run) {
    return JsonMapper.builder().build().readTree(run.exits(ExitCode.OK).out());
  }

  @Test
  void aReportThatCannotBeWritten_isSaid() throws IOException {
    Path inTheWay = Files.writeString(temporary.resolve("file"), "");

    CommandRun run = run("-f", CROSSED, "--report", inTheWay.toString());

    assertThat(run.exits(ExitCode.UNAVAILABLE).err()).contains("cannot write the report", "file");
  }

  @Test
  void failOn_turnsTheJudgementIntoAnExitCode() {
    // One kill decides nothing: its upper bound is 79% of a miss, below the goal of 90%.
    run("-f", GENEROUS).exits(ExitCode.OK);
    run("-f", CROSSED, "--fail-on", "fail").exits(ExitCode.OK);
    run("-f", CROSSED, "--fail-on", "inconclusive").exits(ExitCode.INCONCLUSIVE);
    run("-f", GENEROUS, "--fail-on", "INCONCLUSIVE").exits(ExitCode.INCONCLUSIVE);
    // To a goal of 99.99%, one miss of one kill is enough: 1 - 0.05 = 95% is the most it can be.
    run("-f", GENEROUS, "--goal-prevented", "0.9999", "--fail-on", "fail").exits(ExitCode.FAILED);
  }

  @Test
  void againstAnUnknownPolicy_namesThoseThatThereAre() {
    assertThat(run("-f", CROSSED, "--against", "nosuch").exits(ExitCode.USAGE).err())
        .contains("no policy is named 'nosuch'", "crossed", "hindsight", "never");
  }

  @Test
  void twoFormulasOfOneName_areRefused() {
    assertThat(run("-f", CROSSED, "-f", "crossed: 500MiB").exits(ExitCode.USAGE).err())
        .contains("two policies are named 'crossed'");
  }

  @Test
  void anEmptyFolder_isNoRecording() throws IOException {
    folder = Files.createDirectory(temporary.resolve("empty"));

    assertThat(run("-f", CROSSED).exits(ExitCode.USAGE).err())
        .contains(folder + " is not a recording: it has no manifest.json");
  }

  @Test
  void aDamagedFile_isNamed() throws IOException {
    Path damaged;
    try (var files = Files.list(folder)) {
      damaged =
          files
              .filter(file -> file.toString().endsWith(".parquet"))
              .sorted()
              .findFirst()
              .orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[bytes.length / 2] ^= 1;
    Files.write(damaged, bytes);

    assertThat(run("-f", CROSSED).exits(ExitCode.USAGE).err())
        .contains(damaged + " is damaged: its SHA-256 is");
  }

  @Test
  void aDamagedManifest_isNamed() throws IOException {
    Files.writeString(folder.resolve("manifest.json"), "{");

    assertThat(run("-f", CROSSED).exits(ExitCode.USAGE).err())
        .contains("manifest.json is not a manifest");
  }

  @Test
  void aFolder_needsADatabaseOnlyToKeepTheRun() {
    String nowhere = "--db-url=postgresql://127.0.0.1:1/x";

    run("-f", CROSSED, nowhere, "--no-save").exits(ExitCode.OK);
    assertThat(run("-f", CROSSED, nowhere).exits(ExitCode.UNAVAILABLE).err())
        .contains("connecting to jdbc:postgresql://127.0.0.1:1/x failed");
  }

  @Test
  void explain_listsTheKills_andTellsOne() {
    String[] list = {"backtest", "explain", "--recording", folder.toString(), "-f", CROSSED};

    assertThat(CommandRun.piped(list).exits(ExitCode.OK).out())
        .contains(
            "| 3f2a0000 | 2026-01-01T00:00:04.500Z | client backend | shop | app | 860 MiB |");
    assertThat(explain("3f2a").exits(ExitCode.OK).out())
        .contains(
            "crossed: limit 600.0 MiB; PREVENTED",
            "at least 1.5 s before",
            "database shop, user app");
    assertThat(explain("3F2A").exits(ExitCode.OK).out()).contains("crossed");
    assertThat(explain("ffff").exits(ExitCode.USAGE).err()).contains("'ffff'", "lists them");
  }

  private CommandRun explain(String kill) {
    return CommandRun.piped(
        "backtest", "explain", kill, "--recording", folder.toString(), "-f", CROSSED);
  }

  @Test
  void show_saysWhatIsInIt() {
    CommandRun run = CommandRun.piped("recording", "show", folder.toString()).exits(ExitCode.OK);

    assertThat(run.out())
        .contains("recording tiny", "2026-01-01T00:00:00Z to 2026-01-01T00:01:00Z", "made by hand")
        .contains("| team=shop | resident | 5 | 1 | 1 |", "| team=shop | resident | 5 | 0 | 0 |");
  }
}
