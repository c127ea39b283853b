package dev.headroom.collector.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * The one time line of a node: the kernel's boottime, mapped to the wall clock once per boot.
 *
 * <p>The mapping is kept in a file, so that a kill which is delivered again after a restart has the
 * same time again, and samples and kills keep their order whatever happens to the wall clock.
 */
public final class EventClock {

  private static final int NS_PER_CLOCK_TICK = 10_000_000;

  private final BootClock boot;
  private final WallClock wall;
  private final Instant bootedAt;

  private EventClock(BootClock boot, WallClock wall, Instant bootedAt) {
    this.boot = boot;
    this.wall = wall;
    this.bootedAt = bootedAt;
  }

  /**
   * Takes the mapping of this boot from {@code file}, or makes and keeps a new one.
   *
   * @param bootId the kernel's {@code boot_id}: a mapping of another boot does not count
   */
  public static EventClock open(Path file, String bootId, BootClock boot, WallClock wall)
      throws IOException {
    Optional<String> kept = KernelFile.find(file);
    if (kept.isPresent()) {
      String[] fields = kept.get().strip().split(" ", 2);
      if (fields.length == 2 && fields[0].equals(bootId)) {
        try {
          return new EventClock(boot, wall, Instant.parse(fields[1]));
        } catch (DateTimeParseException damaged) {
          throw new MalformedFileException(file, "a boot id and a time", kept.get());
        }
      }
    }
    // In this order: the first look at the kernel's clock may take long, the wall's never does.
    long bootNs = boot.boottimeNs();
    Instant bootedAt = wall.now().minusNanos(bootNs).truncatedTo(ChronoUnit.MICROS);
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.writeString(next, bootId + " " + bootedAt + "\n");
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return new EventClock(boot, wall, bootedAt);
  }

  /** The time of a moment that the kernel stamped, to the microsecond. */
  public Instant at(long boottimeNs) {
    return bootedAt.plusNanos(boottimeNs).truncatedTo(ChronoUnit.MICROS);
  }

  /** The time of a process's start, exact to a clock tick of 10 ms. */
  public Instant atTicks(long clockTicks) {
    return at(clockTicks * NS_PER_CLOCK_TICK);
  }

  /** The clock tick in which a moment that the kernel stamped lies. */
  public static long ticksOf(long boottimeNs) {
    return boottimeNs / NS_PER_CLOCK_TICK;
  }

  /** The clock tick that it is now. */
  public long nowTicks() {
    return ticksOf(boot.boottimeNs());
  }

  /** Now, on this time line, to the microsecond. */
  public Instant now() {
    return at(boot.boottimeNs());
  }

  /**
   * How far the wall clock has moved away since the mapping was made; positive when it is ahead.
   */
  public Duration wallClockOffset() {
    return Duration.between(now(), wall.now());
  }
}
