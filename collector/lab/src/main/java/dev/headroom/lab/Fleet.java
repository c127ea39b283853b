package dev.headroom.lab;

import dev.headroom.collector.guard.GuardStatus;
import dev.headroom.model.InstanceId;
import dev.headroom.model.rollout.Buckets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Servers that stand for as long as their lab is open, each in a cgroup of its own, under loads
 * that come in rounds. A server that the kernel killed is up again before the next round. What
 * their guards do is the collector's to decide, and may change from round to round.
 */
public final class Fleet {

  /** Enough for one to be held out and some to be reached by a canary. */
  public static final int SMALLEST = 2;

  /** Far less than any formula of the library grants, and far more than a limit that is wrong. */
  private static final long BAIT_MIB = 24;

  private static final int BAIT_STATEMENTS = 4;

  private final List<Member> members;
  private final int parallelism;
  private int rounds;

  private record Member(FleetServer server, Victim victim) {}

  private Fleet(List<Member> members, int parallelism) {
    this.members = List.copyOf(members);
    this.parallelism = parallelism;
  }

  /**
   * The places of a fleet's servers, one per scenario. Who is held out follows from a hash of the
   * instance, so names are tried until exactly the last server is: a fleet has one that shows what
   * happens without promotion, and only one.
   */
  static List<VictimPlace> places(
      List<Scenario> scenarios, String node, MemoryController controller, RunFolder folder) {
    if (scenarios.size() < SMALLEST) {
      throw new IllegalArgumentException(
          "a fleet has at least %d servers, not %d".formatted(SMALLEST, scenarios.size()));
    }
    List<VictimPlace> places = new ArrayList<>();
    for (Scenario scenario : scenarios) {
      int number = places.size() + 1;
      boolean last = number == scenarios.size();
      VictimPlace place;
      int attempt = 0;
      do {
        String suffix = attempt == 0 ? "" : "-" + attempt;
        place = VictimPlace.of(number + "-" + scenario.name() + suffix, controller, folder);
        attempt++;
      } while (Buckets.isHeldOut(place.instanceId(node)) != last);
      places.add(place);
    }
    return places;
  }

  /** Starts the servers of these places, several at a time, and prepares their loads. */
  static Fleet start(
      List<Scenario> scenarios,
      List<VictimPlace> places,
      LabConfig config,
      MemoryController controller,
      RunFolder folder,
      VictimTemplate template) {
    List<Member> members =
        allAtOnce(
            config.parallelism(),
            places,
            (index, place) -> {
              Scenario scenario = scenarios.get(index);
              LabCgroup cgroup = folder.makeCgroup(controller, place.name());
              cgroup.limit(config.memoryMaxBytes().orElse(scenario.memoryMaxBytes()));
              Victim victim = Victim.start(place, folder, cgroup, template, scenario.settings());
              try (Stage stage = new Stage(scenario.name(), victim)) {
                scenario.workload().prepare(stage);
              }
              InstanceId id = place.instanceId(config.node());
              return new Member(
                  new FleetServer(place.name(), scenario, id, Buckets.isHeldOut(id)), victim);
            });
    return new Fleet(members, config.parallelism());
  }

  public List<FleetServer> servers() {
    return members.stream().map(Member::server).toList();
  }

  /**
   * Loads every server with its scenario and then with small statements that nobody is killed for,
   * and waits until all are ready again.
   *
   * @throws LabException when a load itself went wrong
   */
  public FleetRound run() {
    return round(true);
  }

  /** As {@link #run}, but only with the small statements. */
  public FleetRound runBait() {
    return round(false);
  }

  /** What every guard says now; servers without one, or that are down, are not in it. */
  public Map<FleetServer, GuardStatus> guards() {
    Map<FleetServer, GuardStatus> statuses = new LinkedHashMap<>();
    for (Member member : members) {
      member.victim().findGuardStatus().ifPresent(status -> statuses.put(member.server(), status));
    }
    return statuses;
  }

  /**
   * Looks at the guards' segments until every one is as it shall be.
   *
   * @return how long it took, to about 10 ms; empty when it took longer than {@code patience}
   */
  public Optional<Duration> awaitGuards(
      BiPredicate<FleetServer, GuardStatus> wanted, Duration patience) {
    long start = System.nanoTime();
    while (true) {
      Map<FleetServer, GuardStatus> statuses = guards();
      long elapsed = System.nanoTime() - start;
      if (statuses.size() == members.size()
          && statuses.entrySet().stream()
              .allMatch(each -> wanted.test(each.getKey(), each.getValue()))) {
        return Optional.of(Duration.ofNanos(elapsed));
      }
      if (elapsed > patience.toNanos()) {
        return Optional.empty();
      }
      Pause.ofMillis(5);
    }
  }

  private FleetRound round(boolean withScenario) {
    Instant startedAt = Instant.now();
    int number = ++rounds;
    List<FleetRound.ServerRound> servers =
        allAtOnce(parallelism, members, (_, member) -> load(member, withScenario));
    return new FleetRound(number, servers, startedAt, Instant.now());
  }

  private static FleetRound.ServerRound load(Member member, boolean withScenario) throws Exception {
    Victim victim = member.victim();
    String name = member.server().scenario().name();
    long killsBefore = victim.cgroup().oomKills();
    long blocksBefore = blocks(victim);
    ScenarioResult.Sessions sessions = ScenarioResult.Sessions.NONE;
    if (withScenario) {
      sessions = ServerLoad.run(victim, name, member.server().scenario().workload());
      victim.awaitReady();
    }
    long blocksBetween = blocks(victim);
    sessions = sessions.plus(ServerLoad.run(victim, "bait", Fleet::bait));
    victim.awaitReady();
    long falseBlocks = grown(blocksBetween, blocks(victim));
    return new FleetRound.ServerRound(
        member.server(),
        victim.cgroup().oomKills() - killsBefore,
        sessions.lost(),
        grown(blocksBefore, blocksBetween) + falseBlocks,
        falseBlocks,
        sessions.bystandersHarmed());
  }

  private static void bait(Stage stage) throws Exception {
    for (int i = 0; i < BAIT_STATEMENTS; i++) {
      stage.execute(Sql.value(BAIT_MIB));
    }
  }

  private static long blocks(Victim victim) {
    return victim.findGuardStatus().map(status -> status.counters().blocks()).orElse(0L);
  }

  /** A guard's counters begin again with its postmaster. */
  private static long grown(long before, long after) {
    return after >= before ? after - before : after;
  }

  /** What is done with one of a list. */
  @FunctionalInterface
  private interface Work<T, R> {
    R on(int index, T each) throws Exception;
  }

  /** Does it with every one, some at a time, and waits for all. */
  private static <T, R> List<R> allAtOnce(int parallelism, List<T> list, Work<T, R> work) {
    try (ExecutorService threads = Executors.newFixedThreadPool(parallelism)) {
      List<Future<R>> running = new ArrayList<>();
      for (int i = 0; i < list.size(); i++) {
        int index = i;
        running.add(threads.submit(() -> work.on(index, list.get(index))));
      }
      List<R> results = new ArrayList<>();
      @Nullable Throwable failure = null;
      for (Future<R> each : running) {
        try {
          results.add(each.get());
        } catch (ExecutionException e) {
          failure = failure == null ? e.getCause() : failure;
        } catch (InterruptedException e) {
          threads.shutdownNow();
          Thread.currentThread().interrupt();
          throw new LabException("interrupted", e);
        }
      }
      if (failure != null) {
        throw new LabException("the fleet failed: " + failure.getMessage(), failure);
      }
      return results;
    }
  }
}
