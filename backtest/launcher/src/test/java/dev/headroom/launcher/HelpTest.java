package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Terminal;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Whoever asks for help gets it, from every command and about every option. */
final class HelpTest {

  static Stream<CommandSpec> commands() {
    return withSubcommands(Headroom.commandLine(Terminal.ofProcess()).getCommandSpec());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommand_saysWhatItDoes(CommandSpec command) {
    CommandRun help = run(command, "--help").exits(ExitCode.OK);

    assertThat(help.err()).isEmpty();
    assertThat(help.out()).contains("Usage: " + command.qualifiedName());
    assertThat(command.usageMessage().description()).as("description").isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyOptionAndParameter_isDescribed(CommandSpec command) {
    assertThat(command.options())
        .allSatisfy(
            option -> assertThat(option.description()).as(option.longestName()).isNotEmpty());
    assertThat(command.positionalParameters())
        .allSatisfy(parameter ->
            assertThat(parameter.description()).as(parameter.paramLabel()).isNotEmpty());
  }

  static Stream<CommandSpec> commandsOfOurOwn() {
    return commands().filter(command -> !command.helpCommand());
  }

  @ParameterizedTest
  @MethodSource("commandsOfOurOwn")
  void anUnknownOption_isAUsageError_thatNamesIt(CommandSpec command) {
    CommandRun run = run(command, "--no-such-option").exits(ExitCode.USAGE);

    assertThat(run.out()).isEmpty();
    assertThat(run.err()).containsAnyOf("--no-such-option", "Missing required");
  }

  @Test
  void version_namesTheProgramAndItsJava() {
    assertThat(CommandRun.piped("--version").exits(ExitCode.OK).out())
        .startsWith("headroom ")
        .contains(" on Java 25");
  }

  private static CommandRun run(CommandSpec command, String option) {
    String[] words = (command.qualifiedName() + " " + option).split(" ", -1);
    return CommandRun.piped(Arrays.copyOfRange(words, 1, words.length));
  }

  private static Stream<CommandSpec> withSubcommands(CommandSpec command) {
    return Stream.concat(
        Stream.of(command),
        command.subcommands().values().stream()
            .map(CommandLine::getCommandSpec)
            .flatMap(HelpTest::withSubcommands));
  }
}
