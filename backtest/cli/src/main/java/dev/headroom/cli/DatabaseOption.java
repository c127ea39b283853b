package dev.headroom.cli;

import dev.headroom.embedded.DatabaseStatus;
import dev.headroom.embedded.HeadroomDatabase;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that says which database; every command that needs one has it. */
public final class DatabaseOption {

  @Option(
      names = "--db-url",
      paramLabel = "URL",
      description =
          "The database: postgresql://user:password@host:port/name, or JDBC's form. Default:"
              + " HEADROOM_DB_URL, else the one that `headroom db` keeps.")
  private @Nullable String url;

  /**
   * The database of this option, the environment and the machine; starts nothing.
   *
   * @throws CommandFailure when the URL is malformed
   */
  public HeadroomDatabase locate() {
    try {
      return HeadroomDatabase.locate(System.getenv(), Optional.ofNullable(url));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * What gives another process of this program the same database; says no password that was not on
   * the command line.
   */
  public List<String> arguments() {
    return url == null ? List.of() : List.of("--db-url", url);
  }

  /**
   * The database to look something up in: started where it is ours, and not made only to find that
   * it is empty.
   *
   * @throws CommandFailure when nothing was ever stored
   */
  public OpenDatabase startExisting(Terminal terminal) {
    HeadroomDatabase located = locate();
    if (located.findUrl().isEmpty() && located.status() instanceof DatabaseStatus.NotCreated) {
      throw CommandFailure.noData(
          "there is no database yet, so nothing is stored: `headroom collect` and `headroom lab run` fill one. To try"
              + " things out, --recording lab-corpus comes with Headroom and needs none");
    }
    return OpenDatabase.start(located, terminal);
  }

  /** The database, made and started where it is ours. */
  public OpenDatabase start(Terminal terminal) {
    return OpenDatabase.start(locate(), terminal);
  }
}
