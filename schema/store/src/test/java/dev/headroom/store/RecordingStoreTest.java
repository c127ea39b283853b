package dev.headroom.store;

import static dev.headroom.store.RandomObservations.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.Observation;
import dev.headroom.model.OomKill;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Recording;
import dev.headroom.model.Sample;
import dev.headroom.store.copy.BinaryCopyReader;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestServer.class)
class RecordingStoreTest {

  private static final Instant END = START.plusSeconds(3600);

  private final Database database;
  private final RecordingStore recordings;
  private final ObservationStore observations;

  RecordingStoreTest(TestServer server) {
    database = Database.open(server.migratedDatabase());
    recordings = new RecordingStore(database.dataSource());
    observations = new ObservationStore(database.dataSource());
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void whatWasStored_isReadBackEqual() {
    for (long seed = 1; seed <= 20; seed++) {
      RandomObservations random = new RandomObservations(new Random(seed), "node-" + seed);
      InstanceRecording recording = inKeyOrder(random.recording(0, 60));
      List<Observation> shuffled = RandomObservations.observationsOf(recording);
      Collections.shuffle(shuffled, new Random(seed));
      StoreResult result = observations.store(shuffled);
      assertThat(result.rejected()).as("seed %d", seed).isEmpty();

      assertThat(recordings.read(recording.instance().id(), START, END))
          .as("seed %d", seed)
          .isEqualTo(recording);
    }
  }

  @Test
  void aRange_holdsItsStart_andNotItsEnd() {
    InstanceRecording all = new RandomObservations(new Random(3), "n").recording(0, 10);
    observations.store(RandomObservations.observationsOf(all));
    Instant third = all.samples().get(2).sampledAt();
    Instant sixth = all.samples().get(5).sampledAt();

    InstanceRecording read = recordings.read(all.instance().id(), third, sixth);

    assertThat(read.samples()).isEqualTo(all.samples().subList(2, 5));
  }

  @Test
  void anInstanceNobodyReported_isAnError() {
    assertThatThrownBy(() -> recordings.read(InstanceId.of("n", "/x", "/d"), START, END))
        .isInstanceOf(NoSuchElementException.class)
        .hasMessageContaining("no collector ever reported");
  }

  @Test
  void instances_areListed_whenSampledOrKilledInTheRange() {
    RandomObservations random = new RandomObservations(new Random(5), "n");
    Instance sampled = random.instance(1, START);
    Instance killed = random.instance(2, START);
    Instance silent = random.instance(3, START);
    observations.store(
        List.of(
            sampled,
            killed,
            silent,
            random.sample(sampled.id(), START),
            random.kill(killed.id(), START.plusSeconds(1)),
            random.sample(silent.id(), END)));

    assertThat(recordings.listInstances(START, END).stream().map(Instance::id))
        .containsExactlyElementsOf(
            List.of(sampled.id(), killed.id()).stream().sorted(unsigned()).toList());
    assertThat(recordings.listInstances(END.plusSeconds(1), END.plusSeconds(2))).isEmpty();
  }

  @Test
  void aRecording_isFoundByItsName_andSavedOnce() {
    Recording recording =
        recording("lab-1", List.of(InstanceId.of("n", "/a", "/d"), InstanceId.of("n", "/b", "/d")));

    recordings.save(recording);
    recordings.save(recording);

    assertThat(recordings.find("lab-1")).contains(recording);
    assertThat(recordings.list()).containsExactly(recording);
    assertThat(recordings.find("lab-2")).isEmpty();
    assertThat(recordings.delete("lab-1")).isTrue();
    assertThat(recordings.delete("lab-1")).isFalse();
    assertThat(recordings.list()).isEmpty();
  }

  @Test
  void aName_neverStandsForSomethingElse() {
    recordings.save(recording("lab-1", List.of()));

    assertThatThrownBy(
            () -> recordings.save(recording("lab-1", List.of(InstanceId.of("n", "/a", "/d")))))
        .isInstanceOf(RecordingRefusedException.class)
        .hasMessageContaining("choose another name");
    assertThat(recordings.find("lab-1").orElseThrow().instances()).isEmpty();
  }

  @Test
  void anImport_thatIsRepeated_changesNothing() {
    List<InstanceRecording> instances = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      instances.add(inKeyOrder(new RandomObservations(new Random(i), "n").recording(i, 30)));
    }
    Recording recording =
        recording("corpus", instances.stream().map(it -> it.instance().id()).toList());

    StoreResult first = recordings.importRecording(recording, instances.iterator());
    StoreResult second = recordings.importRecording(recording, instances.iterator());

    assertThat(first.alreadyStored()).isZero();
    assertThat(second).isEqualTo(new StoreResult(0, first.stored(), List.of()));
    assertThat(recordings.find("corpus")).contains(recording);
    for (InstanceRecording instance : instances) {
      assertThat(recordings.read(instance.instance().id(), START, END)).isEqualTo(instance);
    }
  }

  private static Recording recording(String name, List<InstanceId> instances) {
    return new Recording(name, START, END, instances, "made by a test");
  }

  /** The order in which rows are read: by time, then by the rest of the key. */
  private static InstanceRecording inKeyOrder(InstanceRecording recording) {
    return new InstanceRecording(
        recording.instance(),
        recording.samples(),
        recording.kills().stream().sorted(Comparator.comparing(OomKill::killedAt)).toList(),
        recording.instanceEvents(),
        recording.guardEvents(),
        recording.decisions());
  }

  /** Postgres compares ids byte by byte. */
  private static Comparator<InstanceId> unsigned() {
    return Comparator.comparing(InstanceId::toString);
  }

  @Test
  void copiedSamples_areThoseThatAreReadOneByOne_andTheFingerprintKnowsOfEachMore() {
    RandomObservations random = new RandomObservations(new Random(77), "node-copy");
    InstanceRecording recording = inKeyOrder(random.recording(0, 200));
    InstanceId id = recording.instance().id();
    observations.store(RandomObservations.observationsOf(recording));
    List<String> copied = new ArrayList<>();
    List<String> fingerprints = new ArrayList<>();
    RecordingStore.SampleSink sink =
        new RecordingStore.SampleSink() {
          @Override
          public void sample(BinaryCopyReader row) {
            copied.add(row.getMicros(0) + " " + row.getUuid(1) + " " + longOrNull(row, 2));
          }

          @Override
          public void process(BinaryCopyReader row) {
            copied.add(
                row.getMicros(0)
                    + " "
                    + row.getLong(2)
                    + " "
                    + row.getText(5)
                    + " "
                    + row.getLong(6)
                    + " "
                    + longOrNull(row, 9));
          }
        };

    InstanceRecording events =
        recordings.read(
            id,
            START,
            END,
            (before, fingerprint) -> {
              fingerprints.add(fingerprint);
              return Optional.of(sink);
            });

    List<String> expected = new ArrayList<>();
    for (Sample sample : recording.samples()) {
      Long memoryMax = sample.memoryMax() instanceof MemoryLimit.Bytes(long bytes) ? bytes : null;
      expected.add(micros(sample) + " " + id.value() + " " + memoryMax);
    }
    for (Sample sample : recording.samples()) {
      for (ProcessSample process : sample.processes()) {
        expected.add(
            micros(sample)
                + " "
                + process.pid()
                + " "
                + process.kind().description()
                + " "
                + (process.blockable() ? 1 : 0)
                + " "
                + process.statementNumber());
      }
    }
    assertThat(copied).isEqualTo(expected);
    assertThat(events.samples()).isEmpty();
    assertThat(events.kills()).isEqualTo(recording.kills());

    Sample last = recording.samples().getLast();
    observations.store(
        List.of(new Sample(id, last.sampledAt().plusMillis(1), null, last.facts(), List.of())));
    for (int i = 0; i < 2; i++) {
      recordings.read(
          id,
          START,
          END,
          (before, fingerprint) -> {
            fingerprints.add(fingerprint);
            return Optional.empty();
          });
    }
    assertThat(fingerprints.get(1)).isNotEqualTo(fingerprints.get(0));
    assertThat(fingerprints.get(2)).isEqualTo(fingerprints.get(1));
  }

  private static @Nullable Long longOrNull(BinaryCopyReader row, int field) {
    return row.isNull(field) ? null : (Long) row.getLong(field);
  }

  private static long micros(Sample sample) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, sample.sampledAt());
  }
}
