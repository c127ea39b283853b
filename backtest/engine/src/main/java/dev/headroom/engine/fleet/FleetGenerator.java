package dev.headroom.engine.fleet;

import dev.headroom.engine.fleet.FleetInstance.Happening;
import dev.headroom.engine.kernel.RecordingHeader;
import dev.headroom.engine.kernel.ReplayPass;
import dev.headroom.engine.kernel.SampleChunk;
import dev.headroom.engine.kernel.SampleFeed;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.engine.recording.InstanceLoader;
import dev.headroom.engine.recording.RecordingCache;
import dev.headroom.engine.recording.RecordingCache.Loaded;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.OomKill;
import dev.headroom.model.Recording;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Makes up fleets of any size: to measure with, and to try commands on. Sizes, shares and activity
 * are drawn from the lab's own recording, see {@link LabQuantiles}; statements are smaller than the
 * lab's, which are there to kill.
 */
public final class FleetGenerator {

  private final FleetSpec spec;
  private final List<Instance> instances;

  public FleetGenerator(FleetSpec spec) {
    this.spec = spec;
    instances =
        IntStream.range(0, spec.instances())
            .mapToObj(FleetGenerator::instance)
            .sorted(Comparator.comparing(Instance::id))
            .toList();
  }

  private static Instance instance(int number) {
    String node = "fleet-node-" + number / 10;
    String cgroup = "/fleet/" + number;
    InstanceId id = InstanceId.of(node, cgroup, "/var/lib/postgresql");
    return new Instance(
        id,
        node,
        cgroup,
        CgroupVersion.V2,
        "/var/lib/postgresql",
        5432,
        null,
        Map.of("made_up", "true"),
        FleetSpec.START);
  }

  /** What is made up, as a recording. */
  public Recording recording() {
    return new Recording(
        "fleet",
        FleetSpec.START,
        FleetSpec.START.plus(spec.step().multipliedBy(spec.samples())),
        instances.stream().map(Instance::id).toList(),
        "made up, " + spec);
  }

  /** The instances in ascending order of their ids. */
  public List<Instance> instances() {
    return instances;
  }

  /**
   * Makes one instance up, straight into a cache. Its life is lived twice, once for the samples and
   * once for the processes, so that nothing of it has to be in memory.
   */
  public Loaded load(Instance instance, RecordingCache cache) {
    try (InstanceLoader loader = cache.load(instance)) {
      live(instance, (living, step) -> living.sampleTo(loader, step));
      InstanceRecording events = live(instance, (living, step) -> living.processesTo(loader, step));
      return cache.finish(loader, events);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes one instance up as objects. */
  public InstanceRecording inMemory(Instance instance, RecordingCache cache) {
    return inMemory(load(instance, cache).recording());
  }

  /** A made-up instance as objects. */
  public static InstanceRecording inMemory(StreamedRecording madeUp) {
    List<Sample> samples = new ArrayList<>();
    SampleFeed feed = madeUp.openSamples();
    SampleChunk chunk = new SampleChunk(ReplayPass.CHUNK_SAMPLES);
    while (feed.next(chunk)) {
      for (int i = 0; i < chunk.size; i++) {
        samples.add(feed.sample(i));
      }
    }
    RecordingHeader header = madeUp.header();
    return new InstanceRecording(
        header.instance(),
        samples,
        header.kills(),
        header.instanceEvents(),
        header.guardEvents(),
        List.of());
  }

  private interface AtSample {
    void take(FleetInstance living, int step);
  }

  /** Lives an instance's life; returns its recording without samples. */
  private InstanceRecording live(Instance instance, AtSample atSample) {
    FleetInstance living = new FleetInstance(spec, seed(instance));
    List<OomKill> kills = new ArrayList<>();
    List<InstanceEvent> events = new ArrayList<>();
    int crashed = 0;
    for (int step = 0; step < spec.samples(); step++) {
      switch (living.step(step, instance)) {
        case Happening.Quiet() -> atSample.take(living, step);
        case Happening.Down() -> {}
        case Happening.Kill(OomKill kill) -> {
          kills.add(kill);
          crashed = step;
        }
        case Happening.Ready() -> {
          long outageMs = Duration.between(living.at(crashed), living.at(step)).toMillis();
          events.add(
              new InstanceEvent(
                  instance.id(), living.at(step), InstanceEvent.Kind.READY, outageMs, null));
        }
      }
    }
    return new InstanceRecording(instance, List.of(), kills, events, List.of(), List.of());
  }

  private long seed(Instance instance) {
    long id = instance.id().value().getMostSignificantBits();
    return new SplittableRandom(spec.seed() ^ id).nextLong();
  }
}
