package dev.headroom.model;

import org.jspecify.annotations.Nullable;

/**
 * A process in an OOM kill, victim or invoker, as it was before the kill.
 *
 * @param hostPid as the node sees it
 * @param namespacePid in its own pid namespace, when known
 * @param comm the kernel's 15-byte name
 * @param title the command line, which Postgres uses as its process title; absent when nobody read
 *     it in time
 * @param kind what the process was for
 * @param database connected to, when known
 * @param user connected as, when known
 * @param queryId Postgres's own query identifier, where the guard supplied it
 * @param queryFingerprint a hash of the statement without its literals, when the text could be
 *     read; of an idle session the statement it ran last
 * @param queryText that statement, only where the collector was told to keep it
 */
public record OomProcess(
    int hostPid,
    @Nullable Integer namespacePid,
    String comm,
    @Nullable String title,
    BackendKind kind,
    @Nullable String database,
    @Nullable String user,
    @Nullable Long queryId,
    @Nullable Long queryFingerprint,
    @Nullable String queryText) {

  /** A process of which only is known what every source tells. */
  public static OomProcess of(int hostPid, String comm, BackendKind kind) {
    return new OomProcess(hostPid, null, comm, null, kind, null, null, null, null, null);
  }

  /** The same process with Postgres's identifier of its statement. */
  public OomProcess withQueryId(long queryId) {
    return new OomProcess(
        hostPid,
        namespacePid,
        comm,
        title,
        kind,
        database,
        user,
        queryId,
        queryFingerprint,
        queryText);
  }
}
