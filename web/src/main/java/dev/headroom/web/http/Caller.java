package dev.headroom.web.http;

import io.javalin.http.Context;
import java.util.Objects;

/**
 * Who calls.
 *
 * @param name what stands in the audit: a token's name, or {@code local} where no token is asked
 *     for
 * @param scope what the caller may do
 */
public record Caller(String name, Scope scope) {

  private static final String ATTRIBUTE = Caller.class.getName();

  /** Somebody on this machine, where no token is asked for. */
  public static final Caller LOCAL = new Caller("local", Scope.ADMIN);

  /** Somebody without a token. */
  public static final Caller NOBODY = new Caller("nobody", Scope.PUBLIC);

  /** Remembers who makes this request. */
  public void attachTo(Context context) {
    context.attribute(ATTRIBUTE, this);
  }

  /** Who makes this request. */
  public static Caller of(Context context) {
    Caller caller = context.attribute(ATTRIBUTE);
    return Objects.requireNonNullElse(caller, NOBODY);
  }
}
