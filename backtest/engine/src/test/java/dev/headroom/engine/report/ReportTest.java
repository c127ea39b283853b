package dev.headroom.engine.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.backtest.RecordingSource;
import dev.headroom.engine.backtest.SmallInstance;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.MemoryContext;
import dev.headroom.model.Policy;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/**
 * One instance on cgroup v1 with per-process resident memory, and a kill 0.5 s after the last of
 * five samples. memory_max 1024, floor = shmem 128 + kernel 96, so headroom = 800; MiB throughout.
 */
final class ReportTest {

  private static final long MIB = SmallInstance.MIB;

  private static InstanceRecording recording(String name) {
    return new SmallInstance(name, CgroupVersion.V1, "app", Map.of())
        .growing()
        .killed(
            SmallInstance.START.plusMillis(4500),
            new MemoryContext("PortalContext", 724 * MIB, 88_436),
            new MemoryContext("CacheMemoryContext", 1 * MIB, 40))
        .ready(SmallInstance.START.plusSeconds(9), Duration.ofMillis(4500))
        .recording();
  }

  private static BacktestResult run(String against) {
    return Backtest.run(
        new RecordingSource("lab-1", "hash-1", List.of(recording("a"))),
        List.of(
            Candidate.parse(Policy.of("talk", "memory_max - (shmem + page_tables + 100MiB)")),
            Candidate.parse(Policy.of("generous", "memory_max - shmem"))),
        BacktestConfig.DEFAULT.withAgainst(against),
        ProgressListener.NONE);
  }

  @Test
  void table_hasOneRowForEachPolicy_inLine() {
    String text = TextReport.render(run("talk"));

    List<String> lines = text.lines().toList();
    assertThat(lines.getFirst())
        .isEqualTo(
            "recording lab-1 · 1 instance · 0.075 instance-minutes · fidelity resident · 1 kill · 2 formulas tried");
    assertThat(lines.get(1).strip().split(" {2,}"))
        .containsExactly(
            "prevented", "missed", "undecided", "false blocks", "over-promise", "slack", "verdict");
    assertThat(lines.get(2).indexOf("1/1")).isEqualTo(lines.get(1).indexOf("prevented"));
    // talk: 1024-128-8-100 = 788 < 800, crossed by 860 at the kill
    // 4.5 s are 0.075 minutes; -ln(0.05) events in them would be 57.5 million in 1,000 days
    assertThat(text)
        .containsPattern(
            "talk +1/1 {2}100% \\[21,100\\] +0 +0 +0 {2}\\(under 58M/1k i-d\\) +0 GiB·h +0\\.015 MiB·h");
    // 896 is never crossed: missed; one kill is too few to fail (upper bound 95%)
    assertThat(text).containsPattern("generous +0/1 {2}0% \\[0,79\\] +1 +0 ");
    assertThat(text).containsPattern("hindsight +1/1 +0 +0 +0");
    assertThat(text).containsPattern("current +no data +neither the guard's limit");
    assertThat(text).containsPattern("never +0/1 +1 +0 +0");
    assertThat(text)
        .contains(
            "note: generous against talk: 0 kills only it prevents, 1 only the other, on 1 instance");
  }

  @Test
  void sameNoteOfSeveralPolicies_isOneLineThatNamesThem() {
    BacktestResult result =
        Backtest.run(
            new RecordingSource("lab-1", "hash-1", List.of(recording("a"))),
            List.of(
                Candidate.parse(Policy.of("anon", "memory_max - anon")),
                Candidate.parse(Policy.of("talk", "memory_max - shmem")),
                Candidate.parse(Policy.of("file", "memory_max - file"))),
            BacktestConfig.DEFAULT,
            ProgressListener.NONE);

    // neither anon nor file is in any of the five samples
    assertThat(TextReport.render(result).lines().filter(line -> line.startsWith("note: ")))
        .containsExactly("note: anon, file: 5 evaluations gave no limit; the one before stayed");
  }

  @Test
  void markdown_hasNothingToEscape_inItsOwnWords() {
    String markdown = MarkdownReport.render(run("talk"));

    assertThat(markdown.substring(0, markdown.indexOf("<details>")))
        .contains("0  (under 58M/1k i-d)")
        .doesNotContain("<", "&lt;", "\\");
    assertThat(markdown).doesNotContain("&lt;", "\\");
  }

  @Test
  void aSummary_isTheTableAndItsNotes_withoutTheReasons() {
    String summary = MarkdownReport.summary(run("talk"));
    String whole = MarkdownReport.render(run("talk"));

    assertThat(whole).startsWith(summary).contains("<details><summary>Why: talk</summary>");
    assertThat(summary)
        .contains("| talk | 1/1  100% [21,100] |", "- generous against talk: ")
        .doesNotContain("<details>");
  }

  @Test
  void markdown_hasTheSameCells() {
    String markdown = MarkdownReport.render(run("talk"));

    assertThat(markdown).contains("| talk | 1/1  100% [21,100] | 0 | 0 |");
    assertThat(markdown.lines().filter(line -> line.startsWith("|")))
        .hasSize(8)
        .allMatch(line -> line.chars().filter(c -> c == '|').count() == 9);
  }

  @Test
  void json_isByteIdentical_onTwoRuns_inEveryLocale_andInAnyOrderOfInstances() {
    Locale before = Locale.getDefault();
    List<InstanceRecording> instances = List.of(recording("a"), recording("b"), recording("c"));
    String first = json(instances);
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(json(instances.reversed())).isEqualTo(first);
      assertThat(TextReport.render(run("talk"))).contains("100% [21,100]");
    } finally {
      Locale.setDefault(before);
    }
    assertThat(first).contains("\"schema_version\" : 1").doesNotContain("\r").endsWith("}\n");
  }

  private static String json(List<InstanceRecording> instances) {
    return JsonReport.render(
        Backtest.run(
            new RecordingSource(null, "hash-3", instances),
            List.of(Candidate.parse(Policy.of("talk", "memory_max - shmem - 108MiB"))),
            BacktestConfig.DEFAULT,
            ProgressListener.NONE));
  }

  @Test
  void json_namesEveryFigureWithItsUnit() {
    String json = JsonReport.render(run("talk"));

    assertThat(json)
        .contains(
            "\"recording_hash\" : \"hash-1\"",
            "\"formula_hash\" : \"",
            "\"limit_bytes\" : " + 788 * MIB,
            "\"relief_bytes\" : " + 860 * MIB,
            "\"lead_ms\" : 0",
            "\"query_fingerprint\" : 99",
            "\"refused_by\" : \"2026-01-01T00:00:04.500Z\"",
            "\"only_against_prevents\" : 1",
            "\"outcome\" : \"inconclusive\"");
  }

  @Test
  void slackAndOverPromise_areHeadroomAgainstLimit() {
    BacktestResult result = run("talk");

    // 4.5 s at 800-788 = 12 MiB: 12/1024 * 4.5/3600 GiB·h of slack
    double slack = 12.0 / 1024 * 4.5 / 3600;
    assertThat(result.findPolicy("talk").orElseThrow().slackGibHours())
        .isCloseTo(slack, Offset.offset(1e-12));
    assertThat(result.findPolicy("talk").orElseThrow().overPromiseGibHours()).isZero();
    // 896-800 = 96 MiB promised beyond the headroom
    assertThat(result.findPolicy("generous").orElseThrow().overPromiseGibHours())
        .isCloseTo(96.0 / 1024 * 4.5 / 3600, Offset.offset(1e-12));
  }

  @Test
  void explanation_saysWhoDiedOfWhatAndWhatEachPolicyWouldHaveDone() {
    String words = KillExplanation.render(run("talk"), recording("a").kills().getFirst().killId());

    assertThat(words)
        .contains(
            "who       client backend with pid 101, database shop, user app, titled \"postgres: app shop SELECT\"",
            "limit     1.00 GiB, used 1.00 GiB",
            "victim    anonymous 860.0 MiB",
            "shmem 128.0 MiB · page_tables 8.0 MiB · kernel 96.0 MiB (sampled 0.5 s before)",
            "talk: limit 788.0 MiB; PREVENTED: refusals would have kept 860.0 MiB free (10.2 MiB is enough), at least 0.0 s before the kill",
            "generous: limit 896.0 MiB; MISSED: queries held 860.0 MiB",
            "PortalContext: 724.0 MiB in 88,436 blocks · CacheMemoryContext: 1.0 MiB in 40 blocks",
            "current: no data: neither the guard's limit",
            "never: no limit; MISSED");
  }

  @Test
  void anUnknownKillOrPolicy_isRefused() {
    assertThatThrownBy(() -> KillExplanation.render(run("talk"), new UUID(9, 9)))
        .hasMessageContaining("there are 1 kills in this result");
    assertThatThrownBy(() -> run("nobody"))
        .hasMessage(
            "no policy is named 'nobody' to compare with; there are talk, generous, hindsight, current, random, never");
  }
}
