package dev.headroom.load;

import dev.headroom.store.Database;
import dev.headroom.store.TokenStore;
import dev.headroom.web.token.TokenSecret;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A token for each user, so that each has a rate limit of its own, as people have. They open every
 * operation that is asked for, and nothing once this is closed.
 */
final class UserTokens implements AutoCloseable {

  /** In case that nobody gets to revoke them. */
  private static final Duration GOOD_FOR = Duration.ofDays(1);

  private final TokenStore store;
  private final List<String> names = new ArrayList<>();
  private final List<String> secrets = new ArrayList<>();

  private UserTokens(TokenStore store) {
    this.store = store;
  }

  static UserTokens make(Database database, int count) {
    UserTokens tokens = new UserTokens(new TokenStore(database.dataSource()));
    String run = UUID.randomUUID().toString();
    for (int i = 0; i < count; i++) {
      String secret = TokenSecret.make();
      String name = "load-" + run + "-" + i;
      tokens.store.create(TokenSecret.sha256(secret), name, "admin", Instant.now().plus(GOOD_FOR));
      tokens.names.add(name);
      tokens.secrets.add(secret);
    }
    return tokens;
  }

  List<String> secrets() {
    return List.copyOf(secrets);
  }

  @Override
  public void close() {
    names.forEach(store::revoke);
  }
}
