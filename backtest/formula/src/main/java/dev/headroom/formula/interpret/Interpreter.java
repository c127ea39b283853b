package dev.headroom.formula.interpret;

import dev.headroom.formula.Evaluator;
import dev.headroom.formula.Input;
import dev.headroom.formula.ast.Expr;
import dev.headroom.formula.ast.Program;
import dev.headroom.formula.ast.Program.Variable;
import dev.headroom.formula.interpret.WindowPlan.Planned;
import dev.headroom.formula.window.Window;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Evaluates a program by walking its tree.
 *
 * <p>Every window is fed at every sample, also one in a branch that is not taken, so that what a
 * formula remembers never depends on when it was asked.
 */
public final class Interpreter implements Evaluator {

  /** One thing to do at a sample, in an order in which each finds what it reads. */
  private sealed interface Step {
    record Feed(Window window, Expr value) implements Step {}

    record Assign(Variable variable) implements Step {}
  }

  private final Program program;
  private final Frame frame;
  private final List<Step> steps = new ArrayList<>();
  private boolean observed;
  private long lastNs;

  public Interpreter(Program program, WindowPlan plan) {
    this.program = program;
    this.frame = new Frame(program);
    var planned = plan.windows().iterator();
    for (Variable variable : program.variables()) {
      addFeeds(windowsIn(variable.value()), planned);
      steps.add(new Step.Assign(variable));
    }
    addFeeds(windowsIn(program.result()), planned);
  }

  /** The plan lists windows in the order of the lines they stand in. */
  private void addFeeds(int count, Iterator<Planned> planned) {
    for (int i = 0; i < count; i++) {
      Planned next = planned.next();
      Window window = next.newWindow();
      frame.install(next.expr().slot(), window);
      steps.add(new Step.Feed(window, next.expr().value()));
    }
  }

  private static int windowsIn(Expr expr) {
    int windows = expr instanceof Expr.Windowed ? 1 : 0;
    for (Expr child : expr.children()) {
      windows += windowsIn(child);
    }
    return windows;
  }

  @Override
  public void observe(long timeNs, double[] values) {
    List<Input> inputs = program.inputs();
    if (values.length != inputs.size()) {
      throw new IllegalArgumentException(
          "%d values for the %d inputs %s".formatted(values.length, inputs.size(), inputs));
    }
    if (observed && timeNs < lastNs) {
      throw new IllegalArgumentException(
          "the sample at %d ns comes after the one at %d ns".formatted(timeNs, lastNs));
    }
    observed = true;
    lastNs = timeNs;
    for (int i = 0; i < values.length; i++) {
      frame.set(inputs.get(i), values[i]);
    }
    for (Step step : steps) {
      switch (step) {
        case Step.Feed(Window window, Expr value) -> window.observe(timeNs, frame.value(value));
        case Step.Assign(Variable variable) -> frame.assign(variable);
      }
    }
  }

  @Override
  public double evaluate() {
    return observed ? frame.value(program.result()) : Double.NaN;
  }
}
