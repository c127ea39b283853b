package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.cli.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code backtest test} on cases that hold, do not hold and cannot be read. */
final class WorkedCasesCommandTest {

  private static final Path BASICS =
      RepositoryRoot.find().resolve("backtest/engine/src/test/resources/cases/basics.yaml");

  @TempDir private Path folder;

  @Test
  void theContractsCases_hold() throws IOException {
    long cases =
        Files.readAllLines(BASICS).stream().filter(line -> line.startsWith("- case:")).count();

    CommandRun run = CommandRun.piped("backtest", "test", BASICS.toString()).exits(ExitCode.OK);

    assertThat(run.out()).isEqualTo(cases + " of " + cases + " cases hold\n");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void aCaseThatDoesNotHold_isNamedWithItsDifference() throws IOException {
    // The hog is refused, so one kill is prevented; this file expects none.
    String first =
        Files.readString(BASICS).split("\n\n- case:", 3)[0]
            + "\n\n- case:"
            + Files.readString(BASICS).split("\n\n- case:", 3)[1]
            + "\n";
    Path file = folder.resolve("wrong.yaml");
    Files.writeString(
        file, first.replaceFirst("\\{prevented: 1, missed: 0,", "{prevented: 0, missed: 0,"));

    CommandRun run = CommandRun.piped("backtest", "test", file.toString()).exits(ExitCode.FAILED);

    assertThat(run.out())
        .contains("hog_is_refused_before_the_kill does not hold", "prevented", "0 of 1 cases hold");
  }

  @Test
  void aBrokenFile_isAUsageError_withLineAndColumn() throws IOException {
    Path file = folder.resolve("broken.yaml");
    Files.writeString(file, "- case: a\n  why: b\n  nosuch: 1\n");

    CommandRun run = CommandRun.piped("backtest", "test", file.toString()).exits(ExitCode.USAGE);

    assertThat(run.out() + run.err()).contains("broken.yaml:3:3", "nosuch");
  }

  @Test
  void aWrongFile_doesNotKeepTheOthersFromBeingRun() {
    CommandRun run =
        CommandRun.piped(
                "backtest", "test", folder.resolve("missing.yaml").toString(), BASICS.toString())
            .exits(ExitCode.USAGE);

    assertThat(run.out())
        .contains("missing.yaml: cannot be read: it does not exist", "cases hold; 1 file is wrong");
  }
}
