package dev.headroom.web.http;

import io.javalin.http.Context;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * Who calls.
 *
 * @param name what stands in the audit: a token's name, or {@code local} where no token is asked
 *     for
 * @param scope what the caller may do
 */
public record Caller(String name, Scope scope) {

  private static final String ATTRIBUTE = Caller.class.getName();
  private static final String STILL_GOOD = ATTRIBUTE + ".stillGood";

  /** Somebody on this machine, where no token is asked for. */
  public static final Caller LOCAL = new Caller("local", Scope.ADMIN);

  /** Somebody without a token. */
  public static final Caller NOBODY = new Caller("nobody", Scope.PUBLIC);

  /**
   * Remembers who makes this request.
   *
   * @param isStillGood whether the caller may still do what it might when it called
   */
  public void attachTo(Context context, BooleanSupplier isStillGood) {
    context.attribute(ATTRIBUTE, this);
    context.attribute(STILL_GOOD, isStillGood);
  }

  /** Whether an answer that takes long, such as a stream, may go on. */
  public static boolean isStillGood(Context context) {
    BooleanSupplier isStillGood = context.attribute(STILL_GOOD);
    return isStillGood != null && isStillGood.getAsBoolean();
  }

  /** Who makes this request. */
  public static Caller of(Context context) {
    Caller caller = context.attribute(ATTRIBUTE);
    return Objects.requireNonNullElse(caller, NOBODY);
  }
}
