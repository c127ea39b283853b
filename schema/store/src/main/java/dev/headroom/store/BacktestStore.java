package dev.headroom.store;

import static dev.headroom.store.jooq.Tables.BACKTEST_KILL;
import static dev.headroom.store.jooq.Tables.BACKTEST_REPORT;
import static dev.headroom.store.jooq.Tables.BACKTEST_RUN;

import dev.headroom.model.BacktestKill;
import dev.headroom.model.BacktestRun;
import dev.headroom.store.jooq.enums.Verdict;
import java.sql.Connection;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.JSON;

/** Keeps what replays said. Safe for use by several threads. */
public final class BacktestStore {

  private final DataSource dataSource;

  public BacktestStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** Saves a run of which there are no reports. */
  public boolean save(BacktestRun run, List<BacktestKill> kills) {
    return save(run, kills, Map.of());
  }

  /**
   * Saves a run with its verdicts and reports, as a whole. Saving the same run again adds the
   * reports that are not there and changes nothing else.
   *
   * @param kills all of this run
   * @param reports by format, which is what a file with such a report ends in
   * @return whether the run was new
   * @throws IllegalArgumentException when a verdict belongs to another run
   */
  public boolean save(BacktestRun run, List<BacktestKill> kills, Map<String, String> reports) {
    for (BacktestKill kill : kills) {
      if (!kill.runId().equals(run.runId())) {
        throw new IllegalArgumentException(
            "the verdict on kill "
                + kill.killId()
                + " belongs to run "
                + kill.runId()
                + ", not to "
                + run.runId());
      }
    }
    return Transaction.write(
        dataSource,
        "saving run " + run.runId(),
        connection -> {
          boolean isNew = insert(connection, run, kills);
          insertReports(connection, run.runId(), reports);
          return isNew;
        });
  }

  /** The run of this id, if there is one. */
  public Optional<BacktestRun> find(UUID runId) {
    return Transaction.read(
        dataSource,
        "reading run " + runId,
        connection ->
            Transaction.sql(connection)
                .selectFrom(BACKTEST_RUN)
                .where(BACKTEST_RUN.RUN_ID.eq(runId))
                .fetchOptional(StoredRow::backtestRun));
  }

  /**
   * The runs whose ids start with these characters, newest first.
   *
   * @param idPrefix of hexadecimal digits and dashes, in lower case
   */
  public List<BacktestRun> listByIdPrefix(String idPrefix) {
    return Transaction.read(
        dataSource,
        "reading run " + idPrefix,
        connection ->
            Transaction.sql(connection)
                .selectFrom(BACKTEST_RUN)
                .where(BACKTEST_RUN.RUN_ID.cast(String.class).startsWith(idPrefix))
                .orderBy(BACKTEST_RUN.STARTED_AT.desc(), BACKTEST_RUN.RUN_ID)
                .fetch(StoredRow::backtestRun));
  }

  /** The latest runs, newest first. */
  public List<BacktestRun> list(int atMost) {
    return Transaction.read(
        dataSource,
        "listing runs",
        connection ->
            Transaction.sql(connection)
                .selectFrom(BACKTEST_RUN)
                .orderBy(BACKTEST_RUN.STARTED_AT.desc(), BACKTEST_RUN.RUN_ID)
                .limit(atMost)
                .fetch(StoredRow::backtestRun));
  }

  /**
   * A report of a run.
   *
   * @param format what a file with it ends in
   * @return nothing when none was kept in this format, or there is no such run
   */
  public Optional<String> findReport(UUID runId, String format) {
    return Transaction.read(
        dataSource,
        "reading the report of run " + runId,
        connection ->
            Transaction.sql(connection)
                .select(BACKTEST_REPORT.CONTENT)
                .from(BACKTEST_REPORT)
                .where(BACKTEST_REPORT.RUN_ID.eq(runId))
                .and(BACKTEST_REPORT.FORMAT.eq(format))
                .fetchOptional(BACKTEST_REPORT.CONTENT));
  }

  /** The verdicts of a run, by policy and kill. */
  public List<BacktestKill> listKills(UUID runId) {
    return Transaction.read(
        dataSource,
        "reading the verdicts of run " + runId,
        connection ->
            Transaction.sql(connection)
                .selectFrom(BACKTEST_KILL)
                .where(BACKTEST_KILL.RUN_ID.eq(runId))
                .orderBy(BACKTEST_KILL.POLICY_NAME, BACKTEST_KILL.KILL_ID)
                .fetch(StoredRow::backtestKill));
  }

  private static boolean insert(Connection connection, BacktestRun run, List<BacktestKill> kills) {
    DSLContext sql = Transaction.sql(connection);
    int inserted =
        sql.insertInto(BACKTEST_RUN)
            .set(BACKTEST_RUN.RUN_ID, run.runId())
            .set(BACKTEST_RUN.KIND, run.kind())
            .set(BACKTEST_RUN.STARTED_AT, run.startedAt().atOffset(ZoneOffset.UTC))
            .set(BACKTEST_RUN.RECORDING_NAME, run.recordingName())
            .set(BACKTEST_RUN.RECORDING_HASH, run.recordingHash())
            .set(BACKTEST_RUN.ENGINE_VERSION, run.engineVersion())
            .set(BACKTEST_RUN.MANIFEST, JSON.json(run.manifestJson()))
            .set(BACKTEST_RUN.RESULT, JSON.json(run.resultJson()))
            .onConflictDoNothing()
            .execute();
    if (inserted == 0) {
      return false;
    }
    sql.batchInsert(
            kills.stream()
                .map(kill ->
                    sql.newRecord(BACKTEST_KILL)
                        .with(BACKTEST_KILL.RUN_ID, kill.runId())
                        .with(BACKTEST_KILL.POLICY_NAME, kill.policyName())
                        .with(BACKTEST_KILL.KILL_ID, kill.killId())
                        .with(BACKTEST_KILL.VERDICT, verdict(kill.verdict()))
                        .with(BACKTEST_KILL.PESSIMISTIC_VERDICT, verdict(kill.pessimisticVerdict()))
                        .with(BACKTEST_KILL.LIMIT_BYTES, kill.limitBytes())
                        .with(BACKTEST_KILL.RELIEF_BYTES, kill.reliefBytes())
                        .with(BACKTEST_KILL.LEAD_MS, kill.leadMs()))
                .toList())
        .execute();
    return true;
  }

  private static void insertReports(
      Connection connection, UUID runId, Map<String, String> reports) {
    DSLContext sql = Transaction.sql(connection);
    reports.forEach((format, content) ->
        sql.insertInto(BACKTEST_REPORT)
            .set(BACKTEST_REPORT.RUN_ID, runId)
            .set(BACKTEST_REPORT.FORMAT, format)
            // Text in Postgres holds everything but this one character, which a recording from a
            // file may have.
            .set(BACKTEST_REPORT.CONTENT, content.replace('\0', '\uFFFD'))
            .onConflictDoNothing()
            .execute());
  }

  private static Verdict verdict(dev.headroom.model.Verdict verdict) {
    return Verdict.lookupLiteral(Labels.of(verdict));
  }
}
