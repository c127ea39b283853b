package dev.headroom.model;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a process of an instance is for.
 *
 * <p>Descriptions are Postgres's own ({@code GetBackendTypeDesc} in miscinit.c, stable across
 * majors while the ordinals are not), except for four that Postgres does not name: the parallel
 * worker, which Postgres files under background worker; the postmaster; a process that is no
 * Postgres process; and one that nobody could name.
 */
public enum BackendKind {
  CLIENT_BACKEND("client backend", true),
  PARALLEL_WORKER("parallel worker", true),
  AUTOVACUUM_LAUNCHER("autovacuum launcher", false),
  AUTOVACUUM_WORKER("autovacuum worker", false),
  BACKGROUND_WORKER("background worker", false),
  BACKGROUND_WRITER("background writer", false),
  CHECKPOINTER("checkpointer", false),
  STARTUP("startup", false),
  WAL_SENDER("walsender", false),
  WAL_RECEIVER("walreceiver", false),
  WAL_WRITER("walwriter", false),
  WAL_SUMMARIZER("walsummarizer", false),
  ARCHIVER("archiver", false),
  LOGGER("logger", false),
  SLOTSYNC_WORKER("slotsync worker", false),
  LOGICAL_LAUNCHER("logical replication launcher", false),
  LOGICAL_WORKER("logical replication worker", false),
  IO_WORKER("io worker", false),
  STANDALONE_BACKEND("standalone backend", false),
  POSTMASTER("postmaster", false),
  OTHER("not postgres", false),
  UNKNOWN("unknown", false);

  private static final Map<String, BackendKind> BY_DESCRIPTION =
      Arrays.stream(values())
          .collect(Collectors.toUnmodifiableMap(BackendKind::description, kind -> kind));

  private final String description;
  private final boolean blockable;

  BackendKind(String description, boolean blockable) {
    this.description = description;
    this.blockable = blockable;
  }

  /** The kind's name in SQL, JSON and Postgres's own views, such as {@code client backend}. */
  public String description() {
    return description;
  }

  /**
   * Whether a guard may refuse an allocation of such a process: only those that survive it with a
   * clean ERROR.
   */
  public boolean blockable() {
    return blockable;
  }

  /** The kind with exactly this description, if there is one. */
  public static Optional<BackendKind> find(String description) {
    return Optional.ofNullable(BY_DESCRIPTION.get(description));
  }
}
