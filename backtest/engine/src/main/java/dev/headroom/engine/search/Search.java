package dev.headroom.engine.search;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.Trials;
import dev.headroom.model.Recording;
import java.util.ArrayList;
import java.util.List;

/**
 * One search over one recording: candidates are scored on the choosing part only, and what wins
 * there is judged on the hold-out.
 */
public final class Search {

  /** Policies in one pass over the recording: each keeps its kills in memory until it is scored. */
  private static final int BATCH = 200;

  private final Replayer replayer;
  private final HoldOut.Split split;
  private final BacktestConfig config;
  private final Progress progress;

  /** Hears how many candidates were scored so far. */
  @FunctionalInterface
  public interface Progress {
    /** Nobody listens. */
    Progress NONE = _ -> {};

    void scored(int candidates);
  }

  /**
   * A search.
   *
   * @param config goals, prices and seed, for the choosing and for the judgement
   */
  public Search(
      Recording recording,
      HoldOut holdOut,
      Replayer replayer,
      BacktestConfig config,
      Progress progress) {
    this.split = holdOut.split(recording, config.seed());
    this.replayer = replayer;
    this.config = config;
    this.progress = progress;
  }

  /**
   * Scores all candidates and judges the cheapest.
   *
   * @param candidates with names of their own; never empty
   */
  public Choice sweep(List<Candidate> candidates) {
    return judge(score(split.choosing(), candidates));
  }

  /**
   * Lets an optimiser move the params of each candidate, and judges the cheapest of all it tried.
   *
   * @param candidates with names of their own; those without params are scored as they are
   * @param evaluations how many variants of each candidate may be replayed, 1 or more
   */
  public Choice tune(List<Candidate> candidates, int evaluations) {
    List<Score> scores = new ArrayList<>();
    for (Candidate candidate : candidates) {
      int before = scores.size();
      Tuning tuning =
          new Tuning(
              candidate,
              config.seed(),
              evaluations,
              variant -> {
                Score score = scoreQuietly(split.choosing(), List.of(variant)).getFirst();
                progress.scored(1);
                return score;
              });
      scores.addAll(before, tuning.run());
    }
    return judge(scores);
  }

  private Choice judge(List<Score> scores) {
    Score winner = scores.stream().min(Score.CHEAPEST_FIRST).orElseThrow();
    BacktestResult judged =
        replayer.judge(
            split.heldOut(),
            List.of(winner.candidate()),
            config.withTrials(new Trials(0, scores.size() - 1)));
    return new Choice(
        split,
        scores,
        Score.front(scores).stream().sorted(Score.CHEAPEST_FIRST).toList(),
        winner,
        judged);
  }

  private List<Score> score(Slice slice, List<Candidate> candidates) {
    return scoreInBatches(replayer, slice, candidates, forChoosing(config), progress);
  }

  private List<Score> scoreQuietly(Slice slice, List<Candidate> candidates) {
    return scoreInBatches(replayer, slice, candidates, forChoosing(config), Progress.NONE);
  }

  /**
   * Scores candidates in as many passes over the slice as its batches need, so that memory does not
   * grow with their number.
   *
   * @param config from {@link #forChoosing}
   */
  public static List<Score> scoreInBatches(
      Replayer replayer,
      Slice slice,
      List<Candidate> candidates,
      BacktestConfig config,
      Progress progress) {
    List<Score> scores = new ArrayList<>();
    for (int from = 0; from < candidates.size(); from += BATCH) {
      List<Candidate> batch = candidates.subList(from, Math.min(candidates.size(), from + BATCH));
      scores.addAll(Score.of(replayer.replay(slice, batch, config), batch));
      progress.scored(batch.size());
    }
    return scores;
  }

  /** Choosing needs costs alone: no interval of theirs, no comparison, no refused statement. */
  public static BacktestConfig forChoosing(BacktestConfig config) {
    return config.withResamples(0).withAgainst(null).withoutBlocks();
  }
}
