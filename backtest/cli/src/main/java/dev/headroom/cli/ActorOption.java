package dev.headroom.cli;

import dev.headroom.promotion.Promotion.By;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that says who acts; the audit keeps it, beside who the database knows. */
public final class ActorOption {

  @Option(
      names = "--actor",
      paramLabel = "NAME",
      description = "Who does this, for the audit. Default: the user who runs the command.")
  private @Nullable String actor;

  public String name() {
    return actor == null ? System.getProperty("user.name", "unknown") : actor;
  }

  By by(@Nullable String approver, String reason) {
    return new By(name(), approver, reason);
  }
}
