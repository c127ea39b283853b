package dev.headroom.benchmark;

import dev.headroom.benchmark.SweepResult.Total;
import dev.headroom.engine.kernel.ReplayInput;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The sweep as a loop in C, the physical limit: columns lie in memory as it wants them, and it only
 * computes. See {@code sweep.c}.
 */
final class CSweep {

  private static final double GIB_HOURS = (double) (1L << 30) * 3600e9;

  private CSweep() {}

  /**
   * Writes the columns of instances as the C program reads them: for each its length, then doubles.
   */
  static void writeColumns(Path file, List<ReplayInput> instances) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
      for (ReplayInput input : instances) {
        write(out, new double[] {input.sampleCount()});
        for (String name :
            List.of(
                "memory_max",
                "shmem",
                "page_tables",
                "slab_unreclaimable",
                "kernel_stack",
                "sock",
                "guard_allocated_peak")) {
          write(out, input.input(name));
        }
      }
    }
  }

  private static void write(OutputStream out, double[] values) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Double.BYTES).order(ByteOrder.nativeOrder());
    for (double value : values) {
      bytes.putDouble(value);
    }
    out.write(bytes.array());
  }

  /** Runs the program, which measures itself: reading its columns does not count. */
  static SweepResult run(
      String name,
      Path program,
      Path columns,
      long stepNs,
      List<SweepFormula> formulas,
      double work)
      throws IOException, InterruptedException {
    Path list = Files.createTempFile("formulas", ".txt");
    StringBuilder lines = new StringBuilder();
    for (SweepFormula formula : formulas) {
      lines.append(
          "%s %s %d\n".formatted(formula.share(), formula.times(), formula.reserveBytes()));
    }
    Files.writeString(list, lines);
    Process process =
        new ProcessBuilder(
                program.toString(), columns.toString(), list.toString(), Long.toString(stepNs))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.waitFor();
    Files.delete(list);
    if (exit != 0) {
      throw new IOException(program + " ended with " + exit);
    }
    List<String> rows = output.lines().toList();
    double seconds = Double.parseDouble(rows.getFirst());
    double[] over = new double[formulas.size()];
    double[] slack = new double[formulas.size()];
    long[] above = new long[formulas.size()];
    for (String row : rows.subList(1, rows.size())) {
      String[] parts = row.split(" ", -1);
      int formula = Integer.parseInt(parts[0]);
      over[formula] += Double.parseDouble(parts[1]) / GIB_HOURS;
      slack[formula] += Double.parseDouble(parts[2]) / GIB_HOURS;
      above[formula] += Long.parseLong(parts[3]);
    }
    List<Total> totals = new ArrayList<>();
    for (int i = 0; i < formulas.size(); i++) {
      totals.add(new Total(over[i], slack[i], above[i]));
    }
    return new SweepResult(name, seconds, seconds, work, totals);
  }
}
