package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.lab.Allocator;
import dev.headroom.lab.GuardLibraries;
import dev.headroom.lab.LabGuard;
import dev.headroom.model.GuardMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a lab's victims are to be guarded.
 *
 * @param mode OFF for plain victims, which load nothing
 * @param limit the formula that refuses, as {@code --limit} takes it; absent for none
 * @param shadowLimits formulas that are only judged
 * @param allocator of guarded victims
 */
record GuardChoice(
    GuardMode mode, @Nullable String limit, List<String> shadowLimits, Allocator allocator) {

  /** Plain victims. */
  static final GuardChoice OFF =
      new GuardChoice(GuardMode.OFF, null, List.of(), Allocator.JEMALLOC);

  /**
   * @throws CommandFailure when the parts do not go together
   */
  GuardChoice {
    shadowLimits = List.copyOf(shadowLimits);
    if (mode == GuardMode.ENFORCE && limit == null) {
      throw CommandFailure.usage("--guard enforce needs --limit with a formula, such as talk");
    }
    if (mode == GuardMode.OFF && (limit != null || !shadowLimits.isEmpty())) {
      throw CommandFailure.usage(
          "--limit and --shadow-limit need a guard: add --guard shadow or --guard enforce");
    }
  }

  /** Victims that are refused what a formula does not grant. */
  static GuardChoice enforcing(String limit) {
    return new GuardChoice(GuardMode.ENFORCE, limit, List.of(), Allocator.JEMALLOC);
  }

  /** What the lab's victims load; absent for plain ones. Builds it when its sources changed. */
  @Nullable LabGuard load(PostgresInstall install) {
    return mode == GuardMode.OFF
        ? null
        : new LabGuard(GuardLibraries.build(sources(), install), mode, allocator);
  }

  /** What makes a collector tell the guards so. */
  List<String> collectorArguments() {
    if (mode == GuardMode.OFF) {
      return List.of();
    }
    List<String> arguments =
        new ArrayList<>(List.of("--guard", mode.name().toLowerCase(Locale.ROOT)));
    if (limit != null) {
      arguments.addAll(List.of("--limit", limit));
    }
    shadowLimits.forEach(shadow -> arguments.addAll(List.of("--shadow-limit", shadow)));
    return arguments;
  }

  /** The folder of the guard's sources, which are part of a checkout. */
  static Path sources() {
    return Path.of(System.getProperty("headroom.root", ""))
        .resolve("guard-native")
        .toAbsolutePath();
  }
}
