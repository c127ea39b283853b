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
   * The head of {@code PgBackendStatus} in versions 10 to 18: change count, pid, kind, padding,
   * then the times of process, transaction and activity. It is believed only when the pid is right
   * and the times follow each other.
   */
  private static final int STATUS_BYTES = 40;

  private static final int STATUS_PID = 4;
  private static final int STATUS_PROCESS_START = 16;
  private static final int STATUS_ACTIVITY_START = 32;

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

  private Optional<Statement> statement(ProcessMemory memory, int namespacePid) {
    long textAddress = find(memory, queryString, Long.BYTES).map(ByteBuffer::getLong).orElse(0L);
    return memory
        .findText(textAddress, QueryFingerprint.TEXT_BYTES)
        .map(text -> new Statement(textAddress, text, startOfActivity(memory, namespacePid)));
  }

  private @Nullable Long startOfActivity(ProcessMemory memory, int namespacePid) {
    Optional<ByteBuffer> status =
        find(memory, statusEntry, Long.BYTES)
            .flatMap(pointer -> memory.find(pointer.getLong(), STATUS_BYTES));
    if (status.isEmpty() || status.get().getInt(STATUS_PID) != namespacePid) {
      return null;
    }
    long processStart = status.get().getLong(STATUS_PROCESS_START);
    long activityStart = status.get().getLong(STATUS_ACTIVITY_START);
    return processStart > 0 && activityStart >= processStart ? activityStart : null;
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
