package dev.headroom.store;

import static dev.headroom.store.jooq.Tables.DECISION;
import static dev.headroom.store.jooq.Tables.GUARD_EVENT;
import static dev.headroom.store.jooq.Tables.INSTANCE_EVENT;
import static dev.headroom.store.jooq.Tables.MEMORY_SAMPLE;
import static dev.headroom.store.jooq.Tables.OOM_KILL;
import static dev.headroom.store.jooq.Tables.RECORDING;
import static dev.headroom.store.jooq.Tables.RECORDING_INSTANCE;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.multiset;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectOne;

import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Observation;
import dev.headroom.model.Recording;
import dev.headroom.model.Sample;
import dev.headroom.store.copy.BinaryCopyReader;
import dev.headroom.store.jooq.Tables;
import dev.headroom.store.jooq.tables.records.InstanceRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;

/**
 * Names time ranges of instances and reads what a replay needs of them. Safe for use by several
 * threads.
 */
public final class RecordingStore {

  private static final int IMPORT_BATCH = 5_000;

  private final DataSource dataSource;

  public RecordingStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** All recordings, by name. */
  public List<Recording> list() {
    return Transaction.read(
        dataSource, "listing recordings", connection -> fetch(connection, noCondition()));
  }

  /** The recording of this name, if there is one. */
  public Optional<Recording> find(String name) {
    return Transaction.read(
        dataSource,
        "reading recording " + name,
        connection -> fetch(connection, RECORDING.RECORDING_NAME.eq(name)).stream().findFirst());
  }

  /**
   * Names a recording. Saving the same one again changes nothing.
   *
   * @throws RecordingRefusedException when the name already stands for something else
   */
  public void save(Recording recording) {
    Recording saved =
        Transaction.write(
            dataSource, "saving recording " + recording.name(), it -> insert(it, recording));
    if (!saved.equals(recording)) {
      throw new RecordingRefusedException(
          "recording "
              + recording.name()
              + " exists already and is another: "
              + saved.startsAt()
              + " to "
              + saved.endsAt()
              + ", "
              + saved.instances().size()
              + " instances; choose another name or delete it first");
    }
  }

  /**
   * Forgets a name; what was observed stays.
   *
   * @return whether there was such a recording
   */
  public boolean delete(String name) {
    return Transaction.write(
        dataSource,
        "deleting recording " + name,
        connection ->
            Transaction.sql(connection)
                    .deleteFrom(RECORDING)
                    .where(RECORDING.RECORDING_NAME.eq(name))
                    .execute()
                == 1);
  }

  /**
   * The instances that were sampled or lost a process from {@code from} on and before {@code to},
   * by id.
   */
  public List<Instance> listInstances(Instant from, Instant to) {
    return Transaction.read(
        dataSource,
        "listing instances",
        connection ->
            Transaction.sql(connection)
                .selectFrom(Tables.INSTANCE)
                .where(
                    exists(
                        selectOne()
                            .from(MEMORY_SAMPLE)
                            .where(MEMORY_SAMPLE.INSTANCE_ID.eq(Tables.INSTANCE.INSTANCE_ID))
                            .and(within(MEMORY_SAMPLE.SAMPLED_AT, from, to))))
                .or(
                    exists(
                        selectOne()
                            .from(OOM_KILL)
                            .where(OOM_KILL.INSTANCE_ID.eq(Tables.INSTANCE.INSTANCE_ID))
                            .and(within(OOM_KILL.KILLED_AT, from, to))))
                .orderBy(Tables.INSTANCE.INSTANCE_ID)
                .fetch(StoredRow::instance));
  }

  /**
   * Everything about an instance from {@code from} on and before {@code to}, always in the same
   * order: by time, then by the rest of the key.
   *
   * @throws NoSuchElementException when no collector ever reported this instance
   */
  public InstanceRecording read(InstanceId id, Instant from, Instant to) {
    return Transaction.read(
        dataSource, "reading instance " + id, connection -> read(connection, id, from, to));
  }

  /**
   * Stores a recording that came from elsewhere and names it. What is there already is not stored
   * again, so an import that was cut short is simply repeated.
   *
   * @param instances those of the recording, in any order
   * @return what became of the observations; none is rejected
   * @throws RecordingRefusedException when the database refuses an observation, or when the name
   *     already stands for something else
   */
  public StoreResult importRecording(Recording recording, Iterator<InstanceRecording> instances) {
    ObservationStore observations = new ObservationStore(dataSource);
    StoreResult total = new StoreResult(0, 0, List.of());
    while (instances.hasNext()) {
      List<Observation> all = observationsOf(instances.next());
      for (int start = 0; start < all.size(); start += IMPORT_BATCH) {
        int end = Math.min(start + IMPORT_BATCH, all.size());
        total = total.plus(observations.store(all.subList(start, end)));
      }
    }
    if (!total.rejected().isEmpty()) {
      throw new RecordingRefusedException(
          "recording %s is not imported: the database refused %d observations, the first because: %s"
              .formatted(
                  recording.name(), total.rejected().size(), total.rejected().getFirst().reason()));
    }
    save(recording);
    return total;
  }

  private static List<Observation> observationsOf(InstanceRecording recording) {
    return Stream.<List<? extends Observation>>of(
            List.of(recording.instance()),
            recording.samples(),
            recording.kills(),
            recording.instanceEvents(),
            recording.guardEvents(),
            recording.decisions())
        .<Observation>flatMap(List::stream)
        .toList();
  }

  /** Takes the samples of one instance as the database hands them out. */
  public interface SampleSink {

    /** Fields in the order of the columns of {@code memory_sample}, by ascending time. */
    void sample(BinaryCopyReader row);

    /**
     * Fields in the order of the columns of {@code process_sample}, by ascending time and pid,
     * after all samples.
     */
    void process(BinaryCopyReader row);
  }

  /** What there is to know of an instance's recording before its samples are read. */
  public interface SampleDecision {

    /**
     * Where the samples go, if they are wanted.
     *
     * @param events the recording without its samples
     * @param fingerprint stands for everything that is recorded: as long as it stays the same,
     *     nothing was added or removed
     */
    Optional<SampleSink> decide(InstanceRecording events, String fingerprint);
  }

  /**
   * Everything about an instance from {@code from} on and before {@code to}, from one state of the
   * database, its samples by binary COPY and only if they are wanted.
   *
   * @return the recording without its samples
   * @throws NoSuchElementException when no collector ever reported this instance
   */
  public InstanceRecording read(InstanceId id, Instant from, Instant to, SampleDecision decision) {
    return Transaction.read(
        dataSource,
        "reading instance " + id,
        connection -> {
          InstanceRecording events = read(connection, id, List.of(), from, to);
          String fingerprint = SampleCopy.fingerprint(connection, events, from, to);
          Optional<SampleSink> sink = decision.decide(events, fingerprint);
          if (sink.isPresent()) {
            SampleCopy.copy(connection, id, from, to, sink.get());
          }
          return events;
        });
  }

  private static InstanceRecording read(
      Connection connection, InstanceId id, Instant from, Instant to) throws SQLException {
    return read(connection, id, SampleReader.read(connection, id, from, to), from, to);
  }

  private static InstanceRecording read(
      Connection connection, InstanceId id, List<Sample> samples, Instant from, Instant to) {
    InstanceRecording events = events(connection, id, from, to, noCondition());
    return new InstanceRecording(
        events.instance(),
        samples,
        events.kills(),
        events.instanceEvents(),
        events.guardEvents(),
        Transaction.sql(connection)
            .selectFrom(DECISION)
            .where(DECISION.INSTANCE_ID.eq(id.value()), within(DECISION.DECIDED_AT, from, to))
            .orderBy(DECISION.DECIDED_AT, DECISION.POLICY_ID)
            .fetch(StoredRow::decision));
  }

  /**
   * What happened to an instance, without samples and decisions.
   *
   * @param guardEvents which of the guard's events
   * @throws NoSuchElementException when no collector ever reported this instance
   */
  static InstanceRecording events(
      Connection connection, InstanceId id, Instant from, Instant to, Condition guardEvents) {
    DSLContext sql = Transaction.sql(connection);
    UUID key = id.value();
    InstanceRecord instance =
        sql.selectFrom(Tables.INSTANCE).where(Tables.INSTANCE.INSTANCE_ID.eq(key)).fetchOne();
    if (instance == null) {
      throw new NoSuchElementException("no collector ever reported an instance " + id);
    }
    return new InstanceRecording(
        StoredRow.instance(instance),
        List.of(),
        sql.selectFrom(OOM_KILL)
            .where(OOM_KILL.INSTANCE_ID.eq(key), within(OOM_KILL.KILLED_AT, from, to))
            .orderBy(OOM_KILL.KILLED_AT, OOM_KILL.KILL_ID)
            .fetch(StoredRow::kill),
        sql.selectFrom(INSTANCE_EVENT)
            .where(INSTANCE_EVENT.INSTANCE_ID.eq(key), within(INSTANCE_EVENT.OCCURRED_AT, from, to))
            .orderBy(INSTANCE_EVENT.OCCURRED_AT, INSTANCE_EVENT.KIND)
            .fetch(StoredRow::instanceEvent),
        sql.selectFrom(GUARD_EVENT)
            .where(
                GUARD_EVENT.INSTANCE_ID.eq(key),
                within(GUARD_EVENT.OCCURRED_AT, from, to),
                guardEvents)
            .orderBy(
                GUARD_EVENT.OCCURRED_AT, GUARD_EVENT.PID, GUARD_EVENT.KIND, GUARD_EVENT.POLICY_ID)
            .fetch(StoredRow::guardEvent),
        List.of());
  }

  private static Recording insert(Connection connection, Recording recording) {
    DSLContext sql = Transaction.sql(connection);
    int inserted =
        sql.insertInto(RECORDING)
            .set(RECORDING.RECORDING_NAME, recording.name())
            .set(RECORDING.STARTS_AT, utc(recording.startsAt()))
            .set(RECORDING.ENDS_AT, utc(recording.endsAt()))
            .set(RECORDING.NOTE, recording.note())
            .onConflictDoNothing()
            .execute();
    if (inserted == 1) {
      for (InstanceId id : recording.instances()) {
        sql.insertInto(RECORDING_INSTANCE)
            .set(RECORDING_INSTANCE.RECORDING_NAME, recording.name())
            .set(RECORDING_INSTANCE.INSTANCE_ID, id.value())
            .execute();
      }
    }
    return fetch(connection, RECORDING.RECORDING_NAME.eq(recording.name())).getFirst();
  }

  private static List<Recording> fetch(Connection connection, Condition which) {
    Field<List<InstanceId>> instances =
        multiset(
                select(RECORDING_INSTANCE.INSTANCE_ID)
                    .from(RECORDING_INSTANCE)
                    .where(RECORDING_INSTANCE.RECORDING_NAME.eq(RECORDING.RECORDING_NAME)))
            .convertFrom(rows -> rows.map(row -> new InstanceId(row.value1())));
    return Transaction.sql(connection)
        .select(
            RECORDING.RECORDING_NAME,
            RECORDING.STARTS_AT,
            RECORDING.ENDS_AT,
            instances,
            RECORDING.NOTE)
        .from(RECORDING)
        .where(which)
        .orderBy(RECORDING.RECORDING_NAME)
        .fetch(row ->
            new Recording(
                row.value1(),
                row.value2().toInstant(),
                row.value3().toInstant(),
                new ArrayList<>(row.value4()),
                row.value5()));
  }

  private static Condition within(Field<OffsetDateTime> time, Instant from, Instant to) {
    return time.ge(utc(from)).and(time.lt(utc(to)));
  }

  private static OffsetDateTime utc(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
