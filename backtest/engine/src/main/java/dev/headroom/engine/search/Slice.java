package dev.headroom.engine.search;

import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Recording;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A part of a recording: some of its instances over some of its time. What was sampled before the
 * part starts stays in it as the past that formulas look back on; nothing after it does.
 *
 * @param name what the part is for, such as {@code hold-out}
 * @param instances which; never empty
 * @param startsAt the first moment that is judged
 * @param endsAt the first moment after it
 */
public record Slice(String name, Set<InstanceId> instances, Instant startsAt, Instant endsAt) {

  public Slice {
    instances = Set.copyOf(instances);
    if (instances.isEmpty()) {
      throw new IllegalArgumentException("the " + name + " has no instance");
    }
    if (!startsAt.isBefore(endsAt)) {
      throw new IllegalArgumentException(
          "the %s ends (%s) before it starts (%s)".formatted(name, endsAt, startsAt));
    }
  }

  /** Everything in a recording. */
  public static Slice whole(Recording recording) {
    return new Slice(
        "whole", Set.copyOf(recording.instances()), recording.startsAt(), recording.endsAt());
  }

  /** These instances over the whole time. */
  Slice ofInstances(String newName, List<InstanceId> some) {
    return new Slice(newName, Set.copyOf(some), startsAt, endsAt);
  }

  /** The same instances over another time. */
  Slice ofTime(String newName, Instant from, Instant to) {
    return new Slice(newName, instances, from, to);
  }

  /** What of an instance's recording belongs to this part; empty when the instance does not. */
  public Optional<InstanceRecording> cut(InstanceRecording recording) {
    if (!instances.contains(recording.instance().id())) {
      return Optional.empty();
    }
    return Optional.of(
        new InstanceRecording(
            recording.instance(),
            before(recording.samples(), sample -> sample.sampledAt()),
            before(recording.kills(), kill -> kill.killedAt()),
            before(recording.instanceEvents(), event -> event.occurredAt()),
            before(recording.guardEvents(), event -> event.occurredAt()),
            before(recording.decisions(), decision -> decision.decidedAt())));
  }

  /** The same of a recording whose samples are elsewhere. */
  public Optional<StreamedRecording> cut(StreamedRecording recording) {
    return instances.contains(recording.header().instance().id())
        ? Optional.of(recording.before(endsAt))
        : Optional.empty();
  }

  private <T> List<T> before(List<T> all, Function<T, Instant> timeOf) {
    return all.stream().filter(each -> timeOf.apply(each).isBefore(endsAt)).toList();
  }
}
