package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.search.Choice;
import dev.headroom.engine.search.HoldOut;
import dev.headroom.engine.search.Replayer;
import dev.headroom.engine.search.Search;
import dev.headroom.engine.search.Variants;
import dev.headroom.engine.search.WalkForward;
import dev.headroom.engine.search.WalkPlan;
import dev.headroom.model.Recording;
import java.util.List;

/**
 * What a search is to do: everything its result depends on besides the recording.
 *
 * @param formulas as they were given, before any param was moved
 * @param method how candidates come from them
 * @param config goals, prices and seed
 */
record SearchSpec(List<Candidate> formulas, Method method, BacktestConfig config) {

  SearchSpec {
    formulas = List.copyOf(formulas);
  }

  /** How candidates come from formulas, and what judges the one that is chosen. */
  sealed interface Method {

    /** What the run is called in the store and in JSON. */
    String kind();
  }

  /** The formulas as they are; the best of them is judged on the hold-out. */
  record Given(HoldOut holdOut) implements Method {
    @Override
    public String kind() {
      return "holdout";
    }
  }

  /** A grid over the params of each formula. */
  record Grid(int points, HoldOut holdOut) implements Method {
    @Override
    public String kind() {
      return "sweep";
    }
  }

  /** Variants of each formula drawn by chance. */
  record Random(int count, HoldOut holdOut) implements Method {
    @Override
    public String kind() {
      return "sweep";
    }
  }

  /** An optimiser on the params of each formula. */
  record Tune(int evaluations, HoldOut holdOut) implements Method {
    @Override
    public String kind() {
      return "tune";
    }
  }

  /** A grid chosen from again and again, each time on the past only. */
  record Walk(int points, WalkPlan plan) implements Method {
    @Override
    public String kind() {
      return "walk";
    }
  }

  /** What a search found. */
  sealed interface Found {

    /** One choice, judged once. */
    record Chosen(Choice choice) implements Found {}

    /** A choice in each fold. */
    record Walked(WalkForward walk) implements Found {}
  }

  /** How many formulas the search will score, at most. */
  int toScore(Recording recording) {
    return switch (method) {
      case Given _, Grid _, Random _ -> candidates().size();
      case Tune(int evaluations, HoldOut _) ->
          formulas.stream()
              .mapToInt(each -> each.formula().params().isEmpty() ? 1 : evaluations)
              .sum();
      case Walk(int _, WalkPlan plan) -> plan.folds(recording) * candidates().size();
    };
  }

  /**
   * Does it.
   *
   * @throws IllegalArgumentException when the recording cannot be split as asked
   */
  Found search(Recording recording, Replayer replayer, Search.Progress progress) {
    return switch (method) {
      case Given(HoldOut holdOut) -> chosen(recording, holdOut, replayer, progress);
      case Grid(int _, HoldOut holdOut) -> chosen(recording, holdOut, replayer, progress);
      case Random(int _, HoldOut holdOut) -> chosen(recording, holdOut, replayer, progress);
      case Tune(int evaluations, HoldOut holdOut) ->
          new Found.Chosen(
              new Search(recording, holdOut, replayer, config, progress)
                  .tune(formulas, evaluations));
      case Walk(int _, WalkPlan plan) ->
          new Found.Walked(
              WalkForward.run(recording, plan, candidates(), replayer, config, progress));
    };
  }

  private Found chosen(
      Recording recording, HoldOut holdOut, Replayer replayer, Search.Progress progress) {
    return new Found.Chosen(
        new Search(recording, holdOut, replayer, config, progress).sweep(candidates()));
  }

  private List<Candidate> candidates() {
    return switch (method) {
      case Given _, Tune _ -> formulas;
      case Grid(int points, HoldOut _) -> grid(points);
      case Walk(int points, WalkPlan _) -> grid(points);
      case Random(int count, HoldOut _) ->
          formulas.stream()
              .flatMap(each -> Variants.random(each, count, config.seed()).stream())
              .toList();
    };
  }

  private List<Candidate> grid(int points) {
    return formulas.stream().flatMap(each -> Variants.grid(each, points).stream()).toList();
  }
}
