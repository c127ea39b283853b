package dev.headroom.collector;

import dev.headroom.model.CollectorEvent;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What a collector measures about itself; docs/collector.md lists the names. */
final class CollectorMetrics {

  private final MeterRegistry registry;
  private final Timer samples;
  private final Counter vanished;
  private final Counter kills;
  private final Counter phantoms;
  private final Counter stored;
  private final Counter rejected;
  private final Counter unavailable;
  private final Counter dropped;
  private final Counter failures;
  private final Counter lostEvents;
  private final Counter guardEvents;
  private final Counter lostGuardEvents;
  private final Counter decisions;
  private final Counter emptyDecisions;

  CollectorMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.samples =
        Timer.builder("headroom.sample")
            .description("Time to take one sample of one instance")
            .register(registry);
    this.vanished =
        counter("headroom.processes.vanished", "Processes that ended while they were read");
    this.kills = counter("headroom.oom.kills", "OOM kills captured");
    this.phantoms = counter("headroom.oom.phantoms", "Victims marked that were already exiting");
    this.stored = counter("headroom.stored", "Observations stored in the database");
    this.rejected = counter("headroom.rejected", "Observations the database refuses for ever");
    this.unavailable = counter("headroom.sink.failures", "Batches that could not be stored");
    this.dropped = counter("headroom.samples.dropped", "Samples given up by the spool");
    this.failures = counter("headroom.failures", "Things that could not be read or done");
    this.lostEvents =
        counter("headroom.events.lost", "Events given up because the spool took nothing");
    this.guardEvents = counter("headroom.guard.events", "Events taken from guards");
    this.lostGuardEvents =
        counter(
            "headroom.guard.events.lost", "Events that guards wrote over before they were read");
    this.decisions = counter("headroom.decisions", "Limits that policies decided");
    this.emptyDecisions =
        counter(
            "headroom.decisions.empty", "Evaluations that gave no limit; the one before stayed");
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  <T> void gauge(String name, String description, T source, ToDoubleFunction<T> value) {
    Gauge.builder(name, source, value).description(description).register(registry);
  }

  void sampled(Duration took) {
    samples.record(took);
  }

  long sampleCount() {
    return samples.count();
  }

  void vanished(long count) {
    vanished.increment((double) count);
  }

  void killed() {
    kills.increment();
  }

  void phantom() {
    phantoms.increment();
  }

  void stored(int count) {
    stored.increment(count);
  }

  void rejected() {
    rejected.increment();
  }

  void sinkUnavailable() {
    unavailable.increment();
  }

  void dropped(long count) {
    dropped.increment((double) count);
  }

  void failed() {
    failures.increment();
  }

  void eventLost() {
    lostEvents.increment();
  }

  void guardEvents(int count) {
    guardEvents.increment(count);
  }

  void guardEventsLost(long count) {
    lostGuardEvents.increment((double) count);
  }

  void decided(boolean hasLimit) {
    (hasLimit ? decisions : emptyDecisions).increment();
  }

  void told(CollectorEvent.Kind kind) {
    Counter.builder("headroom.collector.events")
        .description("What the collector told about itself")
        .tag("kind", kind.name().toLowerCase(Locale.ROOT))
        .register(registry)
        .increment();
  }
}
