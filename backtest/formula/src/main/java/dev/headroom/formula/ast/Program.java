package dev.headroom.formula.ast;

import dev.headroom.formula.Input;
import dev.headroom.formula.Param;
import java.util.List;

/**
 * A checked formula.
 *
 * @param inputs what it reads, in the order of the enum
 * @param params its tunables, as declared
 * @param variables the lines the result needs, each after those it needs itself
 * @param result the limit, in bytes
 * @param windows every window the result needs, each after those inside its value
 * @param variableSlots above every variable's slot
 * @param windowSlots above every window's slot
 */
public record Program(
    List<Input> inputs,
    List<Param> params,
    List<Variable> variables,
    Expr result,
    List<Expr.Windowed> windows,
    int variableSlots,
    int windowSlots) {

  /** A named line; {@code slot} is its number among all lines, so numbers may be missing. */
  public record Variable(String name, int slot, Expr value) {}

  /** The same program with other values of its params. */
  public Program withParams(List<Param> newParams) {
    return new Program(inputs, newParams, variables, result, windows, variableSlots, windowSlots);
  }
}
