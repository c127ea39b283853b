package dev.headroom.store;

import static dev.headroom.store.RandomObservations.START;
import static dev.headroom.store.TestDatabase.count;
import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Observation;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ObservationStoreTest {

  private Database database;
  private ObservationStore store;
  private final RandomObservations observations = new RandomObservations(new Random(7), "node-1");

  @BeforeEach
  void open() {
    database = Database.open(TestDatabase.migrated());
    store = new ObservationStore(database.dataSource());
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aBatch_isStoredOnce_howeverOftenItIsGiven() {
    List<Observation> batch = batchOfEveryKind();

    StoreResult first = store.store(batch);
    assertThat(first).isEqualTo(new StoreResult(batch.size(), 0, List.of()));
    List<Long> counts = counts();

    assertThat(store.store(batch)).isEqualTo(new StoreResult(0, batch.size(), List.of()));
    assertThat(counts()).isEqualTo(counts);
  }

  private List<Observation> batchOfEveryKind() {
    InstanceRecording recording = observations.recording(0, 40);
    List<Observation> batch = new ArrayList<>(RandomObservations.observationsOf(recording));
    batch.add(observations.node(START));
    batch.add(observations.collectorEvent(START));
    batch.add(observations.kill(null, START));
    return batch;
  }

  private List<Long> counts() {
    return List.of(
            "node",
            "instance",
            "memory_sample",
            "process_sample",
            "oom_kill",
            "instance_event",
            "guard_event",
            "decision",
            "collector_event")
        .stream()
        .map(table -> count(database.dataSource(), table))
        .toList();
  }
}
