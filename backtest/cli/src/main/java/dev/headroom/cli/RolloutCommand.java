package dev.headroom.cli;

import dev.headroom.engine.statistics.MaxSprt;
import dev.headroom.engine.statistics.MaxSprtSimulation;
import dev.headroom.model.rollout.GuardStop;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutEvent;
import dev.headroom.promotion.GateSettings;
import dev.headroom.promotion.Promotion;
import dev.headroom.promotion.RolloutController;
import dev.headroom.promotion.RolloutController.Action;
import dev.headroom.promotion.RolloutController.Look;
import dev.headroom.store.DatabaseException;
import dev.headroom.store.LeaderLock;
import dev.headroom.store.RolloutStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headroom rollout}: where policies are live, and what is done about it. */
@Command(
    name = "rollout",
    mixinStandardHelpOptions = true,
    description =
        "Shows where policies are live, takes them on and back; `backtest promote` makes them.",
    subcommands = {
      RolloutCommand.ListAll.class,
      RolloutCommand.Show.class,
      RolloutCommand.Approve.class,
      RolloutCommand.Pause.class,
      RolloutCommand.Resume.class,
      RolloutCommand.RollBack.class,
      RolloutCommand.Retire.class,
      RolloutCommand.History.class,
      RolloutCommand.Watch.class,
      RolloutCommand.Simulate.class
    })
public final class RolloutCommand {

  private RolloutCommand() {}

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the rollouts that have not ended, newest first.")
  static final class ListAll implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Option(names = "--all", description = "Also those that have ended.")
    private boolean all;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    ListAll(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      try (OpenDatabase open = database.startExisting(terminal)) {
        List<Rollout> rollouts =
            (all ? open.rollouts().list() : open.rollouts().listActive())
                .stream().map(RolloutStore.Kept::rollout).toList();
        Optional<GuardStop> stop = open.stops().find();
        stop.ifPresent(it ->
            terminal.say(
                "every guard is stopped since %s by %s: %s"
                    .formatted(it.occurredAt(), it.actor(), it.reason())));
        if (json) {
          terminal.print(Json.write(rollouts.stream().map(RolloutView::asMap).toList()));
        } else if (rollouts.isEmpty()) {
          terminal.say("there is no rollout; `backtest promote RUN --to shadow` makes one");
        } else {
          terminal.print(RolloutView.table(rollouts).render(terminal));
        }
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows a rollout, and what each of its gates says now and why.")
  static final class Show implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Parameters(paramLabel = "NAME", description = "The rollout's name.")
    private String name = "";

    @Option(names = "--json", description = "Print JSON, with every figure.")
    private boolean json;

    Show(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      try (OpenDatabase open = database.startExisting(terminal)) {
        Promotion promotion = open.promotion();
        Promotion.Done now = promotion.look(name);
        if (json) {
          Map<String, Object> map = RolloutView.asMap(now);
          map.put("gates", Json.read(GateSettings.parse(promotion.get(name).gatesJson()).toJson()));
          terminal.print(Json.write(map));
        } else {
          terminal.print(RolloutView.sentence(now.rollout()) + "\n");
          if (!now.evaluation().gates().isEmpty()) {
            terminal.print("\n" + RolloutView.gates(now.evaluation()).render(terminal));
          }
        }
      }
      return ExitCode.OK;
    }
  }

  /** What the commands that change a rollout have in common. */
  abstract static class Change implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin final ActorOption actor = new ActorOption();
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Parameters(paramLabel = "NAME", description = "The rollout's name.")
    String name = "";

    @Option(
        names = "--reason",
        required = true,
        paramLabel = "TEXT",
        description = "Why, for the audit.")
    String reason = "";

    @Option(names = "--json", description = "Print the rollout as JSON.")
    private boolean json;

    Change(Terminal terminal) {
      this.terminal = terminal;
    }

    abstract Promotion.Done change(Promotion promotion);

    @Override
    public Integer call() {
      try (OpenDatabase open = database.startExisting(terminal)) {
        Promotion.Done done = change(open.promotion());
        terminal.print(
            json
                ? Json.write(RolloutView.asMap(done))
                : RolloutView.sentence(done.rollout()) + "\n");
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "approve",
      mixinStandardHelpOptions = true,
      description =
          "Takes a rollout on though its gates hold, because somebody answers for it; never what does"
              + " harm.")
  static final class Approve extends Change {
    @Option(
        names = "--to",
        paramLabel = "STAGE",
        description = "shadow, canary:PERCENT or enforce. Default: the next step.")
    private @Nullable String to;

    @Option(
        names = "--approver",
        required = true,
        paramLabel = "NAME",
        description = "Who answers for it.")
    private String approver = "";

    Approve(Terminal terminal) {
      super(terminal);
    }

    @Override
    Promotion.Done change(Promotion promotion) {
      return promotion.approve(name, to, actor.by(approver, reason));
    }
  }

  @Command(
      name = "pause",
      mixinStandardHelpOptions = true,
      description =
          "Keeps a rollout where it is; what is in force stays, and guardrails still watch.")
  static final class Pause extends Change {
    Pause(Terminal terminal) {
      super(terminal);
    }

    @Override
    Promotion.Done change(Promotion promotion) {
      return promotion.pause(name, actor.by(null, reason));
    }
  }

  @Command(
      name = "resume",
      mixinStandardHelpOptions = true,
      description = "Lets a paused rollout go on.")
  static final class Resume extends Change {
    Resume(Terminal terminal) {
      super(terminal);
    }

    @Override
    Promotion.Done change(Promotion promotion) {
      return promotion.resume(name, actor.by(null, reason));
    }
  }

  @Command(
      name = "rollback",
      mixinStandardHelpOptions = true,
      description = "Takes a rollout back: its policy is in force nowhere. Ends it.")
  static final class RollBack extends Change {
    RollBack(Terminal terminal) {
      super(terminal);
    }

    @Override
    Promotion.Done change(Promotion promotion) {
      return promotion.rollBack(name, actor.by(null, reason));
    }
  }

  @Command(
      name = "retire",
      mixinStandardHelpOptions = true,
      description = "Ends a rollout that is no longer wanted.")
  static final class Retire extends Change {
    Retire(Terminal terminal) {
      super(terminal);
    }

    @Override
    Promotion.Done change(Promotion promotion) {
      return promotion.retire(name, actor.by(null, reason));
    }
  }

  @Command(
      name = "history",
      mixinStandardHelpOptions = true,
      description = "Shows everything that was done to a rollout, by whom and why, oldest first.")
  static final class History implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Parameters(paramLabel = "NAME", description = "The rollout's name.")
    private String name = "";

    @Option(names = "--json", description = "Print JSON, with the evidence of each step.")
    private boolean json;

    History(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      try (OpenDatabase open = database.startExisting(terminal)) {
        Rollout rollout = open.promotion().get(name).rollout();
        List<RolloutEvent> events = open.rollouts().history(rollout.rolloutId());
        terminal.print(
            json
                ? Json.write(events.stream().map(RolloutView::asMap).toList())
                : RolloutView.history(events).render(terminal));
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "watch",
      mixinStandardHelpOptions = true,
      description = {
        "Looks after every rollout: takes back what does harm, pauses what is odd, takes automatic"
            + " ones on.",
        "One process does at a time; the others wait for it to end."
      })
  static final class Watch implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Option(
        names = "--every",
        paramLabel = "DURATION",
        description = "How often it looks. Default: ${DEFAULT-VALUE}.",
        defaultValue = "10s")
    private String every = "";

    @Option(
        names = "--for",
        paramLabel = "DURATION",
        description = "Ends after so long. Default: it goes on until it is stopped.")
    private @Nullable String length;

    @Option(names = "--once", description = "Looks once and ends; says where each rollout is.")
    private boolean once;

    @Option(names = "--json", description = "Print one JSON object for each thing that is done.")
    private boolean json;

    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    /** What was said last of each rollout that stays: only news is said. */
    private final Map<String, String> said = new HashMap<>();

    Watch(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
      Duration wait = TimeSpan.parse("--every", every);
      Duration limit = TimeSpan.parseIfGiven("--for", length);
      if (wait.isZero()) {
        throw CommandFailure.usage("--every is above 0");
      }
      Thread onSignal =
          new Thread(
              () -> {
                boolean toldToStop = ended.getCount() > 0;
                stopped.countDown();
                awaitEnd();
                if (toldToStop) {
                  // A signal is how it is meant to end; the JVM would call that a failure.
                  Runtime.getRuntime().halt(ExitCode.OK);
                }
              },
              "rollout-watch-shutdown");
      Runtime.getRuntime().addShutdownHook(onSignal);
      try (OpenDatabase open = database.startExisting(terminal)) {
        watch(open, wait, limit == null ? Long.MAX_VALUE : limit.toNanos());
      } finally {
        ended.countDown();
      }
      return ExitCode.OK;
    }

    private void watch(OpenDatabase open, Duration wait, long limitNs) throws InterruptedException {
      RolloutController controller = open.controller();
      long start = System.nanoTime();
      boolean waiting = false;
      @Nullable LeaderLock lead = null;
      try {
        do {
          try {
            if (lead != null && !lead.isHeld()) {
              lead.close();
              lead = null;
            }
            if (lead == null) {
              lead = open.tryLeadRollouts().orElse(null);
            }
            if (lead == null) {
              if (once) {
                throw CommandFailure.unavailable(
                    "another process looks after the rollouts; `headroom rollout show NAME` only reads");
              }
              if (!waiting) {
                terminal.say("another process looks after the rollouts; waiting for it to end");
              }
              waiting = true;
            } else {
              waiting = false;
              controller.tick().forEach(this::tell);
            }
          } catch (DatabaseException away) {
            if (once || !away.reason().passes()) {
              throw away;
            }
            terminal.say("the database is away, trying again: " + away.getMessage());
          }
        } while (!once
            && System.nanoTime() - start < limitNs
            && !stopped.await(wait.toMillis(), TimeUnit.MILLISECONDS));
      } finally {
        if (lead != null) {
          lead.close();
        }
      }
    }

    private void tell(Look look) {
      String sentence = RolloutView.sentence(look);
      boolean news = look.action() != Action.NONE;
      if (json) {
        if (news || once) {
          terminal.print(Json.writeLine(RolloutView.asMap(look)));
        }
      } else if (news || once) {
        terminal.print(sentence);
      } else if (!sentence.equals(said.put(look.before().name(), sentence))) {
        terminal.say(sentence);
      }
    }

    private void awaitEnd() {
      try {
        // The leadership is given back before the process ends.
        if (!ended.await(10, TimeUnit.SECONDS)) {
          terminal.say("the watch did not end in time; the database frees its lead");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Command(
      name = "simulate",
      mixinStandardHelpOptions = true,
      description = "Says how a guardrail errs and how fast it is: exactly, and played by chance.",
      footer = {
        "",
        "At ratio 1 all is well and every alarm is a false one.",
        "Example: headroom rollout simulate --alpha 0.025 --length 10 --minimum-events 4"
      })
  static final class Simulate implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
        names = "--alpha",
        paramLabel = "P",
        description = "The chance of a false alarm. Default: ${DEFAULT-VALUE}.",
        defaultValue = "0.025")
    private double alpha;

    @Option(
        names = "--length",
        paramLabel = "N",
        description = "Events to be expected in the whole watch. Default: ${DEFAULT-VALUE}.",
        defaultValue = "10")
    private double length;

    @Option(
        names = "--minimum-events",
        paramLabel = "N",
        description = "Fewer never raise an alarm. Default: ${DEFAULT-VALUE}.",
        defaultValue = "4")
    private int minimumEvents;

    @Option(
        names = "--ratio",
        split = ",",
        paramLabel = "R",
        description =
            "How many times as many events as expected there are. Default: ${DEFAULT-VALUE}.",
        defaultValue = "1,1.5,2,5,10")
    private List<Double> ratios = List.of();

    @Option(
        names = "--runs",
        paramLabel = "N",
        description = "How often each is played. Default: ${DEFAULT-VALUE}.",
        defaultValue = "20000")
    private int runs;

    @Option(
        names = "--seed",
        paramLabel = "N",
        description = "Of everything drawn by chance. Default: ${DEFAULT-VALUE}.",
        defaultValue = "1")
    private long seed;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    Simulate(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      if (runs < 1) {
        throw CommandFailure.usage("--runs takes 1 or more, not " + runs);
      }
      MaxSprt test = test();
      TextTable table =
          new TextTable(
              "ratio", "alarms", "played", "after expected", "played", "after events", "played");
      List<Map<String, Object>> rows = new ArrayList<>();
      for (double ratio : ratios) {
        if (!(ratio > 0)) {
          throw CommandFailure.usage("--ratio is above 0, not " + ratio);
        }
        MaxSprt.Performance exact = test.performance(ratio);
        MaxSprtSimulation played = MaxSprtSimulation.of(test, ratio, runs, seed);
        double share = (double) played.signals() / runs;
        table.add(
            ratio,
            percent(exact.signalProbability()),
            percent(share),
            figure(exact.signalTime()),
            figure(played.signalTime()),
            figure(exact.signalEvents()),
            figure(played.signalEvents()));
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("ratio", ratio);
        row.put("alarm_probability", exact.signalProbability());
        row.put("played_alarm_share", share);
        row.put("expected_events_at_alarm", exact.signalTime());
        row.put("played_expected_events_at_alarm", played.signalTime());
        row.put("events_at_alarm", exact.signalEvents());
        row.put("played_events_at_alarm", played.signalEvents());
        rows.add(row);
      }
      if (json) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("alpha", alpha);
        root.put("length_events", length);
        root.put("minimum_events", minimumEvents);
        root.put("critical_value", test.criticalValue());
        root.put("runs", runs);
        root.put("seed", seed);
        root.put("ratios", rows);
        terminal.print(Json.write(root));
      } else {
        terminal.print(
            String.format(
                Locale.ROOT,
                "critical value %.6f; %d runs for each ratio, seed %d%n%n",
                test.criticalValue(),
                runs,
                seed));
        terminal.print(table.render(terminal));
      }
      return ExitCode.OK;
    }

    private MaxSprt test() {
      try {
        return MaxSprt.of(alpha, length, minimumEvents);
      } catch (IllegalArgumentException e) {
        throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
      }
    }

    private static String percent(double share) {
      return String.format(Locale.ROOT, "%.2f%%", 100 * share);
    }

    private static String figure(double value) {
      return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.2f", value);
    }
  }
}
