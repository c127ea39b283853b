package dev.headroom.web.backtest;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.model.BacktestRun;
import dev.headroom.model.Recording;
import dev.headroom.store.BacktestStore;
import dev.headroom.store.RecordingStore;
import dev.headroom.store.RunSummaryStore;
import dev.headroom.web.backtest.BacktestJobs.Progress;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Body;
import dev.headroom.web.http.Caller;
import dev.headroom.web.http.Query;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import dev.headroom.web.http.WebJson;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Lists, shows, starts and cancels backtests. Close it to cancel the one that runs. */
public final class BacktestRoutes implements Routes, AutoCloseable {

  private static final int MOST_RUNS = 200;
  private static final int MOST_CHARACTERS = 200;

  private static final Map<String, String> REPORT_TYPES =
      new TreeMap<>(
          Map.of(
              "html", "text/html; charset=utf-8",
              "json", "application/json",
              "md", "text/markdown; charset=utf-8",
              "txt", "text/plain; charset=utf-8",
              "xml", "application/xml; charset=utf-8"));

  private final BacktestStore runs;
  private final RunSummaryStore summaries;
  private final RecordingStore recordings;
  private final BacktestJobs jobs;

  public BacktestRoutes(DataSource dataSource, BacktestEngine engine) {
    runs = new BacktestStore(dataSource);
    summaries = new RunSummaryStore(dataSource);
    recordings = new RecordingStore(dataSource);
    jobs = new BacktestJobs(engine);
  }

  /** A kept run with its result as it was written. */
  record RunView(
      UUID runId,
      String kind,
      Instant startedAt,
      @Nullable String recordingName,
      String recordingHash,
      String engineVersion,
      JsonNode result) {}

  /** A recording that can be replayed. */
  record RecordingView(String name, Instant startsAt, Instant endsAt, int instances, String note) {}

  /** A formula of the library. */
  record FormulaView(String name, String title, String text) {}

  /** What a backtest can be made of. */
  record SetupView(List<RecordingView> recordings, List<FormulaView> formulas) {}

  @Override
  public List<Route> routes() {
    return List.of(
        Route.get(
            "/api/v1/backtests",
            Scope.VIEWER,
            context ->
                context.json(summaries.list(Query.integer(context, "limit", 50, 1, MOST_RUNS)))),
        Route.get("/api/v1/backtests/{id}", Scope.VIEWER, this::run),
        Route.get("/api/v1/backtests/{id}/report", Scope.VIEWER, this::report),
        Route.post("/api/v1/backtests", Scope.OPERATOR, this::start),
        Route.get("/api/v1/backtest-setup", Scope.VIEWER, this::setup),
        Route.get("/api/v1/backtest-jobs", Scope.VIEWER, context -> context.json(jobs.list())),
        Route.get("/api/v1/backtest-jobs/{id}", Scope.VIEWER, this::job),
        Route.post("/api/v1/backtest-jobs/{id}/cancel", Scope.OPERATOR, this::cancel));
  }

  private void run(Context context) {
    UUID id = Query.uuid(context, "id");
    BacktestRun run =
        runs.find(id)
            .orElseThrow(() ->
                ApiException.notFound("there is no run " + id, "/api/v1/backtests lists them"));
    context.json(
        new RunView(
            run.runId(),
            run.kind(),
            run.startedAt(),
            run.recordingName(),
            run.recordingHash(),
            run.engineVersion(),
            WebJson.mapper().readTree(run.resultJson())));
  }

  /** A file to keep, never a page of this site: a browser saves it. */
  private void report(Context context) {
    UUID id = Query.uuid(context, "id");
    String format = Objects.requireNonNullElse(context.queryParam("format"), "html");
    String type = REPORT_TYPES.get(format);
    if (type == null) {
      throw ApiException.badRequest(
          "there is no such format of a report", "ask for one of " + REPORT_TYPES.keySet());
    }
    String report =
        findReport(id, format)
            .orElseThrow(() ->
                ApiException.notFound(
                    "no such report was kept of run " + id,
                    "only backtests have reports, and those of earlier versions have none: run it again"));
    context.header(
        "Content-Disposition", "attachment; filename=\"backtest-%s.%s\"".formatted(id, format));
    context.contentType(type);
    context.result(report);
  }

  /** The JSON is the result itself. */
  private Optional<String> findReport(UUID id, String format) {
    return format.equals("json")
        ? runs.find(id).map(BacktestRun::resultJson)
        : runs.findReport(id, format);
  }

  private void start(Context context) {
    JsonNode body = Body.object(context);
    String name = Body.text(body, "recording", MOST_CHARACTERS);
    Recording recording =
        recordings
            .find(name.replace("\0", ""))
            .orElseThrow(() ->
                ApiException.notFound(
                    "there is no such recording", "/api/v1/backtest-setup lists them"));
    List<Candidate> candidates = Candidates.parse(formulas(body));
    context.status(202);
    context.json(jobs.start(recording, candidates, Caller.of(context).name()));
  }

  private static List<String> formulas(JsonNode body) {
    List<String> formulas = new ArrayList<>();
    for (JsonNode formula : body.path("formulas")) {
      if (!formula.isString()) {
        throw ApiException.badRequest("formulas is a list of texts", "correct formulas");
      }
      formulas.add(formula.stringValue());
    }
    return formulas;
  }

  private void setup(Context context) {
    context.json(
        new SetupView(
            recordings.list().stream()
                .map(each ->
                    new RecordingView(
                        each.name(),
                        each.startsAt(),
                        each.endsAt(),
                        each.instances().size(),
                        each.note()))
                .toList(),
            FormulaLibrary.list().stream()
                .map(each -> new FormulaView(each.name(), each.title(), each.text()))
                .toList()));
  }

  private void job(Context context) {
    UUID id = Query.uuid(context, "id");
    context.json(jobs.find(id).orElseThrow(BacktestRoutes::noJob));
  }

  private void cancel(Context context) {
    Progress progress = jobs.cancel(Query.uuid(context, "id")).orElseThrow(BacktestRoutes::noJob);
    context.json(progress);
  }

  private static ApiException noJob() {
    return ApiException.notFound(
        "there is no such backtest under way", "/api/v1/backtest-jobs lists the latest");
  }

  @Override
  public void close() {
    jobs.close();
  }
}
