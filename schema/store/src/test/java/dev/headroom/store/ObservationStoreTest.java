package dev.headroom.store;

import static dev.headroom.store.RandomObservations.START;
import static dev.headroom.store.TestSql.count;
import static dev.headroom.store.TestSql.execute;
import static dev.headroom.store.TestSql.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Decision;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Node;
import dev.headroom.model.Observation;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestServer.class)
class ObservationStoreTest {

  private static final List<String> FACT_TABLES =
      List.of(
          "node",
          "instance",
          "memory_sample",
          "process_sample",
          "oom_kill",
          "instance_event",
          "guard_event",
          "decision",
          "collector_event");

  private final Database database;
  private final ObservationStore store;
  private final RandomObservations observations = new RandomObservations(new Random(7), "node-1");

  ObservationStoreTest(TestServer server) {
    database = Database.open(server.migratedDatabase());
    store = new ObservationStore(database.dataSource());
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aBatch_isStoredOnce_howeverOftenItIsGiven() {
    List<Observation> batch = batchOfEveryKind(40);

    assertThat(store.store(batch)).isEqualTo(new StoreResult(batch.size(), 0, List.of()));
    List<Long> counts = counts();
    assertThat(counts).doesNotContain(0L);

    assertThat(store.store(batch)).isEqualTo(new StoreResult(0, batch.size(), List.of()));
    assertThat(counts()).isEqualTo(counts);
  }

  @Test
  void anObservation_twiceInOneBatch_isStoredOnce() {
    List<Observation> once = batchOfEveryKind(5);
    List<Observation> twice = new ArrayList<>(once);
    twice.addAll(once);

    StoreResult result = store.store(twice);

    assertThat(result.stored()).isEqualTo(once.size());
    assertThat(result.alreadyStored()).isEqualTo(once.size());
  }

  @Test
  void anEmptyBatch_isNothing() {
    assertThat(store.store(List.of())).isEqualTo(new StoreResult(0, 0, List.of()));
  }

  @Test
  void twoStorers_ofTheSameRowsInAnotherOrder_storeEachOnce() throws Exception {
    List<Observation> forward = batchOfEveryKind(200);
    List<Observation> backward = new ArrayList<>(forward);
    Collections.reverse(backward);
    CountDownLatch start = new CountDownLatch(1);

    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<StoreResult> one = threads.submit(storeWhenTold(forward, start));
      Future<StoreResult> other = threads.submit(storeWhenTold(backward, start));
      start.countDown();

      StoreResult sum = one.get(60, TimeUnit.SECONDS).plus(other.get(60, TimeUnit.SECONDS));
      assertThat(sum).isEqualTo(new StoreResult(forward.size(), forward.size(), List.of()));
    }
  }

  @Test
  void aKill_deliveredAgainWithAnotherWallClockTime_isStoredOnce() {
    OomKill kill = observations.kill(null, START);
    OomKill again = at(kill, START.plusSeconds(86_400L * 45).plusNanos(3_000));

    assertThat(store.store(List.of(kill)).stored()).isEqualTo(1);
    assertThat(store.store(List.of(again))).isEqualTo(new StoreResult(0, 1, List.of()));
    assertThat(count(database.dataSource(), "oom_kill")).isEqualTo(1);
  }

  @Test
  void nodeAndInstance_keepTheNewestReading_whateverTheOrder() {
    Node old = new Node("n", "boot-1", "6.1", null, null, START);
    Node fresh = new Node("n", "boot-2", "6.18", 8L << 30, "tp_btf", START.plusSeconds(60));
    Instance first = instance("15.18", START);
    Instance upgraded = instance("17.11", START.plusSeconds(60));

    assertThat(store.store(List.of(fresh, upgraded)).stored()).isEqualTo(2);
    assertThat(store.store(List.of(old, first)).alreadyStored()).isEqualTo(2);
    assertThat(query(database.dataSource(), "SELECT boot_id FROM headroom.node"))
        .containsExactly("boot-2");
    assertThat(query(database.dataSource(), "SELECT postgres_version FROM headroom.instance"))
        .containsExactly("17.11");

    Instance again = instance("17.12", START.plusSeconds(120));
    assertThat(store.store(List.of(again, first, upgraded)).stored()).isEqualTo(1);
    assertThat(query(database.dataSource(), "SELECT postgres_version FROM headroom.instance"))
        .containsExactly("17.12");
  }

  @Test
  void aRowThatCannotBeStored_isReported_andBlocksNoOther() {
    List<Observation> batch = batchOfEveryKind(30);
    Sample tooFar = observations.sample(id(), Instant.parse("+300000-01-01T00:00:00Z"));
    Sample beyondNumbers = observations.sample(id(), Instant.MAX);
    // A key of 1 MB does not fit into an index page, so no database will ever take this one.
    Decision tooLong =
        new Decision(
            id(), START, longNoise(), null, GuardMode.OFF, false, null, Map.of(), null, null, null);
    List<Observation> withBad = new ArrayList<>(batch);
    withBad.add(3, tooFar);
    withBad.add(11, tooLong);
    withBad.add(beyondNumbers);

    StoreResult result = store.store(withBad);

    assertThat(result.stored()).isEqualTo(batch.size());
    assertThat(result.alreadyStored()).isZero();
    assertThat(result.rejected().stream().map(StoreResult.Rejection::observation))
        .containsExactly(tooFar, tooLong, beyondNumbers);
    assertThat(result.rejected()).allSatisfy(it -> assertThat(it.reason()).isNotBlank());
  }

  @Test
  void aHostileProcessName_withNulAndBrokenUnicode_isStored() {
    OomProcess hostile =
        new OomProcess(
            7, null, "foo) Z \0", "\uD83D half", BackendKind.OTHER, null, null, null, null, null);
    OomKill kill = withVictim(observations.kill(null, START), hostile);

    assertThat(store.store(List.of(kill)).stored()).isEqualTo(1);
    assertThat(query(database.dataSource(), "SELECT victim_comm FROM headroom.oom_kill"))
        .containsExactly("foo) Z \uFFFD");
  }

  @Test
  void aConnectionThatIsKilledMidBatch_storesNothing_andTheRetryStoresAll() throws Exception {
    List<Observation> batch = batchOfEveryKind(20);
    // The storer waits here, in the middle of its transaction, behind this lock.
    try (var lock = database.dataSource().getConnection();
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      lock.setAutoCommit(false);
      try (var statement = lock.createStatement()) {
        statement.execute("LOCK TABLE headroom.decision IN ACCESS EXCLUSIVE MODE");
      }
      Future<StoreResult> storing = thread.submit(() -> store.store(batch));
      awaitAndKillTheStorer();

      assertThatThrownBy(() -> storing.get(30, TimeUnit.SECONDS))
          .cause()
          .isInstanceOfSatisfying(
              DatabaseException.class, error -> assertThat(error.reason().passes()).isTrue());
      lock.rollback();
    }
    assertThat(counts()).containsOnly(0L);

    assertThat(store.store(batch)).isEqualTo(new StoreResult(batch.size(), 0, List.of()));
  }

  @Test
  void aMissingSchema_isNoRejection_butSaysWhatToDo() {
    execute(database.dataSource(), "DROP TABLE headroom.guard_event CASCADE");
    List<Observation> batch = batchOfEveryKind(20);

    assertThatThrownBy(() -> store.store(batch))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("headroom db migrate");
    assertThat(count(database.dataSource(), "memory_sample")).isZero();
  }

  private void awaitAndKillTheStorer() throws InterruptedException {
    String storers =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            + " AND query LIKE 'INSERT INTO headroom.decision%'";
    for (int attempt = 0; attempt < 500; attempt++) {
      if (query(database.dataSource(), storers).equals(List.of("t"))) {
        return;
      }
      Thread.sleep(20);
    }
    throw new AssertionError("nobody waited for the lock within 10 s");
  }

  private Callable<StoreResult> storeWhenTold(List<Observation> batch, CountDownLatch start) {
    return () -> {
      start.await();
      return store.store(batch);
    };
  }

  private List<Observation> batchOfEveryKind(int size) {
    InstanceRecording recording = observations.recording(0, size);
    List<Observation> batch = new ArrayList<>(RandomObservations.observationsOf(recording));
    batch.add(observations.node(START));
    batch.add(observations.collectorEvent(START));
    batch.add(observations.kill(null, START));
    return batch;
  }

  private List<Long> counts() {
    return FACT_TABLES.stream().map(table -> count(database.dataSource(), table)).toList();
  }

  private static InstanceId id() {
    return InstanceId.of("node-1", "/db0", "/data");
  }

  /** Text that does not compress, from a fixed seed. */
  private static String longNoise() {
    StringBuilder text = new StringBuilder();
    Random random = new Random(11);
    while (text.length() < 1_000_000) {
      text.append(Long.toHexString(random.nextLong()));
    }
    return text.toString();
  }

  private static Instance instance(@Nullable String version, Instant observedAt) {
    return new Instance(
        id(), "node-1", "/db0", CgroupVersion.V2, "/data", 5432, version, Map.of(), observedAt);
  }

  private static OomKill at(OomKill kill, Instant killedAt) {
    return copy(kill, killedAt, kill.victim());
  }

  private static OomKill withVictim(OomKill kill, OomProcess victim) {
    return copy(kill, kill.killedAt(), victim);
  }

  private static OomKill copy(OomKill kill, Instant killedAt, OomProcess victim) {
    return new OomKill(
        kill.killId(),
        kill.incidentId(),
        kill.node(),
        kill.instanceId(),
        killedAt,
        kill.boottimeNs(),
        kill.captureSource(),
        victim,
        kill.invoker(),
        kill.constraint(),
        kill.limitCgroupPath(),
        kill.victimCgroupPath(),
        kill.memoryMax(),
        kill.memoryUsageBytes(),
        kill.totalVmBytes(),
        kill.anonBytes(),
        kill.fileBytes(),
        kill.shmemBytes(),
        kill.pageTablesBytes(),
        kill.oomScoreAdj(),
        kill.guardVictimBytes(),
        kill.guardInstanceBytes(),
        kill.groupKill(),
        kill.counterAgrees(),
        null,
        null);
  }
}
