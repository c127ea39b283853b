package dev.headroom.store;

import static dev.headroom.store.jooq.Tables.ROLLOUT;
import static dev.headroom.store.jooq.Tables.ROLLOUT_EVENT;

import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutEvent;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.store.jooq.tables.records.RolloutEventRecord;
import dev.headroom.store.jooq.tables.records.RolloutRecord;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.JSONB;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/**
 * Keeps rollouts and their audit. Every change is written together with its audit row or not at
 * all, and names the revision it was decided on: of two at once one wins and the other learns who
 * did. Safe for use by several threads.
 */
public final class RolloutStore {

  private final DataSource dataSource;

  public RolloutStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * A rollout with what only its promotion needs to know.
   *
   * @param rollout its state
   * @param gatesJson what its steps ask for where that differs from the defaults: a JSON object
   */
  public record Kept(Rollout rollout, String gatesJson) {}

  /**
   * A rollout that is to be made.
   *
   * @param name what people call it; no other rollout has it
   * @param policyId the policy that is promoted
   * @param instanceLabels the instances it may reach: those that carry all of these labels
   * @param gatesJson what its steps ask for where that differs from the defaults: a JSON object
   */
  public record Draft(
      String name, String policyId, Map<String, String> instanceLabels, String gatesJson) {
    public Draft {
      instanceLabels = Map.copyOf(instanceLabels);
    }
  }

  /**
   * A change and what it was decided on.
   *
   * @param from the rollout as whoever decided saw it
   * @param step what is to be done to it
   */
  public record Change(Rollout from, RolloutStep step) {}

  /**
   * Makes a rollout in stage off.
   *
   * @param step who makes it and why; its stage is off
   * @return empty when there is a rollout of this name already
   * @throws DatabaseException when there is no such policy
   */
  public Optional<Rollout> create(Draft draft, RolloutStep step) {
    return Transaction.write(
        dataSource,
        "making rollout " + draft.name(),
        connection -> {
          DSLContext sql = Transaction.sql(connection);
          UUID id = UUID.randomUUID();
          OffsetDateTime at = atUtc(step.occurredAt());
          int made =
              sql.insertInto(ROLLOUT)
                  .set(ROLLOUT.ROLLOUT_ID, id)
                  .set(ROLLOUT.ROLLOUT_NAME, draft.name())
                  .set(ROLLOUT.POLICY_ID, draft.policyId())
                  .set(ROLLOUT.INSTANCE_LABELS, JSONB.jsonb(Json.ofLabels(draft.instanceLabels())))
                  .set(ROLLOUT.STAGE, stage(RolloutStage.OFF))
                  .set(ROLLOUT.CHANGED_AT, at)
                  .set(ROLLOUT.CREATED_AT, at)
                  .set(ROLLOUT.GATES, JSONB.jsonb(draft.gatesJson()))
                  .onConflict(ROLLOUT.ROLLOUT_NAME)
                  .doNothing()
                  .execute();
          if (made == 0) {
            return Optional.empty();
          }
          audit(sql, id, 0, null, null, step);
          return Optional.of(get(sql, id));
        });
  }

  /**
   * Makes a change.
   *
   * @return the rollout afterwards
   * @throws RolloutConflictException when the rollout is no longer what the change was decided on
   * @throws DatabaseException when the database refuses the change
   */
  public Rollout change(Rollout from, RolloutStep step) {
    return change(List.of(new Change(from, step))).getFirst();
  }

  /**
   * Makes several changes, all or none.
   *
   * @return the rollouts afterwards, in the same order
   * @throws RolloutConflictException when one is no longer what its change was decided on
   * @throws DatabaseException when the database refuses one of them
   */
  public List<Rollout> change(List<Change> changes) {
    return Transaction.write(
        dataSource,
        "changing rollout " + changes.getFirst().from().name(),
        connection -> {
          DSLContext sql = Transaction.sql(connection);
          return changes.stream().map(each -> change(sql, each.from(), each.step())).toList();
        });
  }

  /** The rollout of this name, if there is one. */
  public Optional<Kept> find(String name) {
    return fetch("reading rollout " + name, ROLLOUT.ROLLOUT_NAME.eq(name)).stream().findFirst();
  }

  /** The rollout of this id, if there is one. */
  public Optional<Kept> find(UUID rolloutId) {
    return fetch("reading rollout " + rolloutId, ROLLOUT.ROLLOUT_ID.eq(rolloutId)).stream()
        .findFirst();
  }

  /**
   * The rollout as somebody saw it, who is about to change it.
   *
   * @param revision that was seen
   * @return empty when there is no such rollout, or it never had this revision
   * @throws RolloutConflictException when it was changed since
   */
  public Optional<Kept> findUnchanged(UUID rolloutId, long revision) {
    Optional<Kept> kept = find(rolloutId).filter(each -> each.rollout().revision() >= revision);
    kept.map(Kept::rollout)
        .filter(now -> now.revision() > revision)
        .ifPresent(now -> {
          throw Transaction.<RolloutConflictException>read(
              dataSource,
              "reading who changed rollout " + now.name(),
              connection -> conflict(Transaction.sql(connection), now, revision));
        });
    return kept;
  }

  /** The rollouts that have not ended, newest first. */
  public List<Kept> listActive() {
    return fetch(
        "listing rollouts",
        ROLLOUT.STAGE.notIn(stage(RolloutStage.ROLLED_BACK), stage(RolloutStage.RETIRED)));
  }

  /** All rollouts, also those that have ended, newest first. */
  public List<Kept> list() {
    return fetch("listing rollouts", DSL.noCondition());
  }

  /** Everything that was done to a rollout, oldest first. */
  public List<RolloutEvent> history(UUID rolloutId) {
    return Transaction.read(
        dataSource,
        "reading the history of rollout " + rolloutId,
        connection ->
            Transaction.sql(connection)
                .selectFrom(ROLLOUT_EVENT)
                .where(ROLLOUT_EVENT.ROLLOUT_ID.eq(rolloutId))
                .orderBy(ROLLOUT_EVENT.ROLLOUT_EVENT_ID)
                .fetch(RolloutStore::event));
  }

  private List<Kept> fetch(String doing, Condition condition) {
    return Transaction.read(
        dataSource,
        doing,
        connection ->
            Transaction.sql(connection)
                .selectFrom(ROLLOUT)
                .where(condition)
                .orderBy(ROLLOUT.CREATED_AT.desc(), ROLLOUT.ROLLOUT_ID)
                .fetch(row -> new Kept(rollout(row), row.getGates().data())));
  }

  private static Rollout change(DSLContext sql, Rollout from, RolloutStep step) {
    boolean ends = step.stage().isEnd();
    boolean paused =
        switch (step.kind()) {
          case TRANSITION -> from.paused() && !ends;
          case PAUSE -> true;
          case RESUME -> false;
        };
    int changed =
        sql.update(ROLLOUT)
            .set(ROLLOUT.STAGE, stage(step.stage()))
            .set(ROLLOUT.CANARY_PERCENT, step.canaryPercent())
            .set(ROLLOUT.PAUSED, paused)
            .set(ROLLOUT.CHANGED_AT, atUtc(step.occurredAt()))
            .set(ROLLOUT.REVISION, from.revision() + 1)
            .where(ROLLOUT.ROLLOUT_ID.eq(from.rolloutId()))
            .and(ROLLOUT.REVISION.eq(from.revision()))
            .execute();
    if (changed == 0) {
      throw conflict(sql, from, from.revision());
    }
    audit(sql, from.rolloutId(), from.revision() + 1, from.stage(), from.canaryPercent(), step);
    return get(sql, from.rolloutId());
  }

  /** Who made the first change after a revision. */
  private static RolloutConflictException conflict(DSLContext sql, Rollout rollout, long revision) {
    RolloutEvent winner =
        sql.selectFrom(ROLLOUT_EVENT)
            .where(ROLLOUT_EVENT.ROLLOUT_ID.eq(rollout.rolloutId()))
            .and(ROLLOUT_EVENT.REVISION.gt(revision))
            .orderBy(ROLLOUT_EVENT.REVISION)
            .limit(1)
            .fetchOptional(RolloutStore::event)
            .orElseThrow(
                () -> new NoSuchElementException("there is no rollout " + rollout.rolloutId()));
    RolloutStep step = winner.step();
    return new RolloutConflictException(
        "%s was first: %s at %s, because: %s"
            .formatted(step.actor(), wording(rollout, step), step.occurredAt(), step.reason()),
        "; nothing was changed by you, look again with: headroom rollout show " + rollout.name(),
        winner);
  }

  private static String wording(Rollout rollout, RolloutStep step) {
    return switch (step.kind()) {
      case PAUSE -> "paused rollout " + rollout.name();
      case RESUME -> "resumed rollout " + rollout.name();
      case TRANSITION ->
          "took rollout %s to %s%s"
              .formatted(
                  rollout.name(),
                  step.stage().label(),
                  step.canaryPercent() == null ? "" : " " + step.canaryPercent() + "%");
    };
  }

  private static void audit(
      DSLContext sql,
      UUID rolloutId,
      long revision,
      @Nullable RolloutStage fromStage,
      @Nullable Integer fromPercent,
      RolloutStep step) {
    sql.insertInto(ROLLOUT_EVENT)
        .set(ROLLOUT_EVENT.ROLLOUT_ID, rolloutId)
        .set(ROLLOUT_EVENT.REVISION, revision)
        .set(ROLLOUT_EVENT.OCCURRED_AT, atUtc(step.occurredAt()))
        .set(ROLLOUT_EVENT.EVENT_KIND, Labels.of(step.kind()))
        .set(ROLLOUT_EVENT.FROM_STAGE, fromStage == null ? null : stage(fromStage))
        .set(ROLLOUT_EVENT.FROM_PERCENT, fromPercent)
        .set(ROLLOUT_EVENT.TO_STAGE, stage(step.stage()))
        .set(ROLLOUT_EVENT.TO_PERCENT, step.canaryPercent())
        .set(ROLLOUT_EVENT.ACTOR, step.actor())
        .set(ROLLOUT_EVENT.APPROVER, step.approver())
        .set(ROLLOUT_EVENT.REASON, step.reason())
        .set(ROLLOUT_EVENT.RUN_ID, step.runId())
        .set(ROLLOUT_EVENT.EVIDENCE, JSONB.jsonb(step.evidenceJson()))
        .execute();
  }

  private static Rollout get(DSLContext sql, UUID rolloutId) {
    return rollout(sql.fetchSingle(ROLLOUT, ROLLOUT.ROLLOUT_ID.eq(rolloutId)));
  }

  private static Rollout rollout(RolloutRecord row) {
    return new Rollout(
        row.getRolloutId(),
        row.getRolloutName(),
        row.getPolicyId(),
        Json.labels(row.getInstanceLabels().data()),
        RolloutStage.ofLabel(row.getStage().getLiteral()),
        row.getCanaryPercent(),
        row.getPaused(),
        row.getCreatedAt().toInstant(),
        row.getChangedAt().toInstant(),
        row.getRevision());
  }

  private static RolloutEvent event(RolloutEventRecord row) {
    return new RolloutEvent(
        row.getRolloutId(),
        row.getRevision(),
        row.getFromStage() == null ? null : RolloutStage.ofLabel(row.getFromStage().getLiteral()),
        row.getFromPercent(),
        new RolloutStep(
            Labels.get(RolloutStep.Kind.class, row.getEventKind()),
            RolloutStage.ofLabel(row.getToStage().getLiteral()),
            row.getToPercent(),
            row.getActor(),
            row.getApprover(),
            row.getReason(),
            row.getRunId(),
            row.getEvidence().data(),
            row.getOccurredAt().toInstant()),
        row.getDatabaseUser());
  }

  private static dev.headroom.store.jooq.enums.RolloutStage stage(RolloutStage stage) {
    return dev.headroom.store.jooq.enums.RolloutStage.lookupLiteral(stage.label());
  }

  private static OffsetDateTime atUtc(Instant moment) {
    return moment.atOffset(ZoneOffset.UTC);
  }
}
