package dev.headroom.collector.kernel;

/** {@code CLOCK_BOOTTIME}: the kernel's own time of everything it tells, suspension included. */
@FunctionalInterface
public interface BootClock {
  /** Nanoseconds since the machine started. */
  long boottimeNs();
}
