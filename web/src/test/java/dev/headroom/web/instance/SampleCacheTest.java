package dev.headroom.web.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.InstanceId;
import dev.headroom.store.Database;
import dev.headroom.store.HourStore;
import dev.headroom.store.SchemaMigration;
import dev.headroom.web.instance.SampleCache.Loaded;
import dev.headroom.web.instance.SampleCache.RangeTooLargeException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What is kept, for how long, and what is read again. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SampleCacheTest {

  private static final Instant START = Instant.parse("2026-05-01T00:00:00Z");
  private static final InstanceId ID = InstanceId.of("node", "/a", "/data");
  private static final long PLENTY = 64L << 20;

  private final EmbeddedPostgres postgres;
  private final Database database;
  private final AtomicLong nowNs = new AtomicLong();

  SampleCacheTest() throws IOException {
    postgres = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    String url = "jdbc:postgresql://localhost:" + postgres.getPort() + "/postgres?user=postgres";
    try (Database unmigrated = Database.connect(url)) {
      SchemaMigration.migrate(unmigrated.dataSource());
    }
    database = Database.open(url);
  }

  @BeforeAll
  void makeUp() {
    sql(
        "INSERT INTO headroom.instance VALUES ('%s', 'node', '/a', 'v2', '/data', 5432, '17', '{}', now())"
            .formatted(ID));
    sql(
        "INSERT INTO headroom.memory_sample (sampled_at, instance_id, memory_max_bytes, memory_max_unlimited, anon_bytes, shmem_bytes, file_bytes)"
            + " SELECT at, '%s', 1073741824, false, random() * 1e12, random() * 1e12, random() * 1e12"
                .formatted(ID)
            + " FROM generate_series('2026-05-01 00:00+00'::timestamptz, '2026-05-02 23:59:50+00', '10 seconds') AS at");
  }

  @AfterAll
  void close() throws IOException {
    database.close();
    postgres.close();
  }

  @Test
  void anHour_isReadOnce_whateverRangesItIsPartOf() throws InterruptedException {
    try (SampleCache cache = cache(PLENTY)) {
      Loaded day = cache.get(ID, START, START.plus(Duration.ofDays(1)));
      assertThat(day.samples()).isEqualTo(8_640);
      assertThat(cache.holding().reads()).isEqualTo(24);

      Loaded inside = cache.get(ID, START.plusSeconds(5_000), START.plusSeconds(9_000));
      assertThat(inside.samples()).isEqualTo(400);
      assertThat(cache.get(ID, START, START.plus(Duration.ofHours(25))).samples()).isEqualTo(9_000);
      assertThat(cache.holding().reads()).isEqualTo(25);
      assertThat(cache.holding().hours()).isEqualTo(25);
    }
  }

  @Test
  void anAnswer_holdsForAWhile_andThenOnlyWhatChangedIsReadAgain() throws InterruptedException {
    Instant end = START.plus(Duration.ofHours(3));
    try (SampleCache cache = cache(PLENTY)) {
      Loaded before = cache.get(ID, START, end);
      insert("2026-05-01 01:00:05+00");
      assertThat(cache.get(ID, START, end)).isSameAs(before);

      nowNs.addAndGet(SampleCache.FRESH.toNanos() + 1);
      assertThat(cache.get(ID, START, end).samples()).isEqualTo(before.samples() + 1);
      assertThat(cache.holding().reads()).isEqualTo(4);

      nowNs.addAndGet(SampleCache.FRESH.toNanos() + 1);
      Loaded after = cache.get(ID, START, end);
      nowNs.addAndGet(SampleCache.FRESH.toNanos() + 1);
      assertThat(cache.get(ID, START, end)).as("nothing changed").isSameAs(after);
      assertThat(cache.holding().reads()).isEqualTo(4);
    } finally {
      sql("DELETE FROM headroom.memory_sample WHERE sampled_at = '2026-05-01 01:00:05+00'");
    }
  }

  @Test
  void aRangeBeyondTheBound_isRefused_beforeItIsRead() {
    try (SampleCache cache = cache(64 << 10)) {
      assertThatThrownBy(() -> cache.get(ID, START, START.plus(Duration.ofDays(2))))
          .isInstanceOf(RangeTooLargeException.class)
          .hasMessageContaining("17,280 samples");
      assertThat(cache.holding().reads()).isZero();
    }
  }

  @Test
  void aRangeWhoseRowsAreWide_isRefused_whileItIsRead() {
    // These samples take more than the 10 bytes that any takes at least.
    try (SampleCache cache = cache(2 * 10 * 8_640)) {
      assertThatThrownBy(() -> cache.get(ID, START, START.plus(Duration.ofDays(1))))
          .isInstanceOf(RangeTooLargeException.class);
      assertThat(cache.holding().bytes()).isZero();
    }
  }

  @Test
  void whatIsLongestUnused_makesRoom() throws InterruptedException {
    long bytesOfDay;
    try (SampleCache cache = cache(PLENTY)) {
      bytesOfDay = cache.get(ID, START, START.plus(Duration.ofDays(1))).bytes();
    }
    long budget = bytesOfDay + bytesOfDay / 4;
    try (SampleCache cache = cache(budget)) {
      for (int hour = 0; hour < 48; hour += 8) {
        Instant from = START.plus(Duration.ofHours(hour));
        assertThat(cache.get(ID, from, from.plus(Duration.ofHours(8))).samples()).isEqualTo(2_880);
        assertThat(cache.holding().bytes()).isLessThanOrEqualTo(budget);
      }
      assertThat(cache.holding().hours()).isBetween(24, 32);
      Instant last = START.plus(Duration.ofHours(40));
      cache.get(ID, last, last.plus(Duration.ofHours(8)));
      assertThat(cache.holding().reads()).as("the newest are still there").isEqualTo(48);
    }
  }

  @Test
  void whatNobodyAsksFor_isForgotten() throws InterruptedException {
    try (SampleCache cache = cache(PLENTY)) {
      cache.get(ID, START, START.plus(Duration.ofHours(2)));
      nowNs.addAndGet(SampleCache.EXPIRY.toNanos() / 2);
      cache.get(ID, START, START.plus(Duration.ofHours(1)));
      nowNs.addAndGet(SampleCache.EXPIRY.toNanos() / 2 + 1);
      cache.expire();
      assertThat(cache.holding().hours()).isEqualTo(1);
      nowNs.addAndGet(SampleCache.EXPIRY.toNanos());
      cache.expire();
      assertThat(cache.holding().hours()).isZero();
      assertThat(cache.holding().bytes()).isZero();
    }
  }

  private SampleCache cache(long budgetBytes) {
    return new SampleCache(new HourStore(database.dataSource()), budgetBytes, nowNs::get);
  }

  private void insert(String at) {
    sql(
        "INSERT INTO headroom.memory_sample (sampled_at, instance_id, anon_bytes) VALUES ('%s', '%s', 1)"
            .formatted(at, ID));
  }

  private void sql(String statement) {
    try (Connection connection = database.dataSource().getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute(statement);
    } catch (SQLException e) {
      throw new AssertionError(statement + ": " + e.getMessage(), e);
    }
  }
}
