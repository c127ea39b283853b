package dev.headroom.engine.fleet;

import java.util.random.RandomGenerator;

/**
 * What the recording of the lab that comes with Headroom looks like, in quantiles. A value is drawn
 * by looking up a uniform number, between two quantiles on a straight line. {@code
 * LabQuantilesTest} computes them again from {@code backtest/corpus/lab-corpus}.
 */
final class LabQuantiles {

  /** Of {@code memory_max}, in MiB. */
  static final LabQuantiles MEMORY_MAX_MIB =
      new LabQuantiles(new double[] {0, 0.5, 1}, new double[] {160, 256, 384});

  /** Of shmem, as a share of {@code memory_max}, without the lab's experiments on shmem itself. */
  static final LabQuantiles SHMEM_SHARE =
      new LabQuantiles(new double[] {0, 0.25, 0.5, 0.75}, new double[] {0, 0.0285, 0.0425, 0.0803});

  /** Of page tables, as a share of {@code memory_max}, likewise. */
  static final LabQuantiles PAGE_TABLES_SHARE =
      new LabQuantiles(
          new double[] {0, 0.25, 0.5, 0.75}, new double[] {0.0003, 0.0037, 0.0048, 0.0061});

  /** Of what an idle client backend holds, in MiB. */
  static final LabQuantiles IDLE_MIB =
      new LabQuantiles(
          new double[] {0, 0.1, 0.5, 0.75, 0.9, 0.95, 0.99},
          new double[] {2.46, 3.07, 3.07, 3.08, 16.0, 16.0, 35.8});

  /** Of what a client backend in a statement holds, in MiB. */
  static final LabQuantiles ACTIVE_MIB =
      new LabQuantiles(
          new double[] {0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1},
          new double[] {3.05, 3.47, 13.2, 37.3, 115.6, 170.1, 215.0, 227.6, 238.5});

  /** The share of client backends that are in a statement. */
  static final double ACTIVE_SHARE = 0.0885;

  final double[] at;
  final double[] values;

  private LabQuantiles(double[] at, double[] values) {
    this.at = at;
    this.values = values;
  }

  /** A value from between the first and the last quantile. */
  double draw(RandomGenerator random) {
    return at(random.nextDouble() * at[at.length - 1]);
  }

  double at(double share) {
    int above = 1;
    while (at[above] < share) {
      above++;
    }
    double part = (share - at[above - 1]) / (at[above] - at[above - 1]);
    return values[above - 1] + part * (values[above] - values[above - 1]);
  }
}
