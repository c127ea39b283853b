package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Json;
import dev.headroom.cli.Terminal;
import dev.headroom.cli.TextTable;
import dev.headroom.collector.guard.GuardStatus;
import dev.headroom.collector.guard.PolicyLimit;
import dev.headroom.collector.postgres.Postmaster;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.lab.GuardLibraries;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code headroom guard}: puts the guard into a Postgres, takes it out, and shows what it does. */
@Command(
    name = "guard",
    mixinStandardHelpOptions = true,
    description =
        "Puts the guard into a Postgres of this machine, takes it out, and shows what it does.",
    subcommands = {
      GuardCommand.Install.class,
      GuardCommand.Uninstall.class,
      GuardCommand.Status.class
    })
final class GuardCommand {

  private GuardCommand() {}

  @Command(
      name = "install",
      mixinStandardHelpOptions = true,
      description = {
        "Builds the guard for a Postgres, copies it into that Postgres's folders, and prints the settings to add.",
        "Changes no settings and touches no running server."
      },
      footer = {
        "",
        "Example: headroom guard install --pg-config /usr/lib/postgresql/15/bin/pg_config"
      })
  static final class Install implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
        names = "--pg-config",
        paramLabel = "FILE",
        required = true,
        description = "The pg_config of the Postgres to guard.")
    private Path pgConfig = Path.of("pg_config");

    Install(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      PostgresInstall postgres = PostgresInstall.ofPgConfig(pgConfig);
      GuardLibraries libraries = GuardLibraries.build(GuardChoice.sources(), postgres);
      GuardInstall install = new GuardInstall(postgres);
      install.install(libraries).forEach(file -> terminal.say("wrote " + file));
      terminal.print(install.instructions());
      return ExitCode.OK;
    }
  }

  @Command(
      name = "uninstall",
      mixinStandardHelpOptions = true,
      description = {
        "Deletes the guard's files from a Postgres's folders.",
        "Take the settings out and restart first: a server whose settings still name the guard does not start without"
            + " them."
      },
      footer = {"", "Exit code 1: a running server has the guard loaded, and nothing was deleted."})
  static final class Uninstall implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
        names = "--pg-config",
        paramLabel = "FILE",
        required = true,
        description = "The pg_config of the Postgres that was guarded.")
    private Path pgConfig = Path.of("pg_config");

    @Option(
        names = "--force",
        description = "Delete them although a running server has the guard loaded.")
    private boolean force;

    Uninstall(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      GuardInstall install = new GuardInstall(PostgresInstall.ofPgConfig(pgConfig));
      List<Postmaster> using =
          GuardedServers.list(terminal).stream()
              .map(GuardedServers.Guarded::postmaster)
              .filter(server -> install.isServer(GuardedServers.executable(server)))
              .toList();
      if (!using.isEmpty() && !force) {
        using.forEach(server ->
            terminal.say(
                "postmaster %d on %s has the guard loaded"
                    .formatted(server.pid(), server.dataDirectory())));
        throw new CommandFailure(
            ExitCode.FAILED,
            "nothing was deleted: take the guard out of shared_preload_libraries and LD_PRELOAD and restart the server"
                + " first; --force deletes the files all the same");
      }
      List<Path> deleted = install.uninstall();
      deleted.forEach(file -> terminal.say("deleted " + file));
      if (deleted.isEmpty()) {
        terminal.say("there was nothing to delete");
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "Shows what the guard of each running Postgres of this machine does now.",
      footer = {"", "Exit code 4: no running Postgres has a guard."})
  static final class Status implements Callable<Integer> {
    private final Terminal terminal;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    Status(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      List<GuardedServers.Guarded> guarded = GuardedServers.list(terminal);
      if (guarded.isEmpty()) {
        throw CommandFailure.noData(
            "no running Postgres that may be read has a guard; `headroom guard install` says how to add it");
      }
      terminal.print(
          json ? Json.write(guarded.stream().map(Status::asMap).toList()) : render(guarded));
      return ExitCode.OK;
    }

    private String render(List<GuardedServers.Guarded> guarded) {
      TextTable table =
          new TextTable(
              "postmaster",
              "data folder",
              "mode",
              "limit",
              "held",
              "others",
              "processes",
              "denials",
              "blocks",
              "would-blocks",
              "not counted");
      for (GuardedServers.Guarded each : guarded) {
        GuardStatus status = each.status();
        table.add(
            each.postmaster().pid(),
            each.postmaster().dataDirectory(),
            mode(status) + (status.leaseExpired() ? ", lease expired" : ""),
            status
                .limit()
                .map(limit -> mib(limit.limitBytes()) + " (" + limit.policyId() + ")")
                .orElse("none"),
            mib(status.heldBytes()),
            mib(status.othersBytes()),
            status.attachedProcesses(),
            status.counters().denials(),
            status.counters().blocks(),
            status.counters().wouldBlocks(),
            status.gaps());
      }
      return table.render(terminal);
    }

    private static String mode(GuardStatus status) {
      return status.mode().name().toLowerCase(Locale.ROOT);
    }

    private static String mib(long bytes) {
      return (bytes >> 20) + " MiB";
    }

    private static Map<String, Object> asMap(GuardedServers.Guarded guarded) {
      GuardStatus status = guarded.status();
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("postmaster_pid", guarded.postmaster().pid());
      fields.put("data_directory", guarded.postmaster().dataDirectory());
      fields.put("server_version_number", status.serverVersionNumber());
      fields.put("mode", mode(status));
      fields.put("lease_expired", status.leaseExpired());
      status
          .limit()
          .map(PolicyLimit::limitBytes)
          .ifPresent(limit -> fields.put("limit_bytes", limit));
      status
          .limit()
          .map(PolicyLimit::policyId)
          .ifPresent(policy -> fields.put("policy_id", policy));
      fields.put("held_bytes", status.heldBytes());
      fields.put("others_bytes", status.othersBytes());
      fields.put("processes", status.attachedProcesses());
      GuardStatus.Counters counters = status.counters();
      fields.put("denials", counters.denials());
      fields.put("blocks", counters.blocks());
      fields.put("would_blocks", counters.wouldBlocks());
      fields.put("soft_denials", counters.softDenials());
      fields.put("fatals", counters.fatals());
      fields.put("panics", counters.panics());
      fields.put("waivers", counters.waivers());
      fields.put("breaches", counters.breaches());
      fields.put("not_counted", status.gaps());
      return fields;
    }
  }
}
