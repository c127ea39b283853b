package dev.headroom.lab;

/** What answers the malloc calls of a guarded victim. */
public enum Allocator {
  /** Gives freed memory back at once, with the settings that the guard makes. */
  JEMALLOC,
  /** The C library's own, which keeps freed memory. */
  GLIBC
}
