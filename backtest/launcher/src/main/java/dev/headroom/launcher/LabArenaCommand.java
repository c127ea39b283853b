package dev.headroom.launcher;

import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Json;
import dev.headroom.cli.Terminal;
import dev.headroom.cli.TextTable;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.lab.Allocator;
import dev.headroom.lab.Lab;
import dev.headroom.lab.LabConfig;
import dev.headroom.lab.MemoryProbe;
import dev.headroom.lab.MemoryTrace;
import dev.headroom.lab.Outcome;
import dev.headroom.lab.Scenario;
import dev.headroom.model.GuardMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code headroom lab arena}: what an allocator keeps of what Postgres frees. */
@Command(
    name = "arena",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Runs the scenario arena-trap with the C library's allocator and with jemalloc, and prints what the cgroup and"
            + " the guard count over time.",
    footer = {
      "",
      "Exit code 1: jemalloc did not survive, or the C library's allocator did.",
      "Example: headroom lab arena --postgres 15"
    })
final class LabArenaCommand implements Callable<Integer> {

  private static final String SCENARIO = "arena-trap";
  private static final long STEP_MS = 200;

  private final Terminal terminal;

  @Option(
      names = "--postgres",
      paramLabel = "15|17|FILE",
      description = "The Postgres: a major version, or a pg_config. Default: 17, the private one.")
  private @Nullable String postgres;

  @Option(names = "--json", description = "Print JSON, with every reading.")
  private boolean json;

  LabArenaCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  private record Run(Allocator allocator, Outcome outcome, List<MemoryTrace.Point> points) {}

  @Override
  public Integer call() {
    HeadroomHome home = HeadroomHome.locate(System.getenv());
    PostgresInstall install =
        new PostgresChoice(terminal, home).install(postgres, GuardMode.SHADOW);
    Scenario scenario = LabCommand.find(SCENARIO);
    List<Run> runs = new ArrayList<>();
    for (Allocator allocator : List.of(Allocator.GLIBC, Allocator.JEMALLOC)) {
      terminal.say(install.describe() + " with " + name(allocator));
      runs.add(run(home, install, scenario, allocator));
    }
    terminal.print(json ? Json.write(runs.stream().map(this::asMap).toList()) : render(runs));
    boolean trapped = runs.getFirst().outcome() instanceof Outcome.Killed;
    boolean survived = runs.getLast().outcome() instanceof Outcome.Survived;
    return trapped && survived ? ExitCode.OK : ExitCode.FAILED;
  }

  private static Run run(
      HeadroomHome home, PostgresInstall install, Scenario scenario, Allocator allocator) {
    GuardChoice guard = new GuardChoice(GuardMode.SHADOW, null, List.of(), allocator);
    LabConfig config =
        LabConfig.of(LabSession.stateDirectory(home), install, "lab")
            .withGuard(guard.load(install));
    MemoryTrace trace = new MemoryTrace();
    try (Lab lab = Lab.open(config, trace)) {
      Outcome outcome = lab.run(List.of(scenario)).results().getFirst().outcome();
      return new Run(allocator, outcome, trace.points());
    }
  }

  private String render(List<Run> runs) {
    StringBuilder text = new StringBuilder();
    for (Run run : runs) {
      TextTable table =
          new TextTable(
              "seconds", "cgroup", "anonymous", "guard", "kept by the allocator", "kills");
      long next = 0;
      for (MemoryTrace.Point point : run.points()) {
        if (point.elapsed().toMillis() >= next) {
          next = point.elapsed().toMillis() + STEP_MS;
          MemoryProbe.Reading reading = point.reading();
          table.add(
              "%.1f".formatted(point.elapsed().toMillis() / 1000.0),
              mib(reading.usageBytes()),
              mib(reading.anonBytes()),
              reading.guardBytes().map(LabArenaCommand::mib).orElse(""),
              reading.guardBytes().map(held -> mib(reading.anonBytes() - held)).orElse(""),
              reading.oomKills());
        }
      }
      text.append("%s: %s%n".formatted(name(run.allocator()), run.outcome()))
          .append(table.render(terminal))
          .append(System.lineSeparator());
    }
    return text.toString();
  }

  private static String mib(long bytes) {
    return Math.max(0, bytes >> 20) + " MiB";
  }

  private Map<String, Object> asMap(Run run) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("allocator", name(run.allocator()));
    fields.put("outcome", run.outcome().toString());
    fields.put("readings", run.points().stream().map(LabArenaCommand::asMap).toList());
    return fields;
  }

  private static Map<String, Object> asMap(MemoryTrace.Point point) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("elapsed_ms", point.elapsed().toMillis());
    fields.put("cgroup_bytes", point.reading().usageBytes());
    fields.put("anon_bytes", point.reading().anonBytes());
    point.reading().guardBytes().ifPresent(held -> fields.put("guard_bytes", held));
    fields.put("oom_kills", point.reading().oomKills());
    return fields;
  }

  private static String name(Allocator allocator) {
    return allocator.name().toLowerCase(Locale.ROOT);
  }
}
