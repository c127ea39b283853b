package dev.headroom.store;

import static dev.headroom.store.jooq.Tables.API_TOKEN;

import dev.headroom.store.jooq.tables.records.ApiTokenRecord;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Keeps who may talk to the web process; of a token only its hash. Safe for several threads. */
public final class TokenStore {

  private final DataSource dataSource;

  public TokenStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * A token, without what is secret about it.
   *
   * @param tokenId names it in lists
   * @param name what people call it
   * @param scope {@code viewer}, {@code operator} or {@code admin}
   * @param createdAt when it was made
   * @param expiresAt the first moment it is no longer good; absent for never
   * @param revokedAt when it was taken back; absent while it is good
   */
  public record Token(
      UUID tokenId,
      String name,
      String scope,
      Instant createdAt,
      @Nullable Instant expiresAt,
      @Nullable Instant revokedAt) {

    /** Whether it opens anything at this moment. */
    public boolean isGood(Instant now) {
      return revokedAt == null && (expiresAt == null || now.isBefore(expiresAt));
    }
  }

  /**
   * Keeps a new token.
   *
   * @param sha256 of the token
   * @param expiresAt absent for never
   */
  public Token create(byte[] sha256, String name, String scope, @Nullable Instant expiresAt) {
    return Transaction.write(
        dataSource,
        "keeping token " + name,
        connection ->
            token(
                Transaction.sql(connection)
                    .insertInto(API_TOKEN)
                    .set(API_TOKEN.TOKEN_SHA256, sha256)
                    .set(API_TOKEN.TOKEN_NAME, name)
                    .set(API_TOKEN.TOKEN_SCOPE, scope)
                    .set(
                        API_TOKEN.EXPIRES_AT,
                        expiresAt == null ? null : expiresAt.atOffset(ZoneOffset.UTC))
                    .returning()
                    .fetchSingle()));
  }

  /** The token of this hash, good or not. */
  public Optional<Token> find(byte[] sha256) {
    return Transaction.read(
        dataSource,
        "looking for a token",
        connection ->
            Transaction.sql(connection)
                .selectFrom(API_TOKEN)
                .where(API_TOKEN.TOKEN_SHA256.eq(sha256))
                .fetchOptional(TokenStore::token));
  }

  /** All tokens, newest first. */
  public List<Token> list() {
    return Transaction.read(
        dataSource,
        "listing tokens",
        connection ->
            Transaction.sql(connection)
                .selectFrom(API_TOKEN)
                .orderBy(API_TOKEN.CREATED_AT.desc(), API_TOKEN.TOKEN_ID)
                .fetch(TokenStore::token));
  }

  /**
   * Takes back every good token of this name or id.
   *
   * @return how many there were
   */
  public int revoke(String nameOrId) {
    return Transaction.write(
        dataSource,
        "revoking token " + nameOrId,
        connection ->
            Transaction.sql(connection)
                .update(API_TOKEN)
                .set(API_TOKEN.REVOKED_AT, OffsetDateTime.now(ZoneOffset.UTC))
                .where(API_TOKEN.REVOKED_AT.isNull())
                .and(
                    API_TOKEN
                        .TOKEN_NAME
                        .eq(nameOrId)
                        .or(API_TOKEN.TOKEN_ID.cast(String.class).eq(nameOrId)))
                .execute());
  }

  private static Token token(ApiTokenRecord row) {
    OffsetDateTime expiresAt = row.getExpiresAt();
    OffsetDateTime revokedAt = row.getRevokedAt();
    return new Token(
        row.getTokenId(),
        row.getTokenName(),
        row.getTokenScope(),
        row.getCreatedAt().toInstant(),
        expiresAt == null ? null : expiresAt.toInstant(),
        revokedAt == null ? null : revokedAt.toInstant());
  }
}
