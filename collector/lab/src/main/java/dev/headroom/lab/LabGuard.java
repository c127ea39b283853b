package dev.headroom.lab;

import dev.headroom.model.GuardMode;
import java.util.Map;
import java.util.TreeMap;

/**
 * How victims are guarded.
 *
 * @param libraries built for the victims' Postgres
 * @param mode what the lab's collector makes of the guard, which a scenario waits for; a fleet does
 *     not, for there it changes
 * @param allocator of the victims
 */
public record LabGuard(GuardLibraries libraries, GuardMode mode, Allocator allocator) {

  /**
   * @throws LabException when the allocator is not installed
   */
  public LabGuard {
    if (mode == GuardMode.OFF) {
      throw new IllegalArgumentException("a victim without a guard has no LabGuard");
    }
    if (allocator == Allocator.JEMALLOC && libraries.jemalloc().isEmpty()) {
      throw new LabException(
          "jemalloc is not installed for the victims' Postgres (Debian: apt-get install"
              + " libjemalloc2); choose the allocator glibc to go on without it");
    }
  }

  LabGuard withLibraries(GuardLibraries copied) {
    return new LabGuard(copied, mode, allocator);
  }

  /** The environment of a guarded postmaster. */
  Map<String, String> environment() {
    String preloaded = libraries.preload().toString();
    return Map.of(
        "LD_PRELOAD",
        switch (allocator) {
          case JEMALLOC -> preloaded + " " + libraries.jemalloc().orElseThrow();
          case GLIBC -> preloaded;
        });
  }

  /**
   * The settings of a guarded server.
   *
   * @param settings without the guard
   */
  Map<String, String> addTo(Map<String, String> settings) {
    String others = settings.get("shared_preload_libraries");
    String extension = libraries.extension().toString();
    Map<String, String> guarded = new TreeMap<>(settings);
    guarded.put("shared_preload_libraries", others == null ? extension : extension + "," + others);
    return guarded;
  }
}
