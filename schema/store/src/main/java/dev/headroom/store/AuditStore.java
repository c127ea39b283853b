package dev.headroom.store;

import static dev.headroom.store.jooq.Tables.API_AUDIT;

import java.time.Instant;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Keeps what the web process was asked to change. Safe for use by several threads. */
public final class AuditStore {

  private final DataSource dataSource;

  public AuditStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Somebody asked for a change.
   *
   * @param actor the token's name
   * @param scope what the caller might do
   * @param address where the request came from
   * @param status the answer's; below 400 it was done
   * @param detail what was asked for; absent when there was no body
   */
  public record Entry(
      Instant occurredAt,
      String actor,
      String scope,
      String address,
      String method,
      String path,
      int status,
      @Nullable String detail) {}

  /** Adds an entry; its time is the database's. */
  public void add(
      String actor,
      String scope,
      String address,
      String method,
      String path,
      int status,
      @Nullable String detail) {
    Transaction.write(
        dataSource,
        "noting who asked for a change",
        connection ->
            Transaction.sql(connection)
                .insertInto(API_AUDIT)
                .set(API_AUDIT.ACTOR, actor)
                .set(API_AUDIT.ACTOR_SCOPE, scope)
                .set(API_AUDIT.ADDRESS, address)
                .set(API_AUDIT.METHOD, method)
                .set(API_AUDIT.PATH, path)
                .set(API_AUDIT.STATUS, status)
                .set(API_AUDIT.DETAIL, detail)
                .execute());
  }

  /** The latest entries, newest first. */
  public List<Entry> list(int atMost) {
    return Transaction.read(
        dataSource,
        "listing who asked for changes",
        connection ->
            Transaction.sql(connection)
                .selectFrom(API_AUDIT)
                .orderBy(API_AUDIT.API_AUDIT_ID.desc())
                .limit(atMost)
                .fetch(row ->
                    new Entry(
                        row.getOccurredAt().toInstant(),
                        row.getActor(),
                        row.getActorScope(),
                        row.getAddress(),
                        row.getMethod(),
                        row.getPath(),
                        row.getStatus(),
                        row.getDetail())));
  }
}
