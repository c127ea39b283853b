package dev.headroom.engine.casefile;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Reads what a case expects into texts by path, as {@link CaseRunner} describes an outcome. */
final class ExpectationReader {

  private static final Set<String> UNDECIDED_KEYS = Set.of("gap", "censored", "thin");
  private static final List<String> BOUND_COUNTS =
      List.of(
          "prevented",
          "missed",
          "unpreventable",
          "secondary",
          "justified_blocks",
          "false_blocks",
          "undecided_blocks");
  private static final Set<String> BOUND_KEYS = with(BOUND_COUNTS, "undecided");
  private static final Set<String> KEYS =
      with(
          BOUND_COUNTS,
          "undecided",
          "breaches",
          "no_decisions",
          "pessimistic",
          "lead_ms",
          "limits");

  private final int samples;
  private final Map<String, String> expected = new LinkedHashMap<>();

  private ExpectationReader(int samples) {
    this.samples = samples;
  }

  static Map<String, String> read(CaseNode node, int samples) {
    ExpectationReader reader = new ExpectationReader(samples);
    node.mapping(KEYS).forEach((key, value) -> reader.readEntry("", key, value));
    if (reader.expected.isEmpty()) {
      throw node.error("a case must expect something");
    }
    return reader.expected;
  }

  private void readEntry(String prefix, String key, CaseNode value) {
    switch (key) {
      case "pessimistic" ->
          value
              .mapping(BOUND_KEYS)
              .forEach((inner, node) -> readEntry("pessimistic.", inner, node));
      case "undecided" ->
          value
              .mapping(UNDECIDED_KEYS)
              .forEach((inner, node) -> count(prefix + "undecided." + inner, node));
      case "lead_ms" ->
          expected.put(key, value.list().stream().map(CaseNode::number).toList().toString());
      case "limits" -> readLimits(value);
      default -> count(prefix + key, value);
    }
  }

  private void count(String path, CaseNode value) {
    expected.put(path, String.valueOf(value.count()));
  }

  private void readLimits(CaseNode value) {
    List<CaseNode> limits = value.listOf(samples);
    for (int i = 0; i < limits.size(); i++) {
      CaseNode limit = limits.get(i);
      expected.put("limits[" + i + "]", limit.isNull() ? "null" : Quantity.ofBytes(limit.bytes()));
    }
  }

  private static Set<String> with(List<String> keys, String... more) {
    Set<String> all = new TreeSet<>(keys);
    all.addAll(List.of(more));
    return all;
  }
}
