package dev.headroom.engine.kernel;

import java.util.Map;

/**
 * One interval as a replay evaluates it: the rows of a table, and what holds for all of them.
 *
 * @param sample the sample at its end; for an interval that a kill ends, the one at its start
 * @param endNs when it ends, in nanoseconds since the epoch
 * @param instancePeakBytes the instance's peak
 * @param hasWatermark whether that peak is the instance's own watermark, which also saw processes
 *     that are gone by the end
 * @param limitBytes in force at its start
 */
record Interval(
    ProcessTable table,
    int from,
    int to,
    int sample,
    long endNs,
    long instancePeakBytes,
    boolean hasWatermark,
    long limitBytes) {

  /** The interval that ends with this sample. */
  static Interval endingAt(ReplayInput input, int sample, long limitBytes) {
    return new Interval(
        input.table,
        input.firstRow[sample],
        input.firstRow[sample + 1],
        sample,
        input.timeNs[sample],
        input.instancePeakBytes[sample],
        input.hasWatermark[sample],
        limitBytes);
  }

  /** The interval from the last sample to the sample that is made at a kill. */
  static Interval endingAt(
      ReplayInput input, ReplayEvent.Kill kill, int lastSample, long limitBytes) {
    ProcessTable source = input.table;
    int from = input.firstRow[lastSample];
    int to = input.firstRow[lastSample + 1];
    ProcessTable atKill = new ProcessTable(to - from + kill.allocatedBytes().size());
    boolean[] present = new boolean[input.processCount()];
    for (int row = from; row < to; row++) {
      int slot = source.slot[row];
      long before = source.allocated[row];
      present[slot] = true;
      atKill.add(
          slot,
          kill.allocatedBytes().getOrDefault(slot, before),
          before,
          source.statement[row],
          source.blockable[row]);
    }
    kill.allocatedBytes().entrySet().stream()
        .filter(entry -> !present[entry.getKey()])
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry ->
            atKill.add(
                entry.getKey(),
                entry.getValue(),
                entry.getValue(),
                ProcessTable.IDLE,
                input.process(entry.getKey()).kind().blockable()));
    long peak = kill.instanceAllocatedBytes() == null ? 0 : kill.instanceAllocatedBytes();
    return new Interval(
        atKill,
        0,
        atKill.size,
        lastSample,
        kill.timeNs(),
        Math.max(peak, sumOfPeaks(atKill)),
        false,
        limitBytes);
  }

  private static long sumOfPeaks(ProcessTable table) {
    long sum = 0;
    for (int row = 0; row < table.size; row++) {
      sum += table.peak[row];
    }
    return sum;
  }
}
