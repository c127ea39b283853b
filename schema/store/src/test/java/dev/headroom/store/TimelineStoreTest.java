package dev.headroom.store;

import static dev.headroom.store.TestSql.execute;
import static dev.headroom.store.TestSql.query;
import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.InstanceId;
import dev.headroom.store.TimelineStore.Line;
import dev.headroom.store.TimelineStore.Source;
import dev.headroom.store.TimelineStore.Timeline;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Limits of policies and samples in buckets of any width. */
@ParameterizedClass
@EnumSource(TestServer.class)
class TimelineStoreTest {

  private static final Instant START = Instant.parse("2026-01-05T00:00:00Z");
  private static final InstanceId ID = new InstanceId(new UUID(0, 1));

  private final Database database;
  private final DataSource dataSource;
  private final TimelineStore timelines;

  TimelineStoreTest(TestServer server) {
    database = Database.open(server.migratedDatabase());
    dataSource = database.dataSource();
    timelines = new TimelineStore(dataSource);
  }

  @BeforeEach
  void insert() {
    insertDecisions("2026-01-05 00:00:03+00", 5 * 24 * 60);
    insertDecisions("2026-03-01 00:00:07+00", 600);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void linesFromRollups_areThoseOfTheRows_atTheSameBucket() {
    // Before they are stored, after, and after rows that came late.
    assertThatLinesAreThoseOfTheRows();
    new Upkeep(dataSource).refreshRollups();
    assertThatLinesAreThoseOfTheRows();
    insertDecisions("2026-01-06 10:00:33+00", 200);
    new Upkeep(dataSource).refreshRollups();
    assertThatLinesAreThoseOfTheRows();
  }

  private void assertThatLinesAreThoseOfTheRows() {
    for (Duration span :
        List.of(
            Duration.ofMinutes(5),
            Duration.ofHours(5),
            Duration.ofDays(1),
            Duration.ofDays(3),
            Duration.ofDays(5),
            Duration.ofDays(60),
            Duration.ofDays(400))) {
      Timeline timeline = timelines.read(ID, START, START.plus(span), 600);
      List<String> told = new ArrayList<>();
      for (Line line : timeline.limits()) {
        for (int i = 0; i < line.atMs().size(); i++) {
          told.add(
              String.join(
                  " ",
                  line.policyId(),
                  line.atMs().get(i).toString(),
                  String.valueOf(line.limitMinBytes().get(i)),
                  String.valueOf(line.limitMaxBytes().get(i)),
                  String.valueOf(line.limitLastBytes().get(i)),
                  line.noDecisions().get(i).toString()));
        }
      }
      assertThat(told)
          .as("%s in buckets of %d ms from %s", span, timeline.bucketMs(), timeline.source())
          .isNotEmpty()
          .isEqualTo(rows(span, timeline.bucketMs()));
      assertThat(told.size()).as("bounded").isLessThanOrEqualTo(3 * 600);
    }
    assertThat(timelines.read(ID, START, START.plus(Duration.ofDays(1)), 600).source())
        .isEqualTo(Source.MINUTES);
    assertThat(timelines.read(ID, START, START.plus(Duration.ofDays(400)), 600).source())
        .isEqualTo(Source.HOURS);
  }

  private List<String> rows(Duration span, long bucketMs) {
    return query(
        dataSource,
        """
        SELECT concat_ws(' ', policy_id, (extract(epoch FROM bucket) * 1000)::bigint, coalesce(min(limit_bytes)::text, 'null'),
          coalesce(max(limit_bytes)::text, 'null'),
          coalesce((array_agg(limit_bytes ORDER BY decided_at) FILTER (WHERE limit_bytes IS NOT NULL))[count(limit_bytes)]::text, 'null'),
          count(*) FILTER (WHERE limit_bytes IS NULL))
        FROM (
          SELECT *, date_bin('%d ms', decided_at, '2000-01-01 00:00+00') AS bucket FROM headroom.decision
          WHERE decided_at >= '%s' AND decided_at < '%s') AS binned
        GROUP BY policy_id, bucket ORDER BY policy_id, bucket
        """
            .formatted(bucketMs, START, START.plus(span)));
  }

  @Test
  void deepZoom_showsEverySample_andAYearIsBounded() {
    execute(
        dataSource,
        """
        INSERT INTO headroom.memory_sample (sampled_at, instance_id, memory_max_bytes, memory_max_unlimited, memory_current_bytes, shmem_bytes)
        SELECT '2026-01-05 00:00+00'::timestamptz + step * interval '100 ms', '%s', 1000000, false, abs(hashint4(step)) %% 1000000, step
        FROM generate_series(0, 3599) AS step
        """
            .formatted(ID.value()));
    Timeline deep = timelines.read(ID, START.plusSeconds(60), START.plusSeconds(90), 600);

    assertThat(deep.source()).isEqualTo(Source.SAMPLES);
    assertThat(deep.bucketMs()).isEqualTo(100);
    assertThat(deep.atMs()).hasSize(300);
    for (int i = 0; i < 300; i++) {
      assertThat(deep.atMs().get(i)).isEqualTo(START.toEpochMilli() + 60_000 + 100L * i);
      assertThat(shmem(deep).get(i)).isEqualTo(600L + i);
    }
    Timeline year = timelines.read(ID, START, START.plus(Duration.ofDays(365)), 600);
    assertThat(year.source()).isEqualTo(Source.HOURS);
    assertThat(year.atMs().size()).isBetween(1, 600);
    assertThat(shmem(year).getFirst()).as("the spike").isEqualTo(3_599L);
  }

  private static List<@Nullable Long> shmem(Timeline timeline) {
    return Objects.requireNonNull(timeline.columns().get("shmem_bytes"));
  }

  private void insertDecisions(String from, int steps) {
    execute(
        dataSource,
        """
        INSERT INTO headroom.decision (decided_at, instance_id, policy_id, limit_bytes, mode, applied, inputs)
        SELECT '%s'::timestamptz + step * interval '1 minute' + abs(hashint4(step)) %% 50 * interval '1 second', '%s', policy_id,
          CASE WHEN abs(hashtext(policy_id || step)) %% 5 > 0 THEN abs(hashtext(step || policy_id)::bigint) END,
          (ARRAY['shadow', 'enforce']::headroom.guard_mode[])[1 + abs(hashtext(policy_id || step / 50)) %% 2], true, '{}'
        FROM generate_series(0, %d - 1) AS step, unnest(ARRAY['a@1', 'b@1']) AS policy_id
        ON CONFLICT DO NOTHING
        """
            .formatted(from, ID.value(), steps));
  }
}
