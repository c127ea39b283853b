package dev.headroom.web.token;

import dev.headroom.store.DatabaseException;
import dev.headroom.store.TokenStore;
import dev.headroom.store.TokenStore.Token;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Caller;
import dev.headroom.web.http.Scope;
import io.javalin.http.Context;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells by a request's token who calls. What the database said is believed for a few seconds, so a
 * token that is revoked opens nothing from then on. Safe for use by several threads.
 */
public final class Callers {

  private static final Duration BELIEVED = Duration.ofSeconds(5);
  private static final int MOST_REMEMBERED = 1_000;
  private static final int MOST_CHARACTERS = 200;
  private static final String BEARER = "Bearer ";

  private final TokenStore store;
  private final InstantSource clock;
  private final Map<String, Remembered> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Remembered> eldest) {
          return size() > MOST_REMEMBERED;
        }
      };

  private record Remembered(Optional<Token> token, Instant at) {}

  public Callers(TokenStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * Who makes this request; somebody without a token may do what everybody may.
   *
   * @param beforeAsking called before the database is asked, so that guessing tokens can be limited
   * @throws ApiException when there is a token and it is not good
   */
  public Caller identify(Context context, Runnable beforeAsking) {
    String secret = secret(context);
    if (secret == null) {
      return Caller.NOBODY;
    }
    Token token =
        find(secret, beforeAsking)
            .filter(found -> found.isGood(clock.instant()))
            .orElseThrow(() -> ApiException.unauthorized("this token is not good (any more)"));
    return new Caller(token.name(), Scope.ofLabel(token.scope()));
  }

  /** Whether what {@link #identify} said holds still: tokens end and are taken back. */
  public boolean isStillGood(Context context) {
    String secret = secret(context);
    try {
      return secret == null
          || find(secret, () -> {}).filter(token -> token.isGood(clock.instant())).isPresent();
    } catch (DatabaseException e) {
      // Nobody can say; without the database nothing can be taken back either.
      return true;
    }
  }

  private static @Nullable String secret(Context context) {
    String authorization = context.header("Authorization");
    String secret =
        authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
            ? authorization.substring(BEARER.length()).strip()
            : context.header("X-API-Key");
    if (secret != null && secret.length() > MOST_CHARACTERS) {
      throw ApiException.unauthorized("this is no token");
    }
    return secret;
  }

  private Optional<Token> find(String secret, Runnable beforeAsking) {
    byte[] sha256 = TokenSecret.sha256(secret);
    String key = HexFormat.of().formatHex(sha256);
    synchronized (remembered) {
      Remembered known = remembered.get(key);
      if (known != null && clock.instant().isBefore(known.at().plus(BELIEVED))) {
        return known.token();
      }
    }
    beforeAsking.run();
    Optional<Token> token = store.find(sha256);
    synchronized (remembered) {
      remembered.put(key, new Remembered(token, clock.instant()));
    }
    return token;
  }
}
