package dev.headroom.store;

import static dev.headroom.store.jooq.Tables.POLICY;

import dev.headroom.model.Policy;
import dev.headroom.model.rollout.PolicyVersion;
import dev.headroom.store.jooq.enums.PolicyTrigger;
import dev.headroom.store.jooq.tables.records.PolicyRecord;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.impl.DSL;

/**
 * Keeps policies: immutable, each version known for ever by its id. Safe for use by several
 * threads.
 */
public final class PolicyStore {

  /** What a guard can hold. */
  private static final int LONGEST_ID_BYTES = 63;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]*");

  private final DataSource dataSource;

  public PolicyStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Gives a policy its version. The same policy under the same name has the same one, however often
   * it is registered and by whomever.
   *
   * @param registeredBy who
   * @throws IllegalArgumentException when the name is not made of letters, digits, {@code . _ + -},
   *     or is too long for a guard
   */
  public PolicyVersion register(Policy policy, String registeredBy) {
    if (!NAME.matcher(policy.name()).matches()) {
      throw new IllegalArgumentException(
          "the name of a policy is made of letters, digits and . _ + -, and starts with a letter or"
              + " a digit; '"
              + policy.name()
              + "' is not");
    }
    return Transaction.write(
        dataSource,
        "registering policy " + policy.name(),
        connection -> register(connection, policy, registeredBy));
  }

  /** The policy of this id, if there is one. */
  public Optional<PolicyVersion> find(String policyId) {
    return Transaction.read(
        dataSource,
        "reading policy " + policyId,
        connection ->
            Transaction.sql(connection)
                .selectFrom(POLICY)
                .where(POLICY.POLICY_ID.eq(policyId))
                .fetchOptional(PolicyStore::policyVersion));
  }

  /** All versions of all policies, by name, newest version first. */
  public List<PolicyVersion> list() {
    return Transaction.read(
        dataSource,
        "listing policies",
        connection ->
            Transaction.sql(connection)
                .selectFrom(POLICY)
                .orderBy(POLICY.POLICY_NAME, POLICY.VERSION.desc())
                .fetch(PolicyStore::policyVersion));
  }

  private static PolicyVersion register(Connection connection, Policy policy, String registeredBy) {
    DSLContext sql = Transaction.sql(connection);
    // Two who register versions of one name at once would both count to the same number.
    sql.select(
            DSL.field(
                "pg_advisory_xact_lock(hashtextextended({0}, 0))",
                DSL.val("headroom.policy." + policy.name())))
        .fetch();
    Optional<PolicyVersion> known =
        sql.selectFrom(POLICY)
            .where(POLICY.POLICY_NAME.eq(policy.name()))
            .and(POLICY.FORMULA_TEXT.eq(policy.formulaText()))
            .and(POLICY.DECIDES_ON.eq(trigger(policy)))
            .and(POLICY.CADENCE_MS.eq(policy.cadence().toMillis()))
            .and(POLICY.LAG_MS.eq(policy.lag().toMillis()))
            .and(POLICY.MINIMUM_BYTES.isNotDistinctFrom(policy.minimumBytes()))
            .and(POLICY.MAXIMUM_BYTES.isNotDistinctFrom(policy.maximumBytes()))
            .fetchOptional(PolicyStore::policyVersion);
    if (known.isPresent()) {
      return known.get();
    }
    Integer newest =
        sql.select(DSL.max(POLICY.VERSION))
            .from(POLICY)
            .where(POLICY.POLICY_NAME.eq(policy.name()))
            .fetchOne(DSL.max(POLICY.VERSION));
    int version = newest == null ? 1 : newest + 1;
    String policyId = policy.name() + '@' + version;
    if (policyId.getBytes(StandardCharsets.UTF_8).length > LONGEST_ID_BYTES) {
      throw new IllegalArgumentException(
          "'%s' has more than the %d bytes a guard can hold; choose a shorter name"
              .formatted(policyId, LONGEST_ID_BYTES));
    }
    sql.insertInto(POLICY)
        .set(POLICY.POLICY_ID, policyId)
        .set(POLICY.POLICY_NAME, policy.name())
        .set(POLICY.VERSION, version)
        .set(POLICY.FORMULA_TEXT, policy.formulaText())
        .set(POLICY.DECIDES_ON, trigger(policy))
        .set(POLICY.CADENCE_MS, policy.cadence().toMillis())
        .set(POLICY.LAG_MS, policy.lag().toMillis())
        .set(POLICY.MINIMUM_BYTES, policy.minimumBytes())
        .set(POLICY.MAXIMUM_BYTES, policy.maximumBytes())
        .set(POLICY.CREATED_BY, registeredBy)
        .execute();
    return new PolicyVersion(policyId, version, policy);
  }

  private static PolicyTrigger trigger(Policy policy) {
    return PolicyTrigger.valueOf(Labels.of(policy.decidesOn()));
  }

  private static PolicyVersion policyVersion(PolicyRecord row) {
    return new PolicyVersion(
        row.getPolicyId(),
        row.getVersion(),
        new Policy(
            row.getPolicyName(),
            row.getFormulaText(),
            Labels.get(Policy.Trigger.class, row.getDecidesOn().getLiteral()),
            Duration.ofMillis(row.getCadenceMs()),
            Duration.ofMillis(row.getLagMs()),
            row.getMinimumBytes(),
            row.getMaximumBytes()));
  }
}
