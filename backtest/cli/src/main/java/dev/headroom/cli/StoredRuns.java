package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.report.JsonReport;
import dev.headroom.engine.report.ReportFormat;
import dev.headroom.model.BacktestKill;
import dev.headroom.model.BacktestRun;
import dev.headroom.store.BacktestStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;

/** Runs in the database, by the id that names them. */
public final class StoredRuns {

  /** Fewer digits could as well be the name of a formula. */
  private static final Pattern ID_PREFIX = Pattern.compile("[0-9a-f]{4,8}(-[0-9a-f-]{0,27})?");

  private StoredRuns() {}

  /** The id of a run with this manifest: the same manifest has the same one. */
  static UUID idOf(String manifestJson) {
    return UUID.nameUUIDFromBytes(manifestJson.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Keeps a run, its verdicts and its reports.
   *
   * @return the run's id; the same recording, policies and goals have the same one
   */
  public static UUID save(BacktestStore store, BacktestResult result, Instant startedAt) {
    String manifest = JsonReport.renderManifest(result.manifest());
    UUID runId = idOf(manifest);
    BacktestRun run =
        new BacktestRun(
            runId,
            BacktestRun.RUN,
            startedAt,
            result.manifest().recordingName(),
            result.manifest().recordingHash(),
            result.manifest().engineVersion(),
            manifest,
            JsonReport.render(result));
    store.save(run, kills(runId, result), reports(result));
    return runId;
  }

  /** All formats but JSON, which is the result itself. */
  private static Map<String, String> reports(BacktestResult result) {
    Map<String, String> reports = new TreeMap<>();
    for (ReportFormat format : ReportFormat.values()) {
      if (format != ReportFormat.JSON) {
        reports.put(format.extension(), format.render(result));
      }
    }
    return reports;
  }

  private static List<BacktestKill> kills(UUID runId, BacktestResult result) {
    List<BacktestKill> kills = new ArrayList<>();
    result
        .policies()
        .forEach(policy ->
            policy
                .killOutcomes()
                .forEach(outcome ->
                    kills.add(
                        new BacktestKill(
                            runId,
                            policy.name(),
                            outcome.killId(),
                            outcome.verdict(),
                            outcome.pessimisticVerdict(),
                            outcome.limitBytes(),
                            outcome.reliefBytes(),
                            outcome.leadMs()))));
    return kills;
  }

  /** Whether a text can be the start of a run's id. */
  static boolean isIdPrefix(String text) {
    return ID_PREFIX.matcher(text.toLowerCase(Locale.ROOT)).matches();
  }

  /**
   * The run whose id starts with these digits.
   *
   * @throws CommandFailure when none does, or several
   */
  static BacktestRun get(BacktestStore store, String idPrefix) {
    if (!isIdPrefix(idPrefix)) {
      throw CommandFailure.usage(
          "'" + idPrefix + "' is no run's id; `backtest show` lists the runs with theirs");
    }
    List<BacktestRun> matching = store.listByIdPrefix(idPrefix.toLowerCase(Locale.ROOT));
    return switch (matching.size()) {
      case 1 -> matching.getFirst();
      case 0 ->
          throw CommandFailure.usage(
              "no run has an id that starts with '"
                  + idPrefix
                  + "'; `backtest show` lists the runs with theirs");
      default ->
          throw CommandFailure.usage(
              matching.size()
                  + " runs have ids that start with '"
                  + idPrefix
                  + "'; give more digits");
    };
  }
}
