package dev.headroom.formula.interpret;

import dev.headroom.formula.FormulaException;
import dev.headroom.formula.ast.Expr;
import dev.headroom.formula.ast.Expr.Setting;
import dev.headroom.formula.ast.Program;
import dev.headroom.formula.ast.WindowFunction;
import dev.headroom.formula.syntax.Source;
import dev.headroom.formula.window.Delay;
import dev.headroom.formula.window.Ewma;
import dev.headroom.formula.window.Extreme;
import dev.headroom.formula.window.Quantile;
import dev.headroom.formula.window.Series;
import dev.headroom.formula.window.Window;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The windows of a program with their constants computed, for one set of params.
 *
 * @param windows in the order in which they are to be fed
 * @param lookback how far back the result can reach, windows inside windows added up
 */
public record WindowPlan(List<Planned> windows, Duration lookback) {

  private static final double NANOSECONDS = 1e9;

  private static final Duration LONGEST = Duration.ofDays(366);
  private static final double LONGEST_SECONDS = 366 * 86_400;

  /**
   * One window.
   *
   * @param lengthNs the window, delay or half-life
   * @param extra the time ahead in seconds or the quantile; NaN where there is none
   */
  public record Planned(Expr.Windowed expr, long lengthNs, double extra) {

    /** An empty window. */
    public Window newWindow() {
      return switch (expr.function()) {
        case MAX_OVER_TIME -> Extreme.max(lengthNs);
        case MIN_OVER_TIME -> Extreme.min(lengthNs);
        case AVG_OVER_TIME -> new Series.Average(lengthNs);
        case STDDEV_OVER_TIME -> new Series.Deviation(lengthNs);
        case QUANTILE_OVER_TIME -> new Quantile(lengthNs, extra);
        case RATE -> new Series.Rate(lengthNs);
        case DERIV -> new Series.Slope(lengthNs);
        case PREDICT_LINEAR -> new Series.Prediction(lengthNs, extra);
        case DELAY -> new Delay(lengthNs);
        case EWMA -> new Ewma(lengthNs);
      };
    }

    private long reachNs() {
      return expr.function() == WindowFunction.EWMA ? Ewma.MEMORY_HALF_LIVES * lengthNs : lengthNs;
    }
  }

  /**
   * Computes the constants.
   *
   * @throws FormulaException if one is out of range
   */
  public static WindowPlan of(Program program, Source source) {
    var constants = new Frame(program);
    constants.assignVariables();
    var planned = new ArrayList<Planned>();
    for (Expr.Windowed window : program.windows()) {
      planned.add(plan(window, constants, source));
    }
    var reaches = new Reaches(program, planned, source);
    return new WindowPlan(List.copyOf(planned), Duration.ofNanos(reaches.longest()));
  }

  private static Planned plan(Expr.Windowed expr, Frame constants, Source source) {
    double seconds = Range.LENGTH.require(expr.window(), constants, source);
    double extra =
        switch (expr.extra()) {
          case null -> Double.NaN;
          case Setting setting ->
              (expr.function() == WindowFunction.QUANTILE_OVER_TIME ? Range.QUANTILE : Range.AHEAD)
                  .require(setting, constants, source);
        };
    return new Planned(expr, Math.round(seconds * NANOSECONDS), extra);
  }

  /** What a setting may be. */
  private record Range(String what, String unit, double min, double max) {

    static final Range LENGTH = new Range("window", "s", 0.001, LONGEST_SECONDS);
    static final Range AHEAD = new Range("time ahead", "s", 0, LONGEST_SECONDS);
    static final Range QUANTILE = new Range("quantile", "", 0, 1);

    double require(Setting setting, Frame constants, Source source) {
      double value = constants.value(setting.value());
      if (!(value >= min && value <= max)) {
        throw source.error(
            setting.span(),
            "a %s of %s is out of range".formatted(what, written(value)),
            "it may be from %s to %s".formatted(written(min), written(max)));
      }
      return value;
    }

    private String written(double value) {
      return Double.isFinite(value)
          ? BigDecimal.valueOf(value).stripTrailingZeros().toPlainString() + unit
          : "no finite number";
    }
  }

  /** How far back each line reaches; a window adds its own length to that of its value. */
  private static final class Reaches {

    private final Source source;
    private final long[] ofVariables;
    private final long[] ofWindows;
    private final long ofResult;

    Reaches(Program program, List<Planned> planned, Source source) {
      this.source = source;
      this.ofVariables = new long[program.variableSlots()];
      this.ofWindows = new long[program.windowSlots()];
      for (Planned window : planned) {
        ofWindows[window.expr().slot()] = window.reachNs();
      }
      for (Program.Variable variable : program.variables()) {
        ofVariables[variable.slot()] = of(variable.value());
      }
      this.ofResult = of(program.result());
    }

    long longest() {
      return ofResult;
    }

    private long of(Expr expr) {
      return switch (expr) {
        case Expr.VariableValue variable -> ofVariables[variable.slot()];
        case Expr.Windowed window -> {
          long reach = ofWindows[window.slot()] + of(window.value());
          if (reach > LONGEST.toNanos()) {
            throw source.error(
                window.window().span(),
                "the windows reach back %d days in all".formatted(Duration.ofNanos(reach).toDays()),
                "366 days is the most");
          }
          yield reach;
        }
        default -> {
          long longest = 0;
          for (Expr child : expr.children()) {
            longest = Math.max(longest, of(child));
          }
          yield longest;
        }
      };
    }
  }
}
