package dev.headroom.store;

import static dev.headroom.store.jooq.Tables.GUARD_EVENT;
import static dev.headroom.store.jooq.Tables.PROCESS_SAMPLE;

import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.store.RecordingStore.SampleSink;
import dev.headroom.store.jooq.enums.GuardEventKind;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/**
 * Reads samples of an instance by the hour, so that a caller who keeps hours reads only those that
 * it has not or that changed. Safe for use by several threads.
 */
public final class HourStore {

  private static final String TIME_LIMIT = "SET LOCAL statement_timeout = '60s'";

  private static final Duration HOUR = Duration.ofHours(1);

  /** What is read in one go at most; a sink is asked for the next after it. */
  private static final int MOST_HOURS = 24;

  private static final long MOST_SAMPLES = 50_000;

  private static final String HOURS =
      """
      SELECT date_bin('1 hour', sampled_at, '2000-01-01 00:00+00') AS hour_at, count(*) AS samples, min(sampled_at) AS first_at
      FROM headroom.memory_sample WHERE instance_id = ?::uuid AND sampled_at >= ?::timestamptz AND sampled_at < ?::timestamptz
      GROUP BY 1 ORDER BY 1
      """;

  private final DataSource dataSource;

  public HourStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * What is stored of an hour. Samples are never changed and come together with their processes;
   * they go from the oldest on. Two of these that are equal therefore stand for the same rows.
   *
   * @param startsAt a full hour
   * @param samples how many, above 0
   * @param firstAt when the first was made
   * @param processesFrom since when processes are kept, where that is after the hour's start, and
   *     its end where none are: they go earlier than samples; absent where all are there
   */
  public record Hour(
      Instant startsAt, long samples, Instant firstAt, @Nullable Instant processesFrom) {

    Instant endsAt() {
      return startsAt.plus(HOUR);
    }
  }

  /** Takes the hours that it wants. */
  public interface Reader {

    /**
     * Which hours are wanted, in their order.
     *
     * @param events the recording of the range without samples and decisions; of the guard's events
     *     only denials
     * @param stored the hours that have samples, from the one in which the range begins to the one
     *     in which it ends, both whole
     */
    List<Hour> choose(InstanceRecording events, List<Hour> stored);

    /** Where the rows of these hours go: first all samples, then all processes. */
    SampleSink begin(List<Hour> hours);

    /** The rows of these hours are complete; returns whether to go on. */
    boolean end();
  }

  /**
   * Reads from one state of the database.
   *
   * @throws NoSuchElementException when no collector ever reported this instance
   */
  public void read(InstanceId id, Instant from, Instant to, Reader reader) {
    Transaction.read(
        dataSource,
        "reading instance " + id,
        connection -> {
          Transaction.sql(connection).execute(TIME_LIMIT);
          read(connection, id, from, to, reader);
          return true;
        });
  }

  private static void read(
      Connection connection, InstanceId id, Instant from, Instant to, Reader reader)
      throws SQLException {
    InstanceRecording events =
        RecordingStore.events(connection, id, from, to, GUARD_EVENT.KIND.eq(GuardEventKind.denial));
    List<Hour> chosen = reader.choose(events, hours(connection, id, from, to));
    int next = 0;
    while (next < chosen.size()) {
      List<Hour> together = together(chosen.subList(next, chosen.size()));
      SampleCopy.copy(
          connection,
          id,
          together.getFirst().startsAt(),
          together.getLast().endsAt(),
          reader.begin(together));
      if (!reader.end()) {
        return;
      }
      next += together.size();
    }
  }

  private static List<Hour> hours(Connection connection, InstanceId id, Instant from, Instant to) {
    DSLContext sql = Transaction.sql(connection);
    OffsetDateTime processesFrom =
        sql.select(DSL.min(PROCESS_SAMPLE.SAMPLED_AT))
            .from(PROCESS_SAMPLE)
            .where(PROCESS_SAMPLE.INSTANCE_ID.eq(id.value()))
            .fetchSingle()
            .value1();
    Instant begin = from.truncatedTo(ChronoUnit.HOURS);
    Instant end = to.minusNanos(1).truncatedTo(ChronoUnit.HOURS).plus(HOUR);
    return sql.fetch(
            HOURS, id.value(), begin.atOffset(ZoneOffset.UTC), end.atOffset(ZoneOffset.UTC))
        .map(row -> {
          Instant startsAt = row.get("hour_at", OffsetDateTime.class).toInstant();
          Instant kept = processesFrom == null ? Instant.MAX : processesFrom.toInstant();
          Instant endsAt = startsAt.plus(HOUR);
          return new Hour(
              startsAt,
              row.get("samples", Long.class),
              row.get("first_at", OffsetDateTime.class).toInstant(),
              kept.isBefore(endsAt) ? (kept.isAfter(startsAt) ? kept : null) : endsAt);
        });
  }

  /** The first hours that follow each other, as many as are read in one go. */
  private static List<Hour> together(List<Hour> hours) {
    List<Hour> together = new ArrayList<>();
    long samples = 0;
    for (Hour hour : hours) {
      samples += hour.samples();
      boolean fits =
          together.isEmpty()
              || (together.size() < MOST_HOURS
                  && samples <= MOST_SAMPLES
                  && together.getLast().endsAt().equals(hour.startsAt()));
      if (!fits) {
        break;
      }
      together.add(hour);
    }
    return together;
  }
}
