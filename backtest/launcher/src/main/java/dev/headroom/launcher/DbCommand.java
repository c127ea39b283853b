package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Json;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.Terminal;
import dev.headroom.cli.TextTable;
import dev.headroom.embedded.DatabaseStatus;
import dev.headroom.embedded.DatabaseUrl;
import dev.headroom.embedded.HeadroomDatabase;
import dev.headroom.embedded.PsqlCommand;
import dev.headroom.store.Database;
import dev.headroom.store.SchemaMigration;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headroom db}: the TimescaleDB in which everything is stored. */
@Command(
    name = "db",
    mixinStandardHelpOptions = true,
    description = "Starts, stops and looks after the TimescaleDB in which everything is stored.",
    subcommands = {
      DbCommand.Start.class,
      DbCommand.Stop.class,
      DbCommand.Status.class,
      DbCommand.Url.class,
      DbCommand.Psql.class,
      DbCommand.Migrate.class,
      DbCommand.Info.class,
      DbCommand.Reset.class
    })
final class DbCommand {

  private DbCommand() {}

  @Command(
      name = "start",
      mixinStandardHelpOptions = true,
      description =
          "Makes sure that the database runs: installs, creates and starts what is missing.")
  static final class Start implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    Start(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      try (OpenDatabase open = database.start(terminal)) {
        terminal.say("the database runs: " + open.url());
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "stop",
      mixinStandardHelpOptions = true,
      description = "Stops the database in an orderly way; nothing happens when it does not run.")
  static final class Stop implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    Stop(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      database.locate().stop();
      terminal.say("the database is stopped");
      return ExitCode.OK;
    }
  }

  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "Says where the database is and whether it runs. Exit code 1: it does not.")
  static final class Status implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    Status(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      HeadroomDatabase located = database.locate();
      DatabaseStatus status = located.status();
      Map<String, Object> facts = facts(located, status);
      if (json) {
        terminal.print(Json.write(facts));
      } else {
        int width = facts.keySet().stream().mapToInt(String::length).max().orElse(0);
        facts.forEach(
            (name, value) -> terminal.print(("%-" + width + "s  %s").formatted(name, value)));
      }
      return running(status) ? ExitCode.OK : ExitCode.FAILED;
    }

    private static boolean running(DatabaseStatus status) {
      return switch (status) {
        case DatabaseStatus.Running _ -> true;
        case DatabaseStatus.InContainer container -> container.port().isPresent();
        case DatabaseStatus.Remote remote -> remote.reachable();
        case DatabaseStatus.NotCreated _, DatabaseStatus.Stopped _, DatabaseStatus.InTransition _ ->
            false;
      };
    }

    private static Map<String, Object> facts(HeadroomDatabase located, DatabaseStatus status) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("location", located.location().describe());
      switch (status) {
        case DatabaseStatus.NotCreated _ -> facts.put("state", "not created");
        case DatabaseStatus.Stopped stopped -> {
          facts.put("state", "stopped");
          facts.put("data_directory", stopped.dataDirectory().toString());
          facts.put("size_bytes", stopped.sizeBytes());
        }
        case DatabaseStatus.InTransition moving -> {
          facts.put("state", "in transition");
          facts.put("pid", moving.pid());
        }
        case DatabaseStatus.Running running -> {
          facts.put("state", "running");
          facts.put("pid", running.pid());
          facts.put("port", running.port());
          running
              .socketDirectory()
              .ifPresent(socket -> facts.put("socket_directory", socket.toString()));
          facts.put("data_directory", running.dataDirectory().toString());
          facts.put("log", running.log().toString());
          facts.put("postgres", running.install().describe());
          facts.put("size_bytes", running.sizeBytes());
          facts.put("uptime", wholeSeconds(running.uptime(Instant.now())).toString());
        }
        case DatabaseStatus.InContainer container -> {
          facts.put("state", container.port().isPresent() ? "running" : "stopped");
          facts.put("container", container.name());
          container.port().ifPresent(port -> facts.put("port", port));
        }
        case DatabaseStatus.Remote remote -> {
          facts.put("state", remote.reachable() ? "reachable" : "not reachable");
          facts.put("url", remote.url().toString());
        }
      }
      return facts;
    }

    private static Duration wholeSeconds(Duration duration) {
      return Duration.ofSeconds(duration.toSeconds());
    }
  }

  @Command(
      name = "url",
      mixinStandardHelpOptions = true,
      description = "Prints how to connect to the running database, password included.")
  static final class Url implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Option(names = "--jdbc", description = "In JDBC's form.")
    private boolean jdbc;

    Url(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      DatabaseUrl url = database.locate().url();
      terminal.print(jdbc ? url.jdbc() : url.libpq());
      return ExitCode.OK;
    }
  }

  @Command(
      name = "psql",
      mixinStandardHelpOptions = true,
      description = "Opens psql on the running database.",
      footer = {"", "Example: headroom db psql -- -c 'select count(*) from headroom.oom_kill'"})
  static final class Psql implements Callable<Integer> {
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Parameters(paramLabel = "ARGUMENT", description = "What psql is given; write -- before it.")
    private List<String> arguments = List.of();

    @Override
    public Integer call() throws IOException, InterruptedException {
      PsqlCommand psql = database.locate().psqlCommand(arguments);
      ProcessBuilder builder = new ProcessBuilder(psql.command()).inheritIO();
      builder.environment().putAll(psql.environment());
      return builder.start().waitFor();
    }
  }

  @Command(
      name = "migrate",
      mixinStandardHelpOptions = true,
      description = "Brings the database to this program's schema; nothing happens when it has it.")
  static final class Migrate implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    Migrate(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      DatabaseUrl url = database.locate().start(terminal::say);
      try (Database unmigrated = Database.connect(url.jdbc())) {
        int applied = SchemaMigration.migrate(unmigrated.dataSource());
        terminal.say(
            applied == 0 ? "the schema is up to date" : "applied " + applied + " migrations");
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "info",
      mixinStandardHelpOptions = true,
      description = "Lists the migrations of the schema and whether they are applied.")
  static final class Info implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    Info(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      try (Database connected = Database.connect(database.locate().url().jdbc())) {
        TextTable table = new TextTable("version", "migration", "state");
        for (SchemaMigration.Step step : SchemaMigration.info(connected.dataSource())) {
          table.add(
              step.version() == null ? "repeatable" : step.version(),
              step.description(),
              step.state().getDisplayName());
        }
        terminal.print(table.render(terminal));
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "reset",
      mixinStandardHelpOptions = true,
      description =
          "Deletes the database and everything in it, for ever. The installed programs stay.")
  static final class Reset implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Option(
        names = "--yes",
        description = "Do it; without this the command only says what it would delete.")
    private boolean confirmed;

    Reset(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      HeadroomDatabase located = database.locate();
      Path doomed = located.resettable();
      if (!confirmed) {
        throw CommandFailure.usage(
            "this deletes all recordings, kills and runs in "
                + doomed
                + " for ever; say --yes to do it");
      }
      located.reset(doomed);
      terminal.say("deleted " + doomed);
      return ExitCode.OK;
    }
  }
}
