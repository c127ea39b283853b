package dev.headroom.benchmark;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.model.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One formula of the sweep that every contestant computes: {@code memory_max * share - (shmem +
 * page_tables * times + slab_unreclaimable) - reserve}, its operations in this order.
 *
 * @param share of memory_max
 * @param times page tables count so often
 * @param reserveBytes held back
 */
record SweepFormula(double share, double times, long reserveBytes) {

  private static final long MIB = 1L << 20;

  /** So many different ones. */
  static List<SweepFormula> list(int count) {
    List<SweepFormula> formulas = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      formulas.add(new SweepFormula(1 - 0.001 * (i % 100), 1 + i / 100 % 5, i / 500 % 20 * MIB));
    }
    return formulas;
  }

  Candidate candidate() {
    String text =
        String.format(
            Locale.ROOT,
            "memory_max * %s - (shmem + page_tables * %s + slab_unreclaimable) - %dMiB",
            share,
            times,
            reserveBytes / MIB);
    return candidate("share %s times %s reserve %d".formatted(share, times, reserveBytes), text);
  }

  /** Any formula under a name. */
  static Candidate candidate(String name, String text) {
    return Candidate.parse(Policy.of(name, text));
  }

  /** The same in SQL, over the columns of the sample before. */
  String sql() {
    return String.format(
        Locale.ROOT,
        "floor(mm * %s::float8 - (shmem + pt * %s::float8 + slab) - %d)",
        share,
        times,
        reserveBytes);
  }
}
