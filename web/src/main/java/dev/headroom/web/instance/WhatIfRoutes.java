package dev.headroom.web.instance;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.backtest.RecordingSource;
import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.kernel.Replay;
import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.formula.FormulaException;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.formula.LibraryFormula;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Policy;
import dev.headroom.model.Sample;
import dev.headroom.store.InstanceStore;
import dev.headroom.store.RecordingStore;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Body;
import dev.headroom.web.http.Query;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import io.javalin.http.Context;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a formula would have done to one instance over a range: the same replay as a backtest of
 * that range. What was read is kept for a while, because a formula is typed letter by letter.
 */
public final class WhatIfRoutes implements Routes {

  private static final int MOST_SAMPLES = 100_000;
  private static final int MOST_CHARACTERS = 10_000;
  private static final int MOST_POINTS = 1_000;
  private static final int MOST_KEPT = 4;
  private static final int AT_A_TIME = 2;
  private static final long PATIENCE_S = 5;
  private static final String NAME = "what-if";

  private final InstanceStore instances;
  private final RecordingStore recordings;
  private final Semaphore running = new Semaphore(AT_A_TIME);
  private final Map<Key, InstanceRecording> kept =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, InstanceRecording> eldest) {
          return size() > MOST_KEPT;
        }
      };

  private record Key(InstanceId id, Instant from, Instant to) {}

  public WhatIfRoutes(InstanceStore instances, RecordingStore recordings) {
    this.instances = instances;
    this.recordings = recordings;
  }

  /** A formula that is none, with its text and carets under the place. */
  record ProblemView(int line, int column, String text) {}

  /** What was found out about one kill. */
  record VerdictView(
      UUID killId,
      String verdict,
      String pessimisticVerdict,
      @Nullable Long limitBytes,
      long reliefBytes,
      @Nullable Long leadMs) {}

  /** Verdicts by number. */
  record KillsView(int preventable, int prevented, int missed, int unpreventable, int undecided) {}

  /**
   * What the formula would have done.
   *
   * @param problem why the formula cannot be used; then there is nothing else
   * @param atMs moments of decisions, in milliseconds since 1970
   * @param limitBytes the limit decided then; of several near each other the lowest
   */
  record WhatIfView(
      @Nullable ProblemView problem,
      List<String> warnings,
      List<Long> atMs,
      List<Long> limitBytes,
      @Nullable KillsView kills,
      @Nullable BlockCounts blocks,
      int breaches,
      long noDecisions,
      @Nullable Double overPromiseGibHours,
      @Nullable Double slackGibHours,
      List<VerdictView> verdicts) {

    static WhatIfView ofProblem(FormulaException e) {
      return new WhatIfView(
          new ProblemView(e.line(), e.column(), e.getMessage()),
          List.of(),
          List.of(),
          List.of(),
          null,
          null,
          0,
          0,
          null,
          null,
          List.of());
    }
  }

  @Override
  public List<Route> routes() {
    return List.of(Route.post("/api/v1/instances/{id}/what-if", Scope.VIEWER, this::whatIf));
  }

  private void whatIf(Context context) throws InterruptedException {
    InstanceId id = Query.instanceId(context);
    JsonNode body = Body.object(context);
    String text = Body.text(body, "formula", MOST_CHARACTERS);
    Instant now = Instant.now();
    Instant from = Query.moment("from", Body.text(body, "from", 40), now);
    Instant to = Query.moment("to", Body.text(body, "to", 40), now);
    if (!from.isBefore(to)) {
      throw ApiException.badRequest("from must be before to", "exchange them");
    }
    Candidate candidate;
    try {
      candidate = candidate(text);
    } catch (FormulaException e) {
      context.json(WhatIfView.ofProblem(e));
      return;
    }
    if (!running.tryAcquire(PATIENCE_S, TimeUnit.SECONDS)) {
      throw ApiException.unavailable("others replay at this moment", "wait a second");
    }
    try {
      context.json(replay(recording(id, from, to), candidate, from, to));
    } finally {
      running.release();
    }
  }

  private static Candidate candidate(String text) {
    String formula = FormulaLibrary.find(text.strip()).map(LibraryFormula::text).orElse(text);
    return Candidate.parse(Policy.of(NAME, formula));
  }

  private InstanceRecording recording(InstanceId id, Instant from, Instant to) {
    Key key = new Key(id, from, to);
    synchronized (kept) {
      InstanceRecording known = kept.get(key);
      if (known != null) {
        return known;
      }
    }
    if (instances.find(id).isEmpty()) {
      throw ApiException.notFound(
          "no collector ever reported instance " + id, "/api/v1/instances lists them");
    }
    if (instances.countSamples(id, from, to, MOST_SAMPLES + 1) > MOST_SAMPLES) {
      throw ApiException.tooMuch(
          "there are more than %,d samples in this range".formatted(MOST_SAMPLES),
          "choose a shorter range, or run a backtest of a recording");
    }
    InstanceRecording read = recordings.read(id, from, to);
    synchronized (kept) {
      kept.put(key, read);
    }
    return read;
  }

  private static WhatIfView replay(
      InstanceRecording recording, Candidate candidate, Instant from, Instant to) {
    BacktestResult result =
        Backtest.run(
            new RecordingSource(null, from, to, NAME, List.of(recording)),
            List.of(candidate),
            BacktestConfig.DEFAULT.withResamples(0),
            ProgressListener.NONE);
    PolicyResult policy =
        result.policies().stream()
            .filter(each -> each.name().equals(NAME))
            .findFirst()
            .orElseThrow();
    List<Long> atMs = new ArrayList<>();
    List<Long> limitBytes = new ArrayList<>();
    draw(
        recording,
        Replay.limits(ReplayInput.of(recording), candidate.replayPolicy()),
        Math.max(1, Duration.between(from, to).toMillis() / MOST_POINTS),
        atMs,
        limitBytes);
    return new WhatIfView(
        null,
        candidate.formula().warnings().stream().map(Object::toString).toList(),
        atMs,
        limitBytes,
        new KillsView(
            policy.kills().preventable(),
            policy.kills().prevented(),
            policy.kills().missed(),
            policy.kills().unpreventable(),
            policy.kills().undecided()),
        policy.blocks(),
        policy.breaches(),
        policy.noDecisions(),
        policy.overPromiseGibHours(),
        policy.slackGibHours(),
        policy.killOutcomes().stream()
            .map(outcome ->
                new VerdictView(
                    outcome.killId(),
                    outcome.verdict().name().toLowerCase(Locale.ROOT),
                    outcome.pessimisticVerdict().name().toLowerCase(Locale.ROOT),
                    outcome.limitBytes(),
                    outcome.reliefBytes(),
                    outcome.leadMs()))
            .toList());
  }

  /** The lowest limit of each bucket, at its own moment: that is where blocks come from. */
  private static void draw(
      InstanceRecording recording,
      List<OptionalLong> limits,
      long bucketMs,
      List<Long> atMs,
      List<Long> limitBytes) {
    long bucket = Long.MIN_VALUE;
    List<Sample> samples = recording.samples();
    for (int i = 0; i < samples.size(); i++) {
      if (limits.get(i).isEmpty()) {
        continue;
      }
      long at = samples.get(i).sampledAt().toEpochMilli();
      long limit = limits.get(i).getAsLong();
      if (at / bucketMs != bucket) {
        bucket = at / bucketMs;
        atMs.add(at);
        limitBytes.add(limit);
      } else if (limit < limitBytes.getLast()) {
        atMs.set(atMs.size() - 1, at);
        limitBytes.set(limitBytes.size() - 1, limit);
      }
    }
  }
}
