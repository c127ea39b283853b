package dev.headroom.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.store.RefusalStore.PolicyRefusals;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A sample each second; process 1 runs statements one after the other. */
@ParameterizedClass
@EnumSource(TestServer.class)
class RefusalStoreTest {

  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final UUID INSTANCE = new UUID(3, 1);
  private static final UUID OTHER = new UUID(3, 2);

  private final Database database;

  RefusalStoreTest(TestServer server) {
    database = Database.open(server.migratedDatabase());
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aWouldBlock_isJustifiedByAKillThatItsStatementLivedToSee_andElseFalse() {
    for (int second = 0; second < 10; second++) {
      sample(INSTANCE, second, second < 3 ? 1 : second < 7 ? 2 : 3);
    }
    refused("would_block", 1, 1, "talk@1"); // statement 1 is gone at 3, nothing was killed by then
    refused("would_block", 4, 2, "talk@1"); // statement 2 lives to see the kill
    kill(INSTANCE, 6500);

    assertThat(refusals()).containsExactly(new PolicyRefusals("talk@1", 0, 2, 1, 1, 0));
  }

  @Test
  void aStatement_isCountedOnceForEachProcess_andAKillElsewhereJustifiesNothing() {
    for (int second = 0; second < 5; second++) {
      sample(INSTANCE, second, second < 3 ? 1 : 2);
    }
    refused("would_block", 1, 1, "talk@1");
    refused("would_block", 2, 1, "talk@1");
    kill(OTHER, 2500);

    assertThat(refusals()).containsExactly(new PolicyRefusals("talk@1", 0, 1, 0, 1, 0));
  }

  @Test
  void whatIsNotSeenToEnd_orOnlyAfterAGap_isUndecided() {
    for (int second = 0; second < 5; second++) {
      sample(INSTANCE, second, second < 3 ? 1 : 2);
    }
    refused("would_block", 1, 1, "talk@1");
    execute(
        "INSERT INTO headroom.collector_event (occurred_at, node_name, instance_id, kind) VALUES ('%s', 'n', '%s', 'gap')"
            .formatted(at(2000), INSTANCE));
    refused("would_block", 4, 2, "talk@1");

    assertThat(refusals()).containsExactly(new PolicyRefusals("talk@1", 0, 2, 0, 0, 2));
  }

  @Test
  void blocksAreCountedOnly_andSoIsALimitThatNoPolicySet() {
    sample(INSTANCE, 0, 1);
    sample(INSTANCE, 3, 2);
    refused("block", 1, 1, "talk@1");
    refused("would_block", 1, 1, null);
    refused("denial", 1, 1, null);

    assertThat(refusals())
        .containsExactly(
            new PolicyRefusals(null, 0, 1, 0, 1, 0), new PolicyRefusals("talk@1", 1, 0, 0, 0, 0));
  }

  private Iterable<PolicyRefusals> refusals() {
    return new RefusalStore(database.dataSource()).byPolicy(START, at(60_000));
  }

  private void sample(UUID instance, int second, long statement) {
    execute(
        "INSERT INTO headroom.memory_sample (sampled_at, instance_id) VALUES ('%s', '%s')"
            .formatted(at(second * 1000L), instance));
    execute(
        "INSERT INTO headroom.process_sample (sampled_at, instance_id, pid, start_ticks, backend_kind, blockable, statement_number)"
            + " VALUES ('%s', '%s', 1, 1, 'client backend', true, %s)"
                .formatted(at(second * 1000L), instance, statement));
  }

  private void refused(String kind, int second, long statement, @Nullable String policy) {
    execute(
        "INSERT INTO headroom.guard_event (occurred_at, instance_id, kind, pid, statement_number, backend_kind, policy_id)"
            + " VALUES ('%s', '%s', '%s', 1, %d, 'client backend', %s)"
                .formatted(
                    at(second * 1000L + 500),
                    INSTANCE,
                    kind,
                    statement,
                    policy == null ? null : "'" + policy + "'"));
  }

  private void kill(UUID instance, long millisecond) {
    execute(
        "INSERT INTO headroom.oom_kill (killed_at, kill_id, incident_id, node_name, instance_id, boottime_ns, capture_source,"
            + " victim_host_pid, victim_comm, victim_backend_kind)"
            + " VALUES ('%s', '%3$s', '%3$s', 'n', '%2$s', 1, 'test', 1, 'postgres', 'client backend')"
                .formatted(at(millisecond), instance, UUID.randomUUID()));
  }

  private void execute(String sql) {
    TestSql.execute(database.dataSource(), sql);
  }

  private static Instant at(long millisecond) {
    return START.plusMillis(millisecond);
  }
}
