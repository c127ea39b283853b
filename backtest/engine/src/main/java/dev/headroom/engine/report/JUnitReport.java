package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.backtest.Judgement.Outcome;
import dev.headroom.engine.backtest.Manifest;
import dev.headroom.engine.backtest.PolicyResult;
import java.util.List;
import java.util.Objects;

/**
 * Verdicts as a pipeline reads test results: one test for each candidate. PASS is a test that
 * succeeds, FAIL one that fails; what becomes of an open verdict is the caller's choice. There are
 * no times in it, so the same result gives the same bytes.
 */
public final class JUnitReport {

  private JUnitReport() {}

  /** An XML document, ended by a line feed; to be written as UTF-8. */
  public static String render(BacktestResult result, OpenVerdict open) {
    List<PolicyResult> candidates =
        result.policies().stream().filter(policy -> policy.judgement() != null).toList();
    String counts =
        "tests=\"%s\" failures=\"%s\" errors=\"%s\" skipped=\"%s\""
            .formatted(
                candidates.size(),
                count(candidates, JUnitReport::fails),
                open == OpenVerdict.ERROR ? count(candidates, JUnitReport::isOpen) : 0,
                open == OpenVerdict.SKIPPED ? count(candidates, JUnitReport::isOpen) : 0);
    StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.append("<testsuites name=\"backtest\" ").append(counts).append(">\n");
    xml.append("  <testsuite name=\"")
        .append(Markup.escape(recording(result.manifest())))
        .append("\" ")
        .append(counts)
        .append(">\n    <properties>\n");
    appendProperty(xml, "engine_version", result.manifest().engineVersion());
    appendProperty(xml, "recording_hash", result.manifest().recordingHash());
    appendProperty(xml, "seed", String.valueOf(result.manifest().config().seed()));
    appendProperty(xml, "formulas_tried", String.valueOf(result.formulasTriedInAll()));
    xml.append("    </properties>\n");
    candidates.forEach(policy -> appendTest(xml, result, policy, open));
    return xml.append("  </testsuite>\n</testsuites>\n").toString();
  }

  private static String recording(Manifest manifest) {
    return "recording " + Wording.recording(manifest);
  }

  private interface Test {
    boolean is(Judgement judgement);
  }

  private static long count(List<PolicyResult> candidates, Test test) {
    return candidates.stream().filter(policy -> test.is(judgement(policy))).count();
  }

  private static boolean fails(Judgement judgement) {
    return judgement.outcome() == Outcome.FAIL;
  }

  private static boolean isOpen(Judgement judgement) {
    return judgement.outcome() == Outcome.INCONCLUSIVE || judgement.outcome() == Outcome.NO_DATA;
  }

  private static Judgement judgement(PolicyResult policy) {
    return Objects.requireNonNull(policy.judgement());
  }

  private static void appendProperty(StringBuilder xml, String name, String value) {
    xml.append(
        "      <property name=\"%s\" value=\"%s\"/>\n".formatted(name, Markup.escape(value)));
  }

  private static void appendTest(
      StringBuilder xml, BacktestResult result, PolicyResult policy, OpenVerdict open) {
    Judgement judgement = judgement(policy);
    xml.append(
        "    <testcase classname=\"backtest\" name=\"%s\">\n"
            .formatted(Markup.escape(policy.name())));
    if (judgement.outcome() != Outcome.PASS) {
      String element =
          fails(judgement) ? "failure" : open == OpenVerdict.ERROR ? "error" : "skipped";
      String type =
          element.equals("skipped")
              ? ""
              : " type=\"%s\"".formatted(Wording.words(judgement.outcome()));
      xml.append(
          "      <%s%s message=\"%s: %s\"/>\n"
              .formatted(
                  element,
                  type,
                  Wording.words(judgement.outcome()),
                  Markup.escape(String.join(" and ", judgement.reasons()))));
    }
    xml.append("      <system-out>");
    Reasons.of(result, policy).forEach(reason -> appendReason(xml, reason));
    xml.append("</system-out>\n    </testcase>\n");
  }

  private static void appendReason(StringBuilder xml, Reason reason) {
    xml.append(Markup.escape(reason.topic() + ": " + reason.text())).append('\n');
    reason.items().forEach(item -> xml.append(Markup.escape("  - " + item)).append('\n'));
  }
}
