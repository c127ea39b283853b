package dev.headroom.collector.capture;

import org.jspecify.annotations.Nullable;

/**
 * The victim's memory at the kill, in bytes. The kernel counts per CPU in batches, so each resident
 * figure may be off by some hundred KiB per CPU.
 *
 * @param totalVmBytes address space
 * @param anonBytes resident anonymous memory
 * @param fileBytes resident file memory
 * @param shmemBytes resident shared memory
 * @param pageTablesBytes page tables
 */
public record VictimMemory(
    @Nullable Long totalVmBytes,
    @Nullable Long anonBytes,
    @Nullable Long fileBytes,
    @Nullable Long shmemBytes,
    @Nullable Long pageTablesBytes) {

  /** Nothing is known. */
  public static final VictimMemory UNKNOWN = new VictimMemory(null, null, null, null, null);
}
