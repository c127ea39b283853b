package dev.headroom.engine.search;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.formula.Dimension;
import dev.headroom.formula.Formula;
import dev.headroom.formula.Param;
import dev.headroom.model.Policy;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * Candidates that differ in the values of a formula's params. Values have four digits, so that a
 * name says exactly which variant it is.
 */
public final class Variants {

  /** More than this is a mistake: every one of them has to be replayed and printed. */
  public static final int MOST = 100_000;

  private static final int DRAWS_FOR_EACH = 10;
  private static final MathContext FOUR_DIGITS = new MathContext(4);
  private static final double MIB = 1L << 20;

  private Variants() {}

  /**
   * The formula as it stands, and every combination of evenly spaced values of its params.
   *
   * @param points how many values of each param, both ends of its range included; 2 or more
   * @throws IllegalArgumentException when these are too many
   */
  public static List<Candidate> grid(Candidate candidate, int points) {
    if (points < 2) {
      throw new IllegalArgumentException("a grid has 2 points or more, not " + points);
    }
    List<Param> params = candidate.formula().params();
    if (Math.pow(points, params.size()) > MOST) {
      throw new IllegalArgumentException(
          "%d points of each of %d params are over %,d formulas; take fewer points or --random"
              .formatted(points, params.size(), MOST));
    }
    List<Map<String, Double>> combinations = List.of(Map.of());
    for (Param param : params) {
      List<Map<String, Double>> longer = new ArrayList<>();
      for (Map<String, Double> combination : combinations) {
        for (int i = 0; i < points; i++) {
          longer.add(with(combination, param, (double) i / (points - 1)));
        }
      }
      combinations = longer;
    }
    Map<String, Candidate> byHash = startingWith(candidate);
    combinations.forEach(values -> add(byHash, candidate, values));
    return List.copyOf(byHash.values());
  }

  /**
   * The formula as it stands, and variants with values drawn evenly from the ranges.
   *
   * @param count how many are drawn
   * @param seed the same seed draws the same ones
   */
  public static List<Candidate> random(Candidate candidate, int count, long seed) {
    if (count < 1 || count > MOST) {
      throw new IllegalArgumentException(
          "1 to %,d formulas can be drawn, not %d".formatted(MOST, count));
    }
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Candidate> byHash = startingWith(candidate);
    // A range of few values has fewer variants than are asked for.
    for (int draws = 0; byHash.size() <= count && draws < DRAWS_FOR_EACH * count; draws++) {
      Map<String, Double> values = Map.of();
      for (Param param : candidate.formula().params()) {
        values = with(values, param, random.nextDouble());
      }
      add(byHash, candidate, values);
    }
    return List.copyOf(byHash.values());
  }

  /**
   * The variant with each param at a place of its range.
   *
   * @param places from 0 (the smallest value) to 1 (the largest), one for each param in its order
   */
  static Candidate at(Candidate candidate, double[] places) {
    Map<String, Double> values = Map.of();
    List<Param> params = candidate.formula().params();
    for (int i = 0; i < places.length; i++) {
      values = with(values, params.get(i), places[i]);
    }
    return variant(candidate, values);
  }

  /** Where in its range a param stands, from 0 to 1. */
  static double place(Param param) {
    return param.max() == param.min()
        ? 0
        : (param.value() - param.min()) / (param.max() - param.min());
  }

  private static Map<String, Candidate> startingWith(Candidate candidate) {
    Map<String, Candidate> byHash = new LinkedHashMap<>();
    byHash.put(candidate.formula().astHash(), candidate);
    return byHash;
  }

  /** Adds a variant unless one with the same formula is there. */
  private static void add(
      Map<String, Candidate> byHash, Candidate candidate, Map<String, Double> values) {
    if (!values.isEmpty()) {
      Candidate variant = variant(candidate, values);
      byHash.putIfAbsent(variant.formula().astHash(), variant);
    }
  }

  private static Map<String, Double> with(Map<String, Double> values, Param param, double place) {
    Map<String, Double> longer = new LinkedHashMap<>(values);
    double unit = unit(param);
    double exact = param.min() + place * (param.max() - param.min());
    double rounded = new BigDecimal(exact / unit).round(FOUR_DIGITS).doubleValue() * unit;
    longer.put(param.name(), Math.clamp(rounded, param.min(), param.max()));
    return longer;
  }

  private static Candidate variant(Candidate candidate, Map<String, Double> values) {
    Formula formula = candidate.formula().withParams(values);
    Policy base = candidate.policy();
    String name =
        formula.params().stream()
            .map(param -> param.name() + "=" + written(param))
            .collect(Collectors.joining(" ", base.name() + "[", "]"));
    return new Candidate(
        new Policy(
            name,
            formula.canonicalText(),
            base.decidesOn(),
            base.cadence(),
            base.lag(),
            base.minimumBytes(),
            base.maximumBytes()),
        formula);
  }

  private static String written(Param param) {
    BigDecimal value = new BigDecimal(param.value() / unit(param)).round(FOUR_DIGITS);
    return value.stripTrailingZeros().toPlainString()
        + (param.dimension() == Dimension.BYTES ? "MiB" : "");
  }

  private static double unit(Param param) {
    return param.dimension() == Dimension.BYTES ? MIB : 1;
  }
}
