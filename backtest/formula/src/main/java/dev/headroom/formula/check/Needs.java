package dev.headroom.formula.check;

import dev.headroom.formula.Input;
import dev.headroom.formula.ast.Expr;
import dev.headroom.formula.ast.Program.Variable;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Collects what a result needs, directly or through other lines. */
final class Needs {

  private final Set<Input> inputs = EnumSet.noneOf(Input.class);
  private final BitSet slots = new BitSet();
  private final List<Expr.Windowed> windows = new ArrayList<>();
  private final List<Variable> variables;

  private Needs(List<Variable> all) {
    this.variables = all;
  }

  static Needs of(Expr result, List<Variable> all) {
    var needs = new Needs(all);
    needs.visit(result);
    // A line reads only lines before it, so going backwards sees every reader first.
    for (int slot = all.size() - 1; slot >= 0; slot--) {
      if (needs.slots.get(slot)) {
        needs.visit(all.get(slot).value());
      }
    }
    return needs;
  }

  /** The inputs, in the order of the enum. */
  Set<Input> inputs() {
    return inputs;
  }

  /** The lines, in the order of the text. */
  List<Variable> variables() {
    return variables.stream().filter(variable -> slots.get(variable.slot())).toList();
  }

  /** The windows, each after those inside it. */
  List<Expr.Windowed> windows() {
    return windows.stream().sorted(Comparator.comparingInt(Expr.Windowed::slot)).toList();
  }

  private void visit(Expr expr) {
    switch (expr) {
      case Expr.InputValue(Input input) -> inputs.add(input);
      case Expr.VariableValue variable -> slots.set(variable.slot());
      case Expr.Windowed window -> windows.add(window);
      default -> {}
    }
    for (Expr child : expr.children()) {
      visit(child);
    }
  }
}
