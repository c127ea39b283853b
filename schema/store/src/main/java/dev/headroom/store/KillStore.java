package dev.headroom.store;

import static dev.headroom.store.jooq.Tables.OOM_KILL;

import dev.headroom.model.OomKill;
import dev.headroom.store.jooq.enums.BackendKind;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import javax.sql.DataSource;
import org.jooq.Condition;

/** Finds OOM kills. Safe for use by several threads. */
public final class KillStore {

  private static final int UUID_DIGITS = 32;

  private final DataSource dataSource;

  public KillStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * The kills whose id starts so, oldest first; at most {@code atMost}.
   *
   * @param idPrefix 1 to 32 hexadecimal digits, with or without the dashes
   * @throws IllegalArgumentException when it is anything else
   */
  public List<OomKill> listByIdPrefix(String idPrefix, int atMost) {
    String digits = idPrefix.replace("-", "").toLowerCase(Locale.ROOT);
    if (!digits.matches("[0-9a-f]{1,32}")) {
      throw new IllegalArgumentException(
          "the id of a kill starts with 1 to 32 hexadecimal digits, not \"" + idPrefix + '"');
    }
    String rest = "0".repeat(UUID_DIGITS - digits.length());
    UUID lowest = uuid(digits + rest);
    UUID highest = uuid(digits + rest.replace('0', 'f'));
    return Transaction.read(
        dataSource,
        "looking for kill " + idPrefix,
        connection ->
            Transaction.sql(connection)
                .selectFrom(OOM_KILL)
                .where(OOM_KILL.KILL_ID.between(lowest, highest))
                .orderBy(OOM_KILL.KILLED_AT, OOM_KILL.KILL_ID)
                .limit(atMost)
                .fetch(StoredRow::kill));
  }

  /** The kills that fit, newest first; at most {@code atMost}. */
  public List<OomKill> list(KillFilter filter, int atMost) {
    return Transaction.read(
        dataSource,
        "listing kills",
        connection ->
            Transaction.sql(connection)
                .selectFrom(OOM_KILL)
                .where(conditions(filter))
                .orderBy(OOM_KILL.KILLED_AT.desc(), OOM_KILL.KILL_ID)
                .limit(atMost)
                .fetch(StoredRow::kill));
  }

  private static List<Condition> conditions(KillFilter filter) {
    List<Condition> conditions = new ArrayList<>();
    if (filter.from() != null) {
      conditions.add(OOM_KILL.KILLED_AT.ge(filter.from().atOffset(ZoneOffset.UTC)));
    }
    if (filter.to() != null) {
      conditions.add(OOM_KILL.KILLED_AT.lt(filter.to().atOffset(ZoneOffset.UTC)));
    }
    if (filter.node() != null) {
      conditions.add(OOM_KILL.NODE_NAME.eq(filter.node()));
    }
    if (filter.instanceId() != null) {
      conditions.add(OOM_KILL.INSTANCE_ID.eq(filter.instanceId().value()));
    }
    if (filter.victimKind() != null) {
      conditions.add(
          OOM_KILL.VICTIM_BACKEND_KIND.eq(
              BackendKind.lookupLiteral(Labels.of(filter.victimKind()))));
    }
    return conditions;
  }

  private static UUID uuid(String digits) {
    return new UUID(
        Long.parseUnsignedLong(digits, 0, 16, 16), Long.parseUnsignedLong(digits, 16, 32, 16));
  }
}
