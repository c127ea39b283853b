package dev.headroom.load;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.Node;
import dev.headroom.model.Observation;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Everything the collectors of a made-up fleet would have stored, in the order of time. Memory is
 * sampled as the plan says; every second for minutes before a kill, as a collector near the limit
 * does; and far more often in a few instances that are watched closely.
 */
final class FleetHistory {

  private static final Duration BEFORE_A_KILL = Duration.ofMinutes(3);
  private static final int PROCESSES_EVERY_S = 5;
  private static final Duration CLOSELY = Duration.ofSeconds(30);
  private static final Duration CLOSELY_BY_THE_SECOND = Duration.ofHours(6);
  private static final Duration COLLECTOR_REPORT = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final double GUARD_EVENTS_PER_DAY = 2;
  private static final int DENIALS_OF_A_BLOCK = 5;
  private static final int GROUP_ONE_IN = 10;
  private static final int GROUP = 3;

  private static final List<BackendKind> VICTIMS =
      List.of(
          BackendKind.CLIENT_BACKEND,
          BackendKind.CLIENT_BACKEND,
          BackendKind.CLIENT_BACKEND,
          BackendKind.CLIENT_BACKEND,
          BackendKind.CLIENT_BACKEND,
          BackendKind.PARALLEL_WORKER,
          BackendKind.PARALLEL_WORKER,
          BackendKind.AUTOVACUUM_WORKER);

  private final FleetPlan plan;
  private final List<String> policyIds;
  private final List<FleetMember> members;
  private final Instant end;
  private final long[] kills;

  /**
   * A fleet's history.
   *
   * @param policyIds of the policies that decide, the one in force first
   * @param end when the collectors that are on time were heard last
   */
  FleetHistory(FleetPlan plan, List<String> policyIds, Instant end) {
    this.plan = plan;
    this.policyIds = List.copyOf(policyIds);
    this.end = end;
    members =
        IntStream.range(0, plan.instances())
            .mapToObj(number -> new FleetMember(plan, number, end))
            .toList();
    kills = new long[members.size()];
  }

  List<FleetMember> members() {
    return members;
  }

  /** The nodes and the instances, as last seen. */
  void writeMembers(Consumer<Observation> sink) {
    for (int node = 0; node * FleetMember.ON_A_NODE < members.size(); node++) {
      sink.accept(
          new Node(
              FleetMember.nodeName(node),
              new UUID(plan.seed(), node).toString(),
              "6.12.0",
              512L << 30,
              "tp_btf",
              end));
    }
    members.forEach(member -> sink.accept(member.instance()));
  }

  /**
   * What happened from {@code from} on and before {@code to}, hour by hour.
   *
   * @param hourDone called after each hour
   */
  void write(Instant from, Instant to, Consumer<Observation> sink, Runnable hourDone) {
    for (Instant at = from; at.isBefore(to); at = at.plus(HOUR)) {
      Instant until = at.plus(HOUR).isBefore(to) ? at.plus(HOUR) : to;
      writeSamples(at, until, sink);
      writeDecisions(at, until, sink);
      for (FleetMember member : members) {
        writeClosely(member, at, until, sink);
        writeKills(member, at, until, sink);
        writeGuardEvents(member, at, until, sink);
      }
      writeCollectors(at, until, sink);
      hourDone.run();
    }
  }

  private Instant lastHeard(FleetMember member) {
    return end.minus(member.silentFor());
  }

  private void writeSamples(Instant from, Instant to, Consumer<Observation> sink) {
    for (Instant at : ticks(from, to, plan.cadence())) {
      for (FleetMember member : members) {
        if (!at.isAfter(lastHeard(member))) {
          sink.accept(member.sample(at, plan.cadence(), kills[member.number()], false));
        }
      }
    }
  }

  private void writeDecisions(Instant from, Instant to, Consumer<Observation> sink) {
    for (Instant at : ticks(from, to, plan.decisionCadence())) {
      for (FleetMember member : members) {
        if (member.hasGuard() && !at.isAfter(lastHeard(member))) {
          member.decisions(at, policyIds).forEach(sink);
        }
      }
    }
  }

  private void writeClosely(
      FleetMember member, Instant from, Instant to, Consumer<Observation> sink) {
    if (!member.isWatchedClosely()) {
      return;
    }
    boolean bySecond = to.isAfter(end.minus(CLOSELY_BY_THE_SECOND));
    Duration step = bySecond ? Duration.ofSeconds(1) : CLOSELY;
    for (Instant at : ticks(from, to, step)) {
      // What the plan's own cadence has is written already.
      if (at.getEpochSecond() % plan.cadence().toSeconds() != 0 && !at.isAfter(lastHeard(member))) {
        sink.accept(member.sample(at, step, kills[member.number()], false));
      }
    }
  }

  private void writeKills(
      FleetMember member, Instant from, Instant to, Consumer<Observation> sink) {
    for (Moment moment : moments(member, member.killsPerDay(), 1, from, to)) {
      Instant at = moment.at();
      if (at.isAfter(lastHeard(member))) {
        continue;
      }
      for (int second = (int) BEFORE_A_KILL.toSeconds(); second > 0; second--) {
        sink.accept(
            member.sample(
                at.minusSeconds(second),
                Duration.ofSeconds(1),
                kills[member.number()],
                second % PROCESSES_EVERY_S == 1));
      }
      SplittableRandom random = moment.random();
      UUID incident = uuid(random);
      BackendKind kind = VICTIMS.get(random.nextInt(VICTIMS.size()));
      int victims = random.nextInt(GROUP_ONE_IN) == 0 ? GROUP : 1;
      for (int victim = 0; victim < victims; victim++) {
        kills[member.number()]++;
        sink.accept(
            kill(
                member,
                victims == 1 ? incident : uuid(random),
                incident,
                at.plusMillis(victim),
                kind,
                1_000 + victim));
      }
      long outageMs = 2_000L + random.nextInt(40_000);
      sink.accept(
          new InstanceEvent(member.id(), at, InstanceEvent.Kind.CRASH, null, "killed by signal 9"));
      sink.accept(
          new InstanceEvent(
              member.id(), at.plusMillis(outageMs), InstanceEvent.Kind.READY, outageMs, null));
    }
  }

  /** A kill of a member as its collector would store it. */
  static OomKill kill(
      FleetMember member, UUID killId, UUID incident, Instant at, BackendKind kind, int pid) {
    OomProcess victim =
        new OomProcess(
            pid,
            pid - 990,
            "postgres",
            "postgres: app app 10.0.0.7(40112) SELECT",
            kind,
            "app",
            "app",
            7_000L,
            null,
            "SELECT o.*, c.name FROM orders o JOIN customers c USING (customer_id) ORDER BY o.total");
    String cgroup = member.instance().cgroupPath();
    long anon = FleetMember.pages(member.memoryMax() * 0.4);
    return new OomKill(
        killId,
        incident,
        member.instance().node(),
        member.id(),
        at,
        at.toEpochMilli() * 1_000_000,
        "tp_btf",
        victim,
        victim,
        "CONSTRAINT_MEMCG",
        cgroup,
        cgroup,
        MemoryLimit.ofBytes(member.memoryMax()),
        member.memoryMax(),
        2 * anon,
        anon,
        8L << 20,
        4L << 20,
        2L << 20,
        0,
        member.hasGuard() ? (Long) anon : null,
        member.hasGuard() ? (Long) (anon + (64L << 20)) : null,
        false,
        true,
        12L,
        null);
  }

  private void writeGuardEvents(
      FleetMember member, Instant from, Instant to, Consumer<Observation> sink) {
    if (!member.hasGuard()) {
      return;
    }
    boolean enforces = member.mode() == GuardMode.ENFORCE;
    for (Moment moment : moments(member, GUARD_EVENTS_PER_DAY, 2, from, to)) {
      if (moment.at().isAfter(lastHeard(member))) {
        continue;
      }
      int pid = 1_000 + moment.random().nextInt(200);
      if (enforces) {
        for (int denial = DENIALS_OF_A_BLOCK; denial > 0; denial--) {
          sink.accept(
              guardEvent(
                  member, moment.at().minusMillis(denial), GuardEvent.Kind.DENIAL, pid, null));
        }
        sink.accept(guardEvent(member, moment.at(), GuardEvent.Kind.BLOCK, pid, "53200"));
      } else {
        sink.accept(guardEvent(member, moment.at(), GuardEvent.Kind.WOULD_BLOCK, pid, null));
      }
    }
  }

  private GuardEvent guardEvent(
      FleetMember member, Instant at, GuardEvent.Kind kind, int pid, @Nullable String sqlState) {
    return new GuardEvent(
        member.id(),
        at,
        kind,
        pid,
        12L,
        BackendKind.CLIENT_BACKEND,
        7_000L,
        policyIds.getFirst(),
        member.limit(),
        member.limit() - (8L << 20),
        256L << 20,
        16L << 20,
        member.mode(),
        1L,
        sqlState);
  }

  private void writeCollectors(Instant from, Instant to, Consumer<Observation> sink) {
    for (int node = 0; node * FleetMember.ON_A_NODE < members.size(); node++) {
      FleetMember first = members.get(node * FleetMember.ON_A_NODE);
      String name = first.instance().node();
      Instant heard = lastHeard(first);
      for (Instant at : ticks(from, to, COLLECTOR_REPORT)) {
        if (!at.isAfter(heard)) {
          sink.accept(
              new CollectorEvent(
                  name, null, at, CollectorEvent.Kind.COST, null, 510L, "0.85% of one core"));
        }
      }
      for (Moment moment : moments(first, 0.5, 3, from, to)) {
        if (!moment.at().isAfter(heard)) {
          sink.accept(trouble(first, moment));
        }
      }
    }
  }

  private static CollectorEvent trouble(FleetMember member, Moment moment) {
    CollectorEvent.Kind kind =
        switch (moment.random().nextInt(8)) {
          case 0 -> CollectorEvent.Kind.DROP;
          case 1 -> CollectorEvent.Kind.COUNTER_MISMATCH;
          default -> CollectorEvent.Kind.GAP;
        };
    return new CollectorEvent(
        member.instance().node(), member.id(), moment.at(), kind, 3L, 2_400L, null);
  }

  /** Something that happens by chance, and the chance of what belongs to it. */
  private record Moment(Instant at, SplittableRandom random) {}

  /**
   * Moments by chance, drawn day by day so that they do not depend on where a stretch begins.
   *
   * @param perDay how many on average
   * @param salt another one for each kind of thing
   */
  private static List<Moment> moments(
      FleetMember member, double perDay, long salt, Instant from, Instant to) {
    List<Moment> moments = new ArrayList<>();
    long daySeconds = Duration.ofDays(1).toSeconds();
    long last = Math.floorDiv(to.getEpochSecond() - 1, daySeconds);
    for (long day = Math.floorDiv(from.getEpochSecond(), daySeconds); day <= last; day++) {
      SplittableRandom random = member.day(day * 8 + salt);
      for (int left = count(perDay, random); left > 0; left--) {
        Instant at =
            Instant.ofEpochSecond(day * daySeconds)
                .plusMillis((long) (random.nextDouble() * daySeconds * 1_000));
        SplittableRandom own = random.split();
        if (!at.isBefore(from) && at.isBefore(to)) {
          moments.add(new Moment(at, own));
        }
      }
    }
    return moments;
  }

  /** A number of independent events, by Knuth's method: how many waits fit into one. */
  private static int count(double average, SplittableRandom random) {
    double limit = Math.exp(-average);
    double product = random.nextDouble();
    int count = 0;
    while (product > limit) {
      count++;
      product *= random.nextDouble();
    }
    return count;
  }

  /** The whole multiples of a step from {@code from} on and before {@code to}. */
  private static List<Instant> ticks(Instant from, Instant to, Duration step) {
    List<Instant> ticks = new ArrayList<>();
    long seconds = step.toSeconds();
    long first = -Math.floorDiv(-from.getEpochSecond(), seconds) * seconds;
    for (Instant at = Instant.ofEpochSecond(first); at.isBefore(to); at = at.plus(step)) {
      if (!at.isBefore(from)) {
        ticks.add(at);
      }
    }
    return ticks;
  }

  private static UUID uuid(SplittableRandom random) {
    return new UUID(random.nextLong(), random.nextLong());
  }
}
