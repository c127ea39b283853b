package dev.headroom.web.http;

import java.util.Locale;

/** What a caller may do; each scope includes those before it. */
public enum Scope {
  /** Anybody, without a token: whether the process lives, and the pages themselves. */
  PUBLIC,
  /** Looks at everything but the texts of statements. */
  VIEWER,
  /** Also starts backtests, and moves and stops rollouts. */
  OPERATOR,
  /** Also sees who did what with which token. */
  ADMIN;

  /** Whether a caller of this scope may do what needs {@code needed}. */
  public boolean includes(Scope needed) {
    return compareTo(needed) >= 0;
  }

  /** The name in the database, in JSON and on the command line, such as {@code viewer}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads what {@link #label} writes.
   *
   * @throws IllegalArgumentException when there is no such scope
   */
  public static Scope ofLabel(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
