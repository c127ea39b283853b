package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.cli.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What arguments lead to which exit code and words, without a database or a recording. A collector
 * that starts in spite of wrong arguments would run for ever, hence the time limit.
 */
@Timeout(120)
final class ArgumentsTest {

  /** A port of this machine that nothing can listen on. */
  private static final String NO_DATABASE = "--db-url=postgresql://127.0.0.1:1/x";

  @TempDir private Path folder;

  /**
   * One row.
   *
   * @param args the command line
   * @param exitCode the code it must end with
   * @param out what standard output must hold
   * @param err what standard error must hold
   */
  record Row(List<String> args, int exitCode, List<String> out, List<String> err) {
    static Row prints(String line, String... out) {
      return new Row(List.of(line.split(" ")), ExitCode.OK, List.of(out), List.of());
    }

    static Row refuses(int exitCode, List<String> args, String... err) {
      return new Row(args, exitCode, List.of(), List.of(err));
    }

    static Row misused(String line, String... err) {
      return refuses(ExitCode.USAGE, List.of(line.split(" ")), err);
    }
  }

  static Stream<Row> rows() {
    return Stream.of(
        Row.prints("backtest formulas", "| name | limit | published by |", "| talk |", "| krr |"),
        Row.prints("backtest formulas talk", "# talk: ", "# Bets: ", "memory_max"),
        Row.prints("backtest formulas --inputs", "| memory_max |", "shmem_bytes"),
        Row.prints("backtest fmt --formula memory_max-shmem", "memory_max - shmem\n"),
        Row.prints("lab list", "| scenario | must |", "| huge-sort | kill |"),
        Row.misused("nosuch", "Unmatched argument at index 0: 'nosuch'"),
        Row.misused("backtest", "Missing required subcommand"),
        Row.misused("backtest nosuch", "'nosuch'"),
        Row.misused("backtest run --no-such", "--no-such", "`headroom backtest run --help` says"),
        Row.misused("backtest run -f tallk", "unknown name 'tallk'", "`backtest formulas` lists"),
        Row.misused("backtest run -f talk --recording lab-corpus --report x.pdf", "x.pdf", ".html"),
        Row.misused("help nosuch", "nosuch"),
        Row.misused("backtest formulas nosuch", "no formula of the library", "'nosuch'", "talk"),
        Row.misused("backtest fmt", "what to format?", "--formula TEXT"),
        Row.misused("backtest fmt x --formula y", "what to format?"),
        Row.misused("backtest fmt nosuch.formula", "nosuch.formula", "it does not exist"),
        Row.misused("backtest fmt --formula shmen", "line 1, column 1: unknown name 'shmen'"),
        Row.misused("backtest run", "which formula?", "`backtest formulas` lists"),
        Row.misused("backtest run -f talk --fail-on soon", "--fail-on", "soon"),
        Row.misused("backtest run -f talk --cadence 10", "--cadence takes a duration", "'10'"),
        Row.misused("backtest run -f talk --lag soon", "--lag takes a duration", "'soon'"),
        Row.misused("backtest run -f talk --minimum 64", "--minimum takes an amount of", "'64'"),
        Row.misused(
            "backtest run -f talk --minimum 2GiB --maximum 1GiB",
            "the smallest limit (2147483648 bytes) is above the largest (1073741824 bytes)"),
        Row.misused("backtest run -f talk --seed x", "--seed", "'x'"),
        Row.misused("backtest run -f talk --horizon soon", "--horizon takes a duration", "'soon'"),
        Row.misused("backtest run -f talk --horizon 0s", "the horizon is above 0"),
        Row.misused("backtest run -f talk --holdout 2", "--holdout takes a share", "'2'"),
        Row.misused("backtest run -f talk --holdout soon", "--holdout takes a share", "'soon'"),
        Row.misused("backtest run -f talk --price-kill -1", "the price of a kill is 0 or more"),
        Row.misused("backtest sweep", "which formula?"),
        Row.misused("backtest sweep -f talk --grid 3 --random 3", "give one of them"),
        Row.misused("backtest tune -f talk --evaluations x", "--evaluations", "'x'"),
        Row.misused("backtest walk -f talk --recording ./nosuch", "there is no folder"),
        Row.misused("backtest diff talk", "Missing required parameter", "B"),
        Row.misused("backtest diff talk 3f2a77c1", "a formula and a run cannot be compared"),
        Row.misused("backtest diff talk nosuch --recording ./nosuch", "unknown name 'nosuch'"),
        Row.misused("backtest leakcheck --cuts 0", "--cuts takes 1 or more, not 0"),
        Row.misused("backtest parity --threshold 2", "--threshold is above 0 and at most 1", "2"),
        Row.misused(
            "backtest export 3f2a77c1 run.doc",
            "ends in .json, .csv, .parquet, .html, .md, .txt, .xml"),
        Row.misused("completion fish", "completion is for bash or zsh, not 'fish'"),
        Row.misused("backtest run -f talk --goal-prevented 90", "between 0 and 1", "90"),
        Row.misused("backtest run -f talk --goal-false-blocks 0", "above 0"),
        Row.misused("backtest run -f talk --goal-false-blocks NaN", "NaN"),
        Row.misused("backtest run -f talk --from yesterday", "'yesterday' is no moment", "30d"),
        Row.misused(
            "backtest run -f talk --from 2026-01-02 --to 2026-01-01",
            "--from (2026-01-02T00:00:00Z) must be before --to (2026-01-01T00:00:00Z)"),
        Row.misused("backtest explain --from 2026-01-02 --to 2026-01-01", "must be before --to"),
        Row.misused(
            "backtest run -f talk --recording x --from 1d", "--recording has its own time range"),
        Row.misused("backtest run -f talk --recording ./nosuch", "there is no folder", "nosuch"),
        Row.misused("backtest explain --recording ./nosuch", "there is no folder"),
        Row.misused("backtest run -f @nosuch.formula", "nosuch.formula", "it does not exist"),
        Row.prints("rollout simulate --runs 100 --ratio 1,5", "critical value ", "| 5.0 |"),
        Row.misused("rollout simulate --alpha 0", "the chance of a false alarm is above 0"),
        Row.misused("rollout simulate --runs 0", "--runs takes 1 or more, not 0"),
        Row.misused("rollout simulate --ratio 0", "--ratio is above 0"),
        Row.misused("rollout approve talk --reason x", "--approver"),
        Row.misused("rollout pause talk", "--reason"),
        Row.misused("rollout watch --every soon", "--every takes a duration", "'soon'"),
        Row.misused("rollout watch --every 0s", "--every is above 0"),
        Row.misused("backtest promote 3f2a77c1", "--to"),
        Row.misused("backtest promote talk --to shadow", "'talk' is no run's id"),
        Row.misused(
            "backtest promote 3f2a77c1 --to shadow --approver ann", "--approver needs --reason"),
        Row.misused(
            "backtest promote 3f2a77c1 --to shadow --gates {\"alhpa\":1}",
            "--gates: the gates' settings: there is no 'alhpa'"),
        Row.misused("stop-all", "--reason"),
        Row.refuses(
            ExitCode.UNAVAILABLE, List.of("rollout", "list", NO_DATABASE), "nothing answers"),
        Row.misused("recording create x", "--from"),
        Row.misused("recording create x --from 1h --to 2h", "must be before --to"),
        Row.misused("recording import ./nosuch", "there is no folder"),
        Row.misused("recording show ./nosuch", "there is no folder"),
        Row.misused("lab run nosuch", "no scenario is named 'nosuch'; there are ", "huge-sort"),
        Row.misused("lab run huge-sort --rounds 0", "--rounds takes 1 or more, not 0"),
        Row.misused("lab run huge-sort --parallel 0", "--parallel takes 1 or more, not 0"),
        Row.misused("lab run huge-sort --guard enforce", "--guard enforce needs --limit"),
        Row.misused("lab run huge-sort --limit talk", "--limit and --shadow-limit need a guard"),
        Row.misused("lab run huge-sort --guard loudly", "--guard", "loudly"),
        Row.misused("lab run huge-sort --postgres 3", "this machine has no Postgres 3;"),
        Row.misused("lab compare nosuch", "no scenario is named 'nosuch'; there are "),
        Row.misused("guard install", "--pg-config"),
        Row.misused("web --bind 0.0.0.0", "other machines reach the dashboard: give --tokens"),
        Row.misused("web --bind 0.0.0.0 --tokens", "put a proxy with TLS in front"),
        Row.misused("web --behind-proxy", "give --tokens"),
        Row.misused("web --bind no-such-address.invalid", "there is no address"),
        Row.misused("token create x --days 0", "good for 1 day or more"),
        Row.misused("token create x --scope king", "king"),
        Row.misused("flags export --format yaml", "yaml"),
        Row.misused("collect --spool-only --slow-ms 0", "0"),
        Row.misused("collect --spool-only --metrics-port 70000", "70000"),
        Row.misused("collect --spool-only --capture-name a/b", "a/b"),
        Row.misused("collect --spool-only --instances nosuch.yaml", "nosuch.yaml"),
        Row.misused("collect --spool-only --limit talk", "need --guard shadow or --guard enforce"),
        Row.misused("collect --spool-only --guard enforce", "a guard that enforces needs a limit"),
        Row.misused("collect --spool-only --guard off --limit talk", "a guard that is off"),
        Row.misused("collect --spool-only --guard shadow --limit anon-", "anon-"),
        Row.misused("db status --db-url nosuch", "the database URL is malformed"),
        Row.misused("recording list --db-url mysql://h/d", "the database URL is malformed"));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void arguments_leadToExitCodeAndWords(Row row) {
    CommandRun run = CommandRun.piped(row.args().toArray(String[]::new)).exits(row.exitCode());

    assertThat(row.out()).allSatisfy(words -> assertThat(run.out()).contains(words));
    assertThat(row.err()).allSatisfy(words -> assertThat(run.err()).contains(words));
    assertThat(run.out().isEmpty())
        .as("stdout only of what succeeds")
        .isEqualTo(row.out().isEmpty());
    assertThat(run.err().isEmpty()).as("stderr only of what fails").isEqualTo(row.err().isEmpty());
  }

  static Stream<Row> wrongFormulas() {
    return Stream.of(
        wrong(
            "memory_max - shmen",
            "line 1, column 14: unknown name 'shmen'",
            "  memory_max - shmen\n               ^^^^^\n",
            "did you mean shmem?"),
        wrong(
            "memory_max - connections",
            "line 1, column 12: bytes minus count",
            "\n             ^\n",
            "multiply the count by bytes for each"),
        wrong("memory_max -", "line 1, column 13: expected a value", "\n              ^\n"),
        wrong("nosuch(memory_max)", "line 1, column 1: unknown function 'nosuch'", "  ^^^^^^\n"),
        wrong("", "empty"),
        wrong(
            "mine: a = 1MiB\na + foo",
            "formula mine: line 2, column 5: unknown name 'foo'",
            "  a + foo\n      ^^^\n"));
  }

  private static Row wrong(String formula, String... err) {
    return Row.refuses(
        ExitCode.USAGE,
        List.of("backtest", "run", "--formula", formula, "--recording", "./nosuch"),
        err);
  }

  @ParameterizedTest
  @MethodSource("wrongFormulas")
  void aWrongFormula_isShownWithItsPlace(Row row) {
    CommandRun run = CommandRun.piped(row.args().toArray(String[]::new)).exits(row.exitCode());

    assertThat(run.out()).isEmpty();
    assertThat(row.err()).allSatisfy(words -> assertThat(run.err()).contains(words));
  }

  static Stream<String> needingADatabase() {
    return Stream.of(
        "backtest run --formula talk",
        "backtest run --formula talk --recording nosuch",
        "backtest explain",
        "backtest show",
        "backtest verify 3f2a77c1",
        "backtest diff 3f2a77c1 3f2a77c2",
        "recording list",
        "recording show nosuch",
        "recording create x --from 1d",
        "recording export x y",
        "recording delete x",
        "db start",
        "db migrate",
        "db info",
        "db stop",
        "db reset --yes");
  }

  @ParameterizedTest
  @MethodSource("needingADatabase")
  void withoutTheDatabase_aCommandSaysWhichOneItMissed(String line) {
    CommandRun run =
        CommandRun.piped((line + " " + NO_DATABASE).split(" ")).exits(ExitCode.UNAVAILABLE);

    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("headroom: ").contains("127.0.0.1:1");
  }

  static Stream<String> lookingSomethingUp() {
    return Stream.of(
        "backtest run -f talk",
        "backtest run -f talk --recording nosuch",
        "backtest show",
        "backtest verify 3f2a77c1",
        "backtest export 3f2a77c1 run.json",
        "backtest export 3f2a77c1 report.html",
        "recording list",
        "recording delete x",
        "token list",
        "token revoke x");
  }

  @ParameterizedTest
  @MethodSource("lookingSomethingUp")
  void aDatabaseThatIsNotThere_isNotMadeOnlyToBeEmpty(String line) {
    CommandRun run = CommandRun.piped(line.split(" ")).exits(ExitCode.NO_DATA);

    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("there is no database yet", "--recording lab-corpus");
  }

  @Test
  void dbStatus_ofAnUnreachableDatabase_fails_andSaysSoAsJson() {
    CommandRun run = CommandRun.piped("db", "status", "--json", NO_DATABASE).exits(ExitCode.FAILED);

    JsonNode status = json(run);
    assertThat(status.get("state").stringValue()).isEqualTo("not reachable");
    assertThat(status.get("url").stringValue()).contains("127.0.0.1:1");
  }

  @Test
  void aFormulasFile_isReadByTheOption_notSplitIntoArguments() throws IOException {
    Path file = folder.resolve("mine.formula");
    Files.writeString(file, "reserve = 100MiB\nlimit = memory_max - reserve - nosuch\n");

    CommandRun run =
        CommandRun.piped("backtest", "run", "--formula", "@" + file).exits(ExitCode.USAGE);

    assertThat(run.err()).contains("formula mine", "line 2, column 32: unknown name 'nosuch'");
  }

  @Test
  void theListsAsJson_haveARowForEachThing() {
    JsonNode formulas = json(CommandRun.piped("backtest", "formulas", "--json").exits(0));
    JsonNode inputs = json(CommandRun.piped("backtest", "formulas", "--inputs", "--json").exits(0));
    JsonNode scenarios = json(CommandRun.piped("lab", "list", "--json").exits(0));

    assertThat(formulas).isNotEmpty().allSatisfy(each -> filled(each, "name", "text", "ast_hash"));
    assertThat(inputs).isNotEmpty().allSatisfy(each -> filled(each, "name", "measures", "meaning"));
    assertThat(scenarios).isNotEmpty().allSatisfy(each -> filled(each, "name", "must", "shows"));
  }

  @Test
  void aTable_isAlignedOnATerminal_andMarkdownInAPipe() {
    assertThat(CommandRun.onTerminal("lab", "list").exits(0).out())
        .startsWith("scenario ")
        .doesNotContain("|---");
    assertThat(CommandRun.piped("lab", "list").exits(0).out()).contains("|---|---|");
  }

  private static void filled(JsonNode node, String... fields) {
    assertThat(fields).allSatisfy(field -> assertThat(node.get(field).stringValue()).isNotBlank());
  }

  private static JsonNode json(CommandRun run) {
    return JsonMapper.builder().build().readTree(run.out());
  }
}
