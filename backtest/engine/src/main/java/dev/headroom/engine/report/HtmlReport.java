package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.BacktestResult.JudgedKill;
import dev.headroom.engine.backtest.Manifest;
import dev.headroom.engine.backtest.Manifest.PolicyEntry;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.backtest.PolicyResult.InstanceBlock;
import dev.headroom.engine.kernel.Block;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.model.Policy;
import dev.headroom.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A result as one page for a browser: pictures with tables beside them, light or dark as the reader
 * has it, no script, and no request to anywhere. The same result gives the same bytes.
 */
public final class HtmlReport {

  /** Longer tables say how much they leave out; the JSON has all. */
  private static final int MOST_ROWS = 200;

  private final BacktestResult result;
  private final List<PolicyResult> shown;
  private final StringBuilder html = new StringBuilder();

  private HtmlReport(BacktestResult result) {
    this.result = result;
    shown = TradeOff.mostTelling(result.policies());
  }

  /** The whole page, ended by a line feed; to be written as UTF-8. */
  public static String render(BacktestResult result) {
    return new HtmlReport(result).render();
  }

  private String render() {
    VerdictTable table = VerdictTable.of(result, shown);
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n")
        .append("<link rel=\"icon\" href=\"data:,\"/>\n<title>Backtest of ")
        .append(Markup.escape(Wording.recording(result.manifest())))
        .append("</title>\n<style>\n")
        .append(ReportCharts.resource("report.css"))
        .append(ReportCharts.style())
        .append("</style>\n</head>\n<body>\n<main>\n<h1>Backtest of ")
        .append(Markup.escape(Wording.recording(result.manifest())))
        .append("</h1>\n<p>")
        .append(Markup.escape(table.headline()))
        .append("</p>\n");
    appendVerdicts(table);
    appendPictures();
    appendReasons();
    appendKills();
    appendRefused();
    appendManifest();
    return html.append("</main>\n</body>\n</html>\n").toString();
  }

  private void heading(String text) {
    html.append("<h2>").append(Markup.escape(text)).append("</h2>\n");
  }

  private void appendVerdicts(VerdictTable table) {
    heading("Verdicts");
    List<String> columns = new ArrayList<>(table.columns());
    columns.set(0, "policy");
    columns.addFirst("number");
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < table.rows().size(); i++) {
      List<String> row = new ArrayList<>(table.rows().get(i));
      row.addFirst(String.valueOf(i + 1));
      rows.add(row);
    }
    int left = result.policies().size() - shown.size();
    html.append(
        Markup.table(
            left == 0
                ? "Every policy and its verdict"
                : "%s policies, those first that no other beats; the JSON has %s more"
                    .formatted(shown.size(), left),
            columns,
            rows));
    if (!table.notes().isEmpty()) {
      html.append("<ul>\n");
      table
          .notes()
          .forEach(note -> html.append("<li>").append(Markup.escape(note)).append("</li>\n"));
      html.append("</ul>\n");
    }
  }

  private void appendPictures() {
    heading("Kills prevented");
    BacktestConfig config = result.manifest().config();
    appendFigure(
        ReportCharts.prevention(shown, config),
        "share of kills that a limit might have prevented, with Wilson's interval, "
            + Wording.percent(config.confidence())
            + " sure");
    heading("False blocks");
    appendFigure(
        ReportCharts.falseBlocks(shown, config),
        "statements refused wrongly in 1,000 instance-days, on a logarithmic axis, with the exact"
            + " Poisson interval; at the left edge none was seen");
    heading("Trade-off");
    appendFigure(ReportCharts.tradeOff(shown), "kills not prevented against false blocks");
    html.append(TradeOff.table(result, shown));
  }

  private void appendFigure(String svg, String caption) {
    html.append("<figure>\n")
        .append(svg)
        .append("<figcaption>")
        .append(Markup.escape(ReportCharts.legend() + "; " + caption))
        .append("</figcaption>\n</figure>\n");
  }

  private void appendReasons() {
    heading("Why");
    for (PolicyResult policy : shown) {
      List<Reason> reasons = Reasons.of(result, policy);
      if (!reasons.isEmpty()) {
        html.append("<h3>").append(Markup.escape(policy.name())).append("</h3>\n<dl>\n");
        reasons.forEach(this::appendReason);
        html.append("</dl>\n");
      }
    }
  }

  private void appendReason(Reason reason) {
    html.append("<dt>")
        .append(Markup.escape(reason.topic()))
        .append("</dt><dd>")
        .append(Markup.escape(reason.text()));
    if (!reason.items().isEmpty()) {
      html.append("<ul>");
      reason
          .items()
          .forEach(item -> html.append("<li>").append(Markup.escape(item)).append("</li>"));
      html.append("</ul>");
    }
    html.append("</dd>\n");
  }

  private void appendKills() {
    heading("Kills");
    List<String> columns = new ArrayList<>(List.of("killed at", "victim", "kill"));
    shown.forEach(policy -> columns.add(policy.name()));
    List<List<String>> rows = new ArrayList<>();
    for (JudgedKill judged : result.kills().stream().limit(MOST_ROWS).toList()) {
      List<String> row = new ArrayList<>();
      row.add(judged.kill().killedAt().toString());
      row.add(KillExplanation.victim(judged.kill()));
      row.add(judged.kill().killId().toString().substring(0, 8));
      for (PolicyResult policy : shown) {
        row.add(
            policy
                .findKillOutcome(judged.kill().killId())
                .map(KillOutcome::verdict)
                .map(HtmlReport::symbol)
                .orElse(Wording.NO_DATA));
      }
      rows.add(row);
    }
    html.append(
        Markup.table(
            "What each policy would have done about each kill"
                + leftOut(result.kills().size() - rows.size()),
            columns,
            rows));
  }

  private static String symbol(Verdict verdict) {
    return switch (verdict) {
      case PREVENTED -> "✓ prevented";
      case MISSED -> "✕ missed";
      case UNPREVENTABLE -> "– unpreventable";
      case UNDECIDED_GAP -> "? gap";
      case UNDECIDED_CENSORED -> "? censored";
      case UNDECIDED_THIN -> "? thin";
      case SECONDARY -> "· secondary";
    };
  }

  private static String leftOut(int rows) {
    return rows == 0 ? "" : "; the JSON has %s more".formatted(rows);
  }

  private void appendRefused() {
    heading("Refused statements");
    for (PolicyResult policy : shown) {
      if (policy.judgement() == null || policy.instanceBlocks().isEmpty()) {
        continue;
      }
      List<List<String>> rows =
          policy.instanceBlocks().stream().limit(MOST_ROWS).map(HtmlReport::refusedRow).toList();
      html.append("<details>\n<summary>")
          .append(Markup.escape(policy.name()))
          .append(": ")
          .append(Wording.plural(policy.instanceBlocks().size(), "statement"))
          .append("</summary>\n")
          .append(
              Markup.table(
                  "What "
                      + policy.name()
                      + " would have refused"
                      + leftOut(policy.instanceBlocks().size() - rows.size()),
                  List.of(
                      "refused by",
                      "what it was",
                      "kind",
                      "user",
                      "database",
                      "query id",
                      "query fingerprint",
                      "limit",
                      "grew by"),
                  rows))
          .append("</details>\n");
    }
  }

  private static List<String> refusedRow(InstanceBlock instanceBlock) {
    Block block = instanceBlock.block();
    return List.of(
        JsonReport.at(block.refusedAtNs()),
        Wording.word(block.blockClass()),
        block.process().kind().description(),
        orDash(block.user()),
        orDash(block.database()),
        orDash(block.queryId()),
        orDash(block.queryFingerprint()),
        block.limitBytes() == null ? "none" : Wording.bytes(block.limitBytes()),
        Wording.bytes(block.growthBytes()));
  }

  private static String orDash(@Nullable Object value) {
    return value == null ? "–" : value.toString();
  }

  private void appendManifest() {
    heading("What this depends on");
    Manifest manifest = result.manifest();
    html.append(
        Markup.table(
            "The same values give the same bytes",
            List.of("what", "value"),
            List.of(
                List.of("engine version", manifest.engineVersion()),
                List.of("recording hash", manifest.recordingHash()),
                List.of("seed", String.valueOf(manifest.config().seed())),
                List.of("confidence", Wording.percent(manifest.config().confidence())))));
    List<String> names = shown.stream().map(PolicyResult::name).toList();
    html.append(
        Markup.table(
            "Formulas, in their canonical form",
            List.of("policy", "formula", "cadence", "lag", "hash"),
            manifest.policies().stream()
                .filter(entry -> entry.formulaText() != null && names.contains(entry.name()))
                .map(HtmlReport::formulaRow)
                .toList()));
  }

  private static List<String> formulaRow(PolicyEntry entry) {
    return List.of(
        entry.name(),
        Objects.requireNonNull(entry.formulaText()),
        entry.decidesOn() == Policy.Trigger.EVENTS
            ? "events"
            : Wording.seconds(entry.cadence().toMillis()),
        Wording.seconds(entry.lag().toMillis()),
        Objects.requireNonNull(entry.formulaHash()));
  }
}
