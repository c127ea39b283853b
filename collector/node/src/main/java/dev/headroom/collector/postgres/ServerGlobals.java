package dev.headroom.collector.postgres;

import dev.headroom.collector.proc.ProcFs;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The globals that one running server exports for its extensions, read from its memory: facts
 * without a SQL connection. Children have the postmaster's addresses, because Postgres forks
 * without executing.
 *
 * <p>A symbol that the program does not export leaves its facts absent.
 */
public final class ServerGlobals {

  /** {@code BLCKSZ}: 8 KiB unless the server was compiled otherwise, which none packaged is. */
  private static final long BLOCK_BYTES = 8192;

  private static final int CLUSTER_NAME_BYTES = 64;

  /**
   * {@code PgBackendStatus} in versions 13 to 18 (backend_status.h, pgstat.h before 14) as far as
   * the pointer to the text of its activity. It is believed only when the pid is right and the
   * times follow each other.
   */
  private static final int STATUS_BYTES = 256;

  private static final int STATUS_PID = 4;
  private static final int STATUS_PROCESS_START = 16;
  private static final int STATUS_ACTIVITY_START = 32;
  private static final int STATUS_ACTIVITY_TEXT = 248;

  private final ProcFs proc;
  private final int postmasterPid;
  private final OptionalLong bufferCount;
  private final OptionalLong maxConnections;
  private final OptionalLong reloadTime;
  private final OptionalLong clusterName;
  private final OptionalLong queryString;
  private final OptionalLong statusEntry;

  private ServerGlobals(ProcFs proc, int postmasterPid, ElfSymbols symbols) throws IOException {
    this.proc = proc;
    this.postmasterPid = postmasterPid;
    this.bufferCount = address(symbols, "NBuffers");
    this.maxConnections = address(symbols, "MaxConnections");
    this.reloadTime = address(symbols, "PgReloadTime");
    this.clusterName = address(symbols, "cluster_name");
    this.queryString = address(symbols, "debug_query_string");
    this.statusEntry = address(symbols, "MyBEEntry");
  }

  /**
   * Finds where the server keeps its globals.
   *
   * @throws IOException when the program or its memory map cannot be read
   */
  public static ServerGlobals open(ProcFs proc, int postmasterPid) throws IOException {
    ElfSymbols symbols = ElfSymbols.read(proc.directory(postmasterPid).resolve("exe"));
    return new ServerGlobals(proc, postmasterPid, symbols);
  }

  /** Adds what the postmaster's own globals and its memory map say. */
  public void addFacts(Facts.Builder facts) throws IOException {
    read(
        postmasterPid,
        memory -> {
          find(memory, bufferCount, Integer.BYTES)
              .ifPresent(count -> facts.set(Fact.SHARED_BUFFERS, count.getInt() * BLOCK_BYTES));
          find(memory, maxConnections, Integer.BYTES)
              .ifPresent(count -> facts.set(Fact.MAX_CONNECTIONS, count.getInt()));
          return Optional.empty();
        });
    facts.set(Fact.SHARED_MEMORY, SharedMemorySegment.findBytes(proc.directory(postmasterPid)));
  }

  /** {@code cluster_name}; empty text when it is not set. */
  public Optional<String> findClusterName() throws IOException {
    return read(
        postmasterPid,
        memory ->
            find(memory, clusterName, Long.BYTES)
                .flatMap(pointer -> memory.findText(pointer.getLong(), CLUSTER_NAME_BYTES)));
  }

  /** When the configuration was last read, microseconds since 2000-01-01 UTC. */
  public OptionalLong findReloadTimeUs() throws IOException {
    return read(
            postmasterPid, memory -> find(memory, reloadTime, Long.BYTES).map(ByteBuffer::getLong))
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  /**
   * The statement a child of the postmaster runs now; empty when it is idle or gone.
   *
   * @param pid as the node sees it
   * @param namespacePid as the server sees it; absent when not known
   * @throws IOException when the child's memory may not be read
   */
  public Optional<Statement> findStatement(int pid, @Nullable Integer namespacePid)
      throws IOException {
    return read(pid, memory -> statement(memory, namespacePid == null ? pid : namespacePid));
  }

  /**
   * The text of the statement that a client backend runs or, while it is idle, ran last: what
   * {@code pg_stat_activity} shows as its query.
   *
   * @param pid as the node sees it
   * @param namespacePid as the server sees it; absent when not known
   * @throws IOException when the child's memory may not be read
   */
  public Optional<String> findLastStatementText(int pid, @Nullable Integer namespacePid)
      throws IOException {
    return read(
            pid,
            memory ->
                status(memory, namespacePid == null ? pid : namespacePid)
                    .flatMap(status ->
                        memory.findText(
                            status.getLong(STATUS_ACTIVITY_TEXT), QueryFingerprint.TEXT_BYTES)))
        .filter(text -> !text.isBlank());
  }

  private Optional<Statement> statement(ProcessMemory memory, int namespacePid) {
    long textAddress = find(memory, queryString, Long.BYTES).map(ByteBuffer::getLong).orElse(0L);
    return memory
        .findText(textAddress, QueryFingerprint.TEXT_BYTES)
        .map(text ->
            new Statement(
                textAddress,
                text,
                status(memory, namespacePid)
                    .map(status -> status.getLong(STATUS_ACTIVITY_START))
                    .orElse(null)));
  }

  /** The process's status entry, if what the memory holds there can be one. */
  private Optional<ByteBuffer> status(ProcessMemory memory, int namespacePid) {
    return find(memory, statusEntry, Long.BYTES)
        .flatMap(pointer -> memory.find(pointer.getLong(), STATUS_BYTES))
        .filter(status -> status.getInt(STATUS_PID) == namespacePid)
        .filter(status -> status.getLong(STATUS_PROCESS_START) > 0)
        .filter(status ->
            status.getLong(STATUS_ACTIVITY_START) >= status.getLong(STATUS_PROCESS_START));
  }

  private <T> Optional<T> read(int pid, Function<ProcessMemory, Optional<T>> reading)
      throws IOException {
    Optional<ProcessMemory> opened = ProcessMemory.open(proc.directory(pid));
    if (opened.isEmpty()) {
      return Optional.empty();
    }
    try (ProcessMemory memory = opened.get()) {
      return reading.apply(memory);
    }
  }

  private static Optional<ByteBuffer> find(ProcessMemory memory, OptionalLong address, int bytes) {
    return address.isEmpty() ? Optional.empty() : memory.find(address.getAsLong(), bytes);
  }

  private OptionalLong address(ElfSymbols symbols, String name) throws IOException {
    return symbols
        .findAddress(name, postmasterPid)
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }
}
