package dev.headroom.formula.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What to do with a block of samples, step by step: loops that compute values, and windows that
 * take them in. A formula without a past is one loop.
 *
 * <p>A value is computed as late as possible: in the loop that gives the limit, unless a window
 * needs it, directly or not. What leaves its loop goes through a scratch column. A loop has at most
 * {@value #OPERATIONS} operations, so that its code stays well below the 8,000 bytes up to which
 * the JIT compiles a method, let alone the 64 KiB a method may have.
 *
 * @param loops what code is generated from
 * @param steps in the order in which they are done
 * @param scratchColumns how many there are
 */
record Schedule(List<Loop> loops, List<Step> steps, int scratchColumns) {

  static final int OPERATIONS = 80;

  /**
   * Values that are computed sample by sample, all of them for one sample before the next.
   *
   * @param operations numbers of nodes, ascending
   * @param outputs what is kept
   * @param scratch by number of a node read or written here: its scratch column
   */
  record Loop(List<Integer> operations, List<Output> outputs, Map<Integer, Integer> scratch) {}

  /** A value that is kept, in a scratch column or as the limit. */
  sealed interface Output {
    int node();

    record Scratch(int node) implements Output {}

    record Limit(int node) implements Output {}
  }

  /** One thing to do for a block of samples. */
  sealed interface Step {

    record RunLoop(int loop) implements Step {}

    /** Feeds a window from a scratch column into another one. */
    record FeedScratch(int window, int from, int to) implements Step {}

    /** Feeds a window from an input into a scratch column. */
    record FeedInput(int window, int input, int to) implements Step {}
  }

  static Schedule of(Graph graph) {
    return new Scheduler(graph).schedule();
  }

  private static final class Scheduler {
    private final Graph graph;

    /** By node: how many windows stand inside one another in it. */
    private final int[] level;

    /** By node: the level at which it is computed. */
    private final int[] due;

    /** By operation: the loop it is in. */
    private final int[] loopOf;

    private final List<List<Integer>> loopOperations = new ArrayList<>();
    private final List<Integer> loopLevels = new ArrayList<>();
    private final Map<Integer, Integer> scratch = new HashMap<>();

    Scheduler(Graph graph) {
      this.graph = graph;
      this.level = new int[graph.nodes().size()];
      this.due = new int[level.length];
      this.loopOf = new int[level.length];
    }

    Schedule schedule() {
      measureLevels();
      placeOperations();
      BitSet leaving = leavingNodes();
      leaving.stream().forEach(node -> scratch.put(node, scratch.size()));
      var loops = new ArrayList<Loop>();
      var steps = new ArrayList<Step>();
      for (int at = 0; at < loopOperations.size(); at++) {
        Loop loop = loop(at, leaving);
        if (!loop.outputs().isEmpty()) {
          steps.add(new Step.RunLoop(loops.size()));
          loops.add(loop);
        }
        boolean last = at == loopOperations.size() - 1;
        if (last || loopLevels.get(at + 1) > loopLevels.get(at)) {
          feedWindows(loopLevels.get(at) + 1, steps);
        }
      }
      return new Schedule(List.copyOf(loops), List.copyOf(steps), scratch.size());
    }

    private void measureLevels() {
      for (int node = 0; node < level.length; node++) {
        boolean past = graph.node(node) instanceof Node.WindowResult;
        for (int read : graph.reads(node)) {
          level[node] = Math.max(level[node], level[read] + (past ? 1 : 0));
        }
      }
      Arrays.fill(due, level[graph.result()]);
      for (int node = level.length - 1; node >= 0; node--) {
        boolean past = graph.node(node) instanceof Node.WindowResult;
        for (int read : graph.reads(node)) {
          due[read] = Math.min(due[read], past ? level[read] : due[node]);
        }
      }
    }

    /** Cuts the operations of each level into loops; each level has one at least. */
    private void placeOperations() {
      for (int at = 0; at <= level[graph.result()]; at++) {
        openLoop(at);
        for (int node = 0; node < level.length; node++) {
          if (due[node] == at && graph.node(node).isOperation()) {
            if (loopOperations.getLast().size() == OPERATIONS) {
              openLoop(at);
            }
            loopOperations.getLast().add(node);
            loopOf[node] = loopOperations.size() - 1;
          }
        }
      }
    }

    private void openLoop(int at) {
      loopOperations.add(new ArrayList<>());
      loopLevels.add(at);
    }

    /** What needs a scratch column: read outside its loop, or made by a window. */
    private BitSet leavingNodes() {
      var leaving = new BitSet();
      for (int node = 0; node < level.length; node++) {
        boolean past = graph.node(node) instanceof Node.WindowResult;
        if (past) {
          leaving.set(node);
        }
        for (int read : graph.reads(node)) {
          boolean readElsewhere = graph.node(read).isOperation() && loopOf[read] != loopOf[node];
          if (readElsewhere || (past && !(graph.node(read) instanceof Node.Column))) {
            leaving.set(read);
          }
        }
      }
      return leaving;
    }

    private Loop loop(int loop, BitSet leaving) {
      List<Integer> operations = loopOperations.get(loop);
      var outputs = new ArrayList<Output>();
      var touched = new HashMap<Integer, Integer>();
      for (int node : operations) {
        if (leaving.get(node)) {
          outputs.add(new Output.Scratch(node));
        }
      }
      if (loop == 0) {
        leaving.stream()
            .filter(node -> isConstant(graph.node(node)))
            .forEach(node -> outputs.add(new Output.Scratch(node)));
      }
      if (loop == loopOperations.size() - 1) {
        outputs.add(new Output.Limit(graph.result()));
      }
      for (int node : operations) {
        graph.node(node).operands().forEach(operand -> touch(operand, touched));
      }
      outputs.forEach(output -> touch(output.node(), touched));
      return new Loop(List.copyOf(operations), List.copyOf(outputs), Map.copyOf(touched));
    }

    private static boolean isConstant(Node node) {
      return node instanceof Node.Constant || node instanceof Node.Pooled;
    }

    private void touch(int node, Map<Integer, Integer> touched) {
      Integer column = scratch.get(node);
      if (column != null) {
        touched.put(node, column);
      }
    }

    private void feedWindows(int atLevel, List<Step> steps) {
      for (int node = 0; node < level.length; node++) {
        if (level[node] == atLevel && graph.node(node) instanceof Node.WindowResult(int window)) {
          int value = graph.windows().get(window).value();
          steps.add(
              graph.node(value) instanceof Node.Column(int input)
                  ? new Step.FeedInput(window, input, scratchOf(node))
                  : new Step.FeedScratch(window, scratchOf(value), scratchOf(node)));
        }
      }
    }

    private int scratchOf(int node) {
      return Objects.requireNonNull(scratch.get(node));
    }
  }
}
