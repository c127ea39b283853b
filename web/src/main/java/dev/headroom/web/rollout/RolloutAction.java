package dev.headroom.web.rollout;

import dev.headroom.promotion.Outlook.Choice;
import dev.headroom.promotion.Promotion;
import dev.headroom.promotion.Promotion.By;
import dev.headroom.promotion.Promotion.Done;
import dev.headroom.store.RolloutStore.Kept;
import dev.headroom.web.http.Scope;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What can be done to a rollout over HTTP, and by whom. */
enum RolloutAction {
  ADVANCE(Choice.ADVANCE, Scope.OPERATOR),
  /** Leaves gates out, so it is for those who may answer for that. */
  APPROVE(Choice.APPROVE, Scope.ADMIN),
  PAUSE(Choice.PAUSE, Scope.OPERATOR),
  RESUME(Choice.RESUME, Scope.OPERATOR),
  ROLLBACK(Choice.ROLLBACK, Scope.OPERATOR),
  RETIRE(Choice.RETIRE, Scope.OPERATOR);

  private final Choice choice;
  private final Scope scope;

  RolloutAction(Choice choice, Scope scope) {
    this.choice = choice;
    this.scope = scope;
  }

  Choice choice() {
    return choice;
  }

  /** What a caller needs. */
  Scope scope() {
    return scope;
  }

  /** The name in paths and in JSON, such as {@code rollback}. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Does it to a rollout as it was seen.
   *
   * @param caller by name; who approves also answers for it
   * @param to where an approval takes it; absent for the next step
   */
  Done apply(Promotion promotion, Kept seen, String caller, String reason, @Nullable String to) {
    By by = new By(caller, this == APPROVE ? caller : null, reason);
    return switch (this) {
      case ADVANCE -> promotion.advance(seen, by);
      case APPROVE -> promotion.approve(seen, to, by);
      case PAUSE -> promotion.pause(seen, by);
      case RESUME -> promotion.resume(seen, by);
      case ROLLBACK -> promotion.rollBack(seen, by);
      case RETIRE -> promotion.retire(seen, by);
    };
  }
}
