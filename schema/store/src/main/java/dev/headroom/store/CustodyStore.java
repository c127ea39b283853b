package dev.headroom.store;

import static dev.headroom.store.jooq.Tables.CUSTODY;

import dev.headroom.model.InstanceId;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.store.jooq.tables.records.CustodyRecord;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Follows what guards did back to what it was decided on. Safe for use by several threads. */
public final class CustodyStore {

  private static final String BLOCK = "block";

  private final DataSource dataSource;

  public CustodyStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * The chain from one event of a guard to the recording behind it. A link that is not there is
   * absent, and so is everything behind it.
   *
   * @param occurredAt when the guard did it
   * @param instanceId whose process
   * @param pid of that process, as the node sees it
   * @param limitBytes as the guard had it
   * @param decidedAt the decision in force
   * @param decidedBytes the limit that was decided
   * @param policyId the version of the policy
   * @param formulaText its formula as written
   * @param rolloutName the rollout that brought it there
   * @param stage the step it stood at
   * @param canaryPercent the share under canary at that step
   * @param stepAt when that step was made
   * @param actor who made it
   * @param approver who last answered for a step that its gates did not open
   * @param runId the backtest run that was the evidence
   * @param recordingName what was replayed
   * @param recordingHash the content hash of that
   */
  public record Chain(
      Instant occurredAt,
      InstanceId instanceId,
      long pid,
      @Nullable Long limitBytes,
      @Nullable Instant decidedAt,
      @Nullable Long decidedBytes,
      String policyId,
      String formulaText,
      @Nullable String rolloutName,
      @Nullable RolloutStage stage,
      @Nullable Integer canaryPercent,
      @Nullable Instant stepAt,
      @Nullable String actor,
      @Nullable String approver,
      @Nullable UUID runId,
      @Nullable String recordingName,
      @Nullable String recordingHash) {}

  /**
   * A rollout's last block in a stretch of time, if there was one.
   *
   * @param from a block of this moment or later
   */
  public Optional<Chain> findLastBlock(UUID rolloutId, Instant from) {
    return Transaction.read(
        dataSource,
        "following a block of rollout " + rolloutId,
        connection ->
            Transaction.sql(connection)
                .selectFrom(CUSTODY)
                .where(CUSTODY.ROLLOUT_ID.eq(rolloutId))
                .and(CUSTODY.GUARD_EVENT_KIND.cast(String.class).eq(BLOCK))
                .and(CUSTODY.OCCURRED_AT.ge(from.atOffset(java.time.ZoneOffset.UTC)))
                .orderBy(CUSTODY.OCCURRED_AT.desc())
                .limit(1)
                .fetchOptional(CustodyStore::chain));
  }

  private static Chain chain(CustodyRecord row) {
    return new Chain(
        row.getOccurredAt().toInstant(),
        new InstanceId(row.getInstanceId()),
        row.getPid(),
        row.getLimitBytes(),
        instant(row.getDecidedAt()),
        row.getDecidedBytes(),
        row.getPolicyId(),
        row.getFormulaText(),
        row.getRolloutName(),
        row.getStepStage() == null ? null : RolloutStage.ofLabel(row.getStepStage().getLiteral()),
        row.getStepPercent(),
        instant(row.getStepAt()),
        row.getStepActor(),
        row.getApprover(),
        row.getRunId(),
        row.getRecordingName(),
        row.getRecordingHash());
  }

  private static @Nullable Instant instant(@Nullable OffsetDateTime moment) {
    return moment == null ? null : moment.toInstant();
  }
}
