package dev.headroom.formula.check;

import dev.headroom.formula.FormulaException;
import dev.headroom.formula.Input;
import dev.headroom.formula.ast.Expr;
import dev.headroom.formula.ast.Function;
import dev.headroom.formula.ast.WindowFunction;
import dev.headroom.formula.syntax.Source;
import dev.headroom.formula.syntax.Span;
import dev.headroom.formula.syntax.Statement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What each name means at the line being checked. A name has one meaning in the whole formula: it
 * is assigned once, and an input that was read under a name cannot be assigned under it later.
 */
final class Scope {

  /** Names people expect from elsewhere, and what to do about them. */
  private static final Map<String, String> KNOWN_ELSEWHERE =
      Map.of(
          "kernel_overhead",
          "assign it first, as in kernel_overhead = pagetables + slab",
          "headroom",
          "assign it first, for example headroom = memory_max - shmem - page_tables",
          "work_mem",
          "it is a setting of one sort, not a measure of what queries hold: see allocated");

  private final Source source;
  private final Map<String, Span> allAssignments = new HashMap<>();
  private final Map<String, Expr> meanings = new LinkedHashMap<>();
  private final Map<String, Span> declarations = new LinkedHashMap<>();
  private final Set<String> read = new HashSet<>();
  private final Map<Input, Map<String, Span>> inputsRead = new EnumMap<>(Input.class);

  Scope(Source source, List<Statement> statements) {
    this.source = source;
    for (Statement statement : statements) {
      switch (statement) {
        case Statement.Assignment assignment ->
            allAssignments.putIfAbsent(assignment.name(), assignment.span());
        case Statement.ParamDeclaration param ->
            allAssignments.putIfAbsent(param.name(), param.span());
        case Statement.Expression _ -> {}
      }
    }
  }

  /**
   * Gives a name its meaning.
   *
   * @throws FormulaException if it already has one
   */
  void declare(String name, Span span, Expr meaning) {
    Span earlier = declarations.get(name);
    if (earlier != null) {
      throw source.error(
          span,
          "'%s' is already defined in line %d".formatted(name, source.line(earlier.start())),
          "give this line a name of its own");
    }
    Input.find(name).ifPresent(input -> requireUnread(input, name, span));
    declarations.put(name, span);
    meanings.put(name, meaning);
  }

  private void requireUnread(Input input, String name, Span span) {
    Map<String, Span> names = inputsRead.getOrDefault(input, Map.of());
    Span reading =
        name.equals(input.inputName())
            ? names.values().stream().findFirst().orElse(null)
            : names.get(name);
    if (reading != null) {
      throw source.error(
          span,
          "'%s' is an input that line %d reads; it cannot be assigned as well"
              .formatted(name, source.line(reading.start())),
          "give this line a name of its own");
    }
  }

  /**
   * What a name means.
   *
   * @throws FormulaException if it means nothing here
   */
  Expr resolve(String name, Span span) {
    Expr meaning = meanings.get(name);
    if (meaning != null) {
      read.add(name);
      return meaning;
    }
    Optional<Input> input = Input.find(name);
    if (input.isEmpty()) {
      throw unknown(name, span);
    }
    Span hidden = declarations.get(input.get().inputName());
    if (hidden != null) {
      throw source.error(
          span,
          "'%s' is another name of the input %s, which line %d assigns"
              .formatted(name, input.get().inputName(), source.line(hidden.start())),
          "give the assignment a name of its own");
    }
    inputsRead.computeIfAbsent(input.get(), _ -> new LinkedHashMap<>()).putIfAbsent(name, span);
    return new Expr.InputValue(input.get());
  }

  /** Whether a declared name was read at all. */
  boolean isRead(String name) {
    return read.contains(name);
  }

  private FormulaException unknown(String name, Span span) {
    Span assignment = allAssignments.get(name);
    if (assignment != null && assignment.start() < span.start()) {
      return source.error(
          span,
          "'%s' is used in its own definition".formatted(name),
          "give the value inside a name in a line before, as in before = memory_max - shmem");
    }
    if (assignment != null) {
      return source.error(
          span,
          "'%s' is used before line %d assigns it".formatted(name, source.line(assignment.start())),
          "move the assignment up");
    }
    return source.error(span, "unknown name '%s'".formatted(name), suggestionFor(name));
  }

  private @Nullable String suggestionFor(String name) {
    String known = KNOWN_ELSEWHERE.get(name);
    if (known != null) {
      return known;
    }
    Optional<String> signature = signatureOf(name);
    if (signature.isPresent()) {
      return "a function needs its arguments: " + signature.get();
    }
    var candidates = new ArrayList<>(meanings.keySet());
    for (Input input : Input.values()) {
      candidates.add(input.inputName());
      candidates.addAll(input.aliases());
    }
    return Spelling.nearest(name, candidates)
        .map("did you mean %s?"::formatted)
        .orElse("`backtest formulas --inputs` lists what there is; or assign it in a line before");
  }

  /** The error for a call of something that is no function. */
  FormulaException unknownFunction(String name, Span span) {
    String suggestion;
    if (meanings.containsKey(name) || Input.find(name).isPresent()) {
      suggestion = "'%s' is a value; write * to multiply".formatted(name);
    } else {
      var candidates = new ArrayList<String>();
      for (Function function : Function.values()) {
        candidates.add(function.functionName());
      }
      for (WindowFunction function : WindowFunction.values()) {
        candidates.add(function.functionName());
      }
      suggestion =
          Spelling.nearest(name, candidates)
              .flatMap(Scope::signatureOf)
              .map("did you mean %s?"::formatted)
              .orElse("the functions are " + String.join(" ", candidates));
    }
    return source.error(span, "unknown function '%s'".formatted(name), suggestion);
  }

  private static Optional<String> signatureOf(String function) {
    return Function.find(function)
        .map(Function::signature)
        .or(() -> WindowFunction.find(function).map(WindowFunction::signature));
  }
}
