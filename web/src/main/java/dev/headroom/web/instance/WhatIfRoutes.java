package dev.headroom.web.instance;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.KillCounts;
import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.kernel.BlockOptions;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.engine.kernel.LimitListener;
import dev.headroom.engine.kernel.ReplayOutcome;
import dev.headroom.engine.kernel.ReplayPass;
import dev.headroom.formula.FormulaException;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.formula.LibraryFormula;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Policy;
import dev.headroom.store.HourStore;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Body;
import dev.headroom.web.http.Caller;
import dev.headroom.web.http.Query;
import dev.headroom.web.http.Query.Range;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import dev.headroom.web.instance.SampleCache.Loaded;
import io.javalin.http.Context;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a formula would have done to one instance over a range: the same replay as a backtest of
 * that range, of this one policy. Samples are kept for a while, because a formula is typed letter
 * by letter, and a replay ends when the page that asked for it asks again.
 */
public final class WhatIfRoutes implements Routes, AutoCloseable {

  private static final int MOST_CHARACTERS = 10_000;
  private static final int MOST_ASKER_CHARACTERS = 64;
  private static final int MOST_POINTS = 1_000;
  private static final Duration LONGEST = Duration.ofDays(400);
  private static final int AT_A_TIME = 2;
  private static final long PATIENCE_S = 5;
  private static final String NAME = "what-if";
  private static final String WARM_UP = "talk";
  private static final BlockOptions COUNTED =
      new BlockOptions(BlockOptions.Kept.NONE, BlockOptions.ANY_TIME);

  private final SampleCache samples;
  private final Semaphore running = new Semaphore(AT_A_TIME);

  /** By who asks, what they asked last. */
  private final Map<Asker, Question> latest = new ConcurrentHashMap<>();

  private record Asker(String caller, String page) {}

  /** A formula whose answer somebody waits for, until a later one takes its place. */
  private static final class Question {
    private volatile boolean superseded;

    void checkWanted() {
      if (superseded) {
        throw ApiException.conflict(
            "a later formula of the same page took the place of this one", "read its answer");
      }
    }
  }

  public WhatIfRoutes(HourStore hours) {
    samples = new SampleCache(hours);
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
   * A range whose samples are at hand.
   *
   * @param bytes how much memory they take
   * @param loadedMs how long it took until they were, in milliseconds
   */
  record LoadedView(int samples, long bytes, long loadedMs) {}

  /**
   * What the formula would have done.
   *
   * @param samples how many the range has
   * @param problem why the formula cannot be used; then there is nothing else
   * @param atMs moments of decisions, in milliseconds since 1970
   * @param limitBytes the limit decided then; of several near each other the lowest
   */
  record WhatIfView(
      @Nullable ProblemView problem,
      int samples,
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
          0,
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
    return List.of(
        Route.post("/api/v1/instances/{id}/what-if", Scope.VIEWER, this::whatIf),
        Route.post("/api/v1/instances/{id}/what-if/load", Scope.VIEWER, this::load));
  }

  /**
   * Reads the range, so that the first formula does not wait for it, and replays a formula once, so
   * that it finds the code compiled.
   */
  private void load(Context context) throws InterruptedException {
    InstanceId id = Query.instanceId(context);
    Range range = range(Body.object(context));
    long begin = System.nanoTime();
    Loaded loaded = loaded(id, range);
    if (running.tryAcquire()) {
      try {
        replay(loaded, candidate(WARM_UP), range, new Question());
      } finally {
        running.release();
      }
    }
    context.json(
        new LoadedView(
            loaded.samples(),
            loaded.bytes(),
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin)));
  }

  private void whatIf(Context context) throws InterruptedException {
    InstanceId id = Query.instanceId(context);
    JsonNode body = Body.object(context);
    String text = Body.text(body, "formula", MOST_CHARACTERS);
    Range range = range(body);
    Question question = new Question();
    Asker asker = asker(context, body);
    supersede(asker, question);
    try {
      Candidate candidate = candidate(text);
      Loaded loaded = loaded(id, range);
      question.checkWanted();
      if (!running.tryAcquire(PATIENCE_S, TimeUnit.SECONDS)) {
        throw ApiException.unavailable("others replay at this moment", "wait a second");
      }
      try {
        context.json(replay(loaded, candidate, range, question));
      } finally {
        running.release();
      }
    } catch (FormulaException e) {
      context.json(WhatIfView.ofProblem(e));
    } finally {
      if (asker != null) {
        latest.remove(asker, question);
      }
    }
  }

  private static Range range(JsonNode body) {
    Instant now = Instant.now();
    Instant from = Query.moment("from", Body.text(body, "from", 40), now);
    Instant to = Query.moment("to", Body.text(body, "to", 40), now);
    if (!from.isBefore(to)) {
      throw ApiException.badRequest("from must be before to", "exchange them");
    }
    Range range = new Range(from, to);
    if (range.span().compareTo(LONGEST) > 0) {
      throw ApiException.tooMuch(
          "the range is " + range.span().toDays() + " days",
          "ask for " + LONGEST.toDays() + " days at most");
    }
    return range;
  }

  /** Who asks, if the body says which page it is. */
  private static @Nullable Asker asker(Context context, JsonNode body) {
    return body.has("asker")
        ? new Asker(Caller.of(context).name(), Body.text(body, "asker", MOST_ASKER_CHARACTERS))
        : null;
  }

  private void supersede(@Nullable Asker asker, Question question) {
    Question former = asker == null ? null : latest.put(asker, question);
    if (former != null) {
      former.superseded = true;
    }
  }

  private static Candidate candidate(String text) {
    String formula = FormulaLibrary.find(text.strip()).map(LibraryFormula::text).orElse(text);
    return Candidate.parse(Policy.of(NAME, formula));
  }

  private Loaded loaded(InstanceId id, Range range) throws InterruptedException {
    try {
      return samples.get(id, range.from(), range.to());
    } catch (NoSuchElementException e) {
      throw ApiException.notFound(
          "no collector ever reported instance " + id, "/api/v1/instances lists them");
    } catch (SampleCache.RangeTooLargeException e) {
      throw ApiException.tooMuch(
          String.valueOf(e.getMessage()),
          "choose a shorter range, or run `headroom backtest run --from … --to …`, which reads as it replays");
    }
  }

  private static WhatIfView replay(
      Loaded loaded, Candidate candidate, Range range, Question question) {
    LowestLimits limits = new LowestLimits(Math.max(1, range.span().toMillis() / MOST_POINTS));
    ReplayPass pass = new ReplayPass(loaded.input(), candidate.replayPolicy(), COUNTED, limits);
    while (pass.next()) {
      question.checkWanted();
    }
    ReplayOutcome outcome = pass.outcomes().getFirst();
    KillCounts kills = KillCounts.of(outcome.kills().stream().map(KillOutcome::verdict).toList());
    return new WhatIfView(
        null,
        loaded.samples(),
        candidate.formula().warnings().stream().map(Object::toString).toList(),
        limits.atMs,
        limits.limitBytes,
        new KillsView(
            kills.preventable(),
            kills.prevented(),
            kills.missed(),
            kills.unpreventable(),
            kills.undecided()),
        outcome.blockCounts(),
        outcome.breaches(),
        outcome.noDecisions(),
        outcome.exposure().overPromiseGibHours(),
        outcome.exposure().slackGibHours(),
        outcome.kills().stream()
            .map(kill ->
                new VerdictView(
                    kill.killId(),
                    kill.verdict().name().toLowerCase(Locale.ROOT),
                    kill.pessimisticVerdict().name().toLowerCase(Locale.ROOT),
                    kill.limitBytes(),
                    kill.reliefBytes(),
                    kill.leadMs()))
            .toList());
  }

  /** The lowest limit of each bucket, at its own moment: that is where blocks come from. */
  private static final class LowestLimits implements LimitListener {
    private static final long NS_PER_MS = 1_000_000;

    private final long bucketMs;
    private final List<Long> atMs = new ArrayList<>();
    private final List<Long> limitBytes = new ArrayList<>();
    private long bucket = Long.MIN_VALUE;
    private long lowest;

    LowestLimits(long bucketMs) {
      this.bucketMs = bucketMs;
    }

    @Override
    public void decided(long atNs, long limit) {
      long ms = Math.floorDiv(atNs, NS_PER_MS);
      if (ms / bucketMs != bucket) {
        bucket = ms / bucketMs;
        lowest = limit;
        atMs.add(ms);
        limitBytes.add(limit);
      } else if (limit < lowest) {
        lowest = limit;
        atMs.set(atMs.size() - 1, ms);
        limitBytes.set(limitBytes.size() - 1, limit);
      }
    }
  }

  @Override
  public void close() {
    samples.close();
  }
}
