package dev.headroom.collector;

import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.sampling.InstanceSampler.Look;
import dev.headroom.collector.state.CollectorState.ReadyWait;
import dev.headroom.model.BackendKind;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.OomKill;
import dev.headroom.model.ProcessSample;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells when an instance crashed and when it accepts connections again, without connecting.
 *
 * <p>A postmaster starts the walwriter in the moment in which it begins to accept connections, so
 * the walwriter's own start, exact to a clock tick of 10 ms, is the moment of READY, however late
 * it is looked at. A standby has no walwriter and gets no READY. Safe for several threads.
 */
final class ReadyWatch {

  /** A server that takes longer than this to notice a crash has not crashed. */
  private static final Duration NO_RESTART = Duration.ofSeconds(10);

  /** The postmaster survives the death of these and just starts another. */
  private static final Set<BackendKind> HARMLESS =
      Set.of(BackendKind.OTHER, BackendKind.LOGGER, BackendKind.ARCHIVER);

  /** Only a server that accepts connections has these. */
  private static final Set<BackendKind> AFTER_READY =
      Set.of(
          BackendKind.CLIENT_BACKEND, BackendKind.PARALLEL_WORKER, BackendKind.AUTOVACUUM_WORKER);

  private final EventClock clock;
  private final EventRecorder recorder;
  private final Map<InstanceId, ReadyWait> waits = new HashMap<>();

  ReadyWatch(EventClock clock, EventRecorder recorder, List<ReadyWait> earlier) {
    this.clock = clock;
    this.recorder = recorder;
    earlier.forEach(wait -> waits.put(wait.instanceId(), wait));
  }

  /** A server was started. */
  synchronized void started(InstanceId id, long startTicks) {
    waits.putIfAbsent(id, new ReadyWait(id, clock.atTicks(startTicks), startTicks, false));
  }

  /** A server was stopped in order, so nobody waits for it. */
  synchronized void stopped(InstanceId id) {
    waits.remove(id);
  }

  /** A server's first process is gone without an orderly end. */
  synchronized void crashed(InstanceId id, Instant at, long ticks, String detail) {
    ReadyWait open = waits.get(id);
    if (open != null && open.crashed()) {
      return;
    }
    waits.put(id, new ReadyWait(id, at, ticks, true));
    recorder.record(new InstanceEvent(id, at, InstanceEvent.Kind.CRASH, null, detail));
  }

  /**
   * An instance lost a process to SIGKILL.
   *
   * @param victimStartTicks when the victim began; absent when unknown
   */
  synchronized void killed(InstanceId id, OomKill kill, @Nullable Long victimStartTicks) {
    BackendKind kind = kill.victim().kind();
    if (HARMLESS.contains(kind)) {
      return;
    }
    ReadyWait open = waits.get(id);
    if (open != null
        && open.crashed()
        && victimStartTicks != null
        && victimStartTicks > open.sinceTicks()
        && AFTER_READY.contains(kind)) {
      // There was a READY that nobody saw.
      ready(open, victimStartTicks, "at the latest: the next victim's own start");
    }
    crashed(
        id,
        kill.killedAt(),
        EventClock.ticksOf(kill.boottimeNs()),
        "OOM kill of %s %d".formatted(kind.description(), kill.victim().hostPid()));
  }

  /** Looks whether an instance is ready in what was sampled. */
  synchronized void look(Look look) {
    ReadyWait wait = waits.get(look.sample().instanceId());
    if (wait == null) {
      return;
    }
    OptionalLong walWriterStart =
        look.sample().processes().stream()
            .filter(process -> process.kind() == BackendKind.WAL_WRITER)
            .mapToLong(ProcessSample::startTicks)
            .max();
    if (walWriterStart.isEmpty()) {
      return;
    }
    if (walWriterStart.getAsLong() >= wait.sinceTicks()) {
      ready(wait, walWriterStart.getAsLong(), null);
    } else if (look.sample().sampledAt().isAfter(wait.since().plus(NO_RESTART))) {
      ready(wait, wait.sinceTicks(), "no restart: connections were accepted all along");
    }
  }

  private void ready(ReadyWait wait, long readyTicks, @Nullable String detail) {
    Instant tick = clock.atTicks(readyTicks);
    Instant readyAt = tick.isAfter(wait.since()) ? tick : wait.since().plusNanos(1_000);
    waits.remove(wait.instanceId());
    recorder.record(
        new InstanceEvent(
            wait.instanceId(),
            readyAt,
            InstanceEvent.Kind.READY,
            wait.crashed() ? Duration.between(wait.since(), readyAt).toMillis() : null,
            detail));
  }

  /** Who is waited for. */
  synchronized List<ReadyWait> list() {
    return List.copyOf(waits.values());
  }
}
