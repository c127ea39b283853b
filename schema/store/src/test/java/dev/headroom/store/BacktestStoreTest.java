package dev.headroom.store;

import static dev.headroom.store.RandomObservations.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.BacktestKill;
import dev.headroom.model.BacktestRun;
import dev.headroom.model.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BacktestStoreTest {

  private final Database database = Database.open(TestServer.PLAIN.migratedDatabase());
  private final BacktestStore runs = new BacktestStore(database.dataSource());

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aRun_isReadBackByteForByte_withEveryVerdict() {
    BacktestRun run = run(1, START);
    List<BacktestKill> kills = new ArrayList<>();
    for (Verdict verdict : Verdict.values()) {
      kills.add(
          new BacktestKill(
              run.runId(),
              "talk",
              new UUID(0, kills.size() + 1),
              verdict,
              Verdict.MISSED,
              verdict == Verdict.PREVENTED ? 5L << 30 : null,
              17,
              verdict == Verdict.PREVENTED ? 2_500L : null));
    }

    assertThat(runs.save(run, kills)).isTrue();
    assertThat(runs.save(run, kills)).isFalse();

    assertThat(runs.find(run.runId())).contains(run);
    assertThat(runs.listKills(run.runId())).isEqualTo(kills);
    assertThat(runs.find(new UUID(9, 9))).isEmpty();
  }

  @Test
  void reports_areKeptWithTheRun_andAddedToOneThatHasNone() {
    BacktestRun run = run(1, START);
    runs.save(run, List.of());
    assertThat(runs.findReport(run.runId(), "html")).isEmpty();

    assertThat(runs.save(run, List.of(), Map.of("html", "<p>\0ü</p>", "md", "# it"))).isFalse();
    runs.save(run, List.of(), Map.of("md", "# another"));

    assertThat(runs.findReport(run.runId(), "html")).contains("<p>\uFFFDü</p>");
    assertThat(runs.findReport(run.runId(), "md")).contains("# it");
    assertThat(runs.findReport(new UUID(9, 9), "md")).isEmpty();
  }

  @Test
  void runs_areListedNewestFirst() {
    BacktestRun old = run(1, START);
    BacktestRun fresh = run(2, START.plusSeconds(1));
    runs.save(old, List.of());
    runs.save(fresh, List.of());

    assertThat(runs.list(10)).containsExactly(fresh, old);
    assertThat(runs.list(1)).containsExactly(fresh);
    String old8 = old.runId().toString().substring(0, 8);
    assertThat(runs.listByIdPrefix(old8)).containsExactly(fresh, old);
    assertThat(runs.listByIdPrefix(old.runId().toString())).containsExactly(old);
    assertThat(runs.listByIdPrefix("ffffffff")).isEmpty();
  }

  @Test
  void aVerdictOfAnotherRun_isRefused_andNothingIsSaved() {
    BacktestRun run = run(1, START);
    BacktestKill stray =
        new BacktestKill(
            new UUID(7, 7), "talk", new UUID(0, 1), Verdict.MISSED, Verdict.MISSED, null, 0, null);

    assertThatThrownBy(() -> runs.save(run, List.of(stray)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(runs.find(run.runId())).isEmpty();
  }

  private static BacktestRun run(long number, Instant startedAt) {
    return new BacktestRun(
        new UUID(1, number),
        number == 1 ? BacktestRun.RUN : "sweep",
        startedAt,
        number == 1 ? null : "lab",
        "sha256:00",
        "0.1.0",
        "{\"b\" : 1,\n \"a\":1.50}",
        "{ \"kills\": [ ] }");
  }
}
