package dev.headroom.formula.compile;

import dev.headroom.formula.interpret.WindowPlan.Planned;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A program without names, repetitions and constant parts: the same value is one node however often
 * it is written, also across lines, and so is the same window.
 *
 * @param nodes by number, each after those it reads
 * @param pool the numbers that {@link Node.Pooled} stands for
 * @param windows by number, each after those inside its value
 * @param result the number of the limit
 */
record Graph(List<Node> nodes, List<Double> pool, List<PastOf> windows, int result) {

  /** A window over the value with this number; {@code planned} makes its state. */
  record PastOf(int value, Planned planned) {}

  Node node(int number) {
    return nodes.get(number);
  }

  /** What a value is computed from; for a window's result that is the value it looks at. */
  List<Integer> reads(int number) {
    return node(number) instanceof Node.WindowResult(int window)
        ? List.of(windows.get(window).value())
        : node(number).operands();
  }

  /**
   * The graph without what the result does not need, and with its numbers in the pool, so that
   * graphs that differ in numbers alone have equal nodes. 0, 1 and NaN, which stand for truth
   * values and absence, stay where they are.
   */
  Graph compacted() {
    var needed = new BitSet();
    needed.set(result);
    for (int number = result; number >= 0; number = needed.previousSetBit(number - 1)) {
      reads(number).forEach(needed::set);
    }
    int[] renumbered = new int[result + 1];
    var keptNodes = new ArrayList<Node>();
    var keptPool = new ArrayList<Double>();
    var keptWindows = new ArrayList<PastOf>();
    needed.stream()
        .forEach(number -> {
          renumbered[number] = keptNodes.size();
          keptNodes.add(
              switch (node(number)) {
                case Node.Constant(double value) when !staysInCode(value) -> {
                  keptPool.add(value);
                  yield new Node.Pooled(keptPool.size() - 1);
                }
                case Node.WindowResult(int window) -> {
                  PastOf past = windows.get(window);
                  keptWindows.add(new PastOf(renumbered[past.value()], past.planned()));
                  yield new Node.WindowResult(keptWindows.size() - 1);
                }
                case Node other -> other.renumbered(renumbered);
              });
        });
    return new Graph(
        List.copyOf(keptNodes),
        List.copyOf(keptPool),
        List.copyOf(keptWindows),
        renumbered[result]);
  }

  private static boolean staysInCode(double value) {
    return Double.isNaN(value) || value == 1 || Double.doubleToLongBits(value) == 0;
  }
}
