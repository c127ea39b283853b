package dev.headroom.formula.compile;

import dev.headroom.formula.ast.Program;
import dev.headroom.formula.interpret.WindowPlan;

/** A program as code. TODO story */
public final class CompiledProgram {

  private final Graph graph;
  private final Schedule schedule;
  private final Kernel kernel;
  private final int inputs;

  private CompiledProgram(Graph graph, Schedule schedule, int inputs) {
    this.graph = graph;
    this.schedule = schedule;
    this.kernel = Kernels.of(graph, schedule);
    this.inputs = inputs;
  }

  /** Compiles a program with the values its params have. */
  public static CompiledProgram of(Program program, WindowPlan plan) {
    Graph graph = GraphBuilder.build(program, plan);
    return new CompiledProgram(graph, Schedule.of(graph), program.inputs().size());
  }

  /** A new evaluator that has seen nothing yet. */
  public CompiledColumns newColumnEvaluator() {
    return new CompiledColumns(graph, schedule, kernel, inputs);
  }

  /** The hidden class whose code it runs. */
  public Class<?> kernelClass() {
    return kernel.getClass();
  }
}
