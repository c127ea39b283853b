package dev.headroom.collector.sampling;

import dev.headroom.collector.postgres.Statement;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the statements of one process from what is seen of them at samples.
 *
 * <p>A statement is a new one when the process was idle before, or when the server gives another
 * start of it; where the server's start cannot be made out, when its text or the place of its text
 * is another. A statement that begins and ends between two samples gets no number. Without the
 * server's start, the same text run again at once and at the same place counts as one statement.
 *
 * @param number of the latest statement, from 1; 0 before the first
 * @param running the statement seen at the latest sample; absent when the process was idle
 */
record StatementCounter(long number, @Nullable Statement running) {

  static final StatementCounter NONE = new StatementCounter(0, null);

  /** The counter after a sample that saw this. */
  StatementCounter observe(Optional<Statement> seen) {
    if (seen.isEmpty()) {
      return new StatementCounter(number, null);
    }
    boolean same = running != null && isSame(running, seen.get());
    return new StatementCounter(same ? number : number + 1, seen.get());
  }

  /** The number of the running statement; absent when the process is idle. */
  @Nullable Long current() {
    return running == null ? null : number;
  }

  private static boolean isSame(Statement one, Statement other) {
    if (one.startedAtUs() != null && other.startedAtUs() != null) {
      return Objects.equals(one.startedAtUs(), other.startedAtUs());
    }
    return one.textAddress() == other.textAddress() && one.text().equals(other.text());
  }
}
