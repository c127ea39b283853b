package dev.headroom.engine.report;

import dev.headroom.engine.backtest.PolicyResult.InstanceBlock;
import dev.headroom.engine.kernel.Block;
import dev.headroom.engine.kernel.BlockClass;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Statements that would have been refused wrongly and look alike: same user, database, query and
 * kind of process.
 *
 * @param count how many
 * @param instances on how many instances
 * @param largestGrowthBytes by how much the one that grew most grew
 */
record StatementGroup(Source source, int count, int instances, long largestGrowthBytes) {

  /** Who sent a statement, as far as it is known. */
  record Source(
      String kind,
      @Nullable String user,
      @Nullable String database,
      @Nullable Long queryId,
      @Nullable Long fingerprint) {

    static Source of(Block block) {
      return new Source(
          block.process().kind().description(),
          block.user(),
          block.database(),
          block.queryId(),
          block.queryFingerprint());
    }

    private String describe() {
      List<String> parts = new ArrayList<>();
      parts.add(kind);
      if (user != null) {
        parts.add("user " + user);
      }
      if (database != null) {
        parts.add("database " + database);
      }
      if (queryId != null) {
        parts.add("query id " + queryId);
      }
      if (fingerprint != null) {
        parts.add("query fingerprint " + fingerprint);
      }
      return String.join(", ", parts);
    }
  }

  /** The false blocks by source, the most frequent first. */
  static List<StatementGroup> ofFalseBlocks(List<InstanceBlock> blocks) {
    Map<Source, List<InstanceBlock>> bySource = new LinkedHashMap<>();
    for (InstanceBlock each : blocks) {
      if (each.block().blockClass() == BlockClass.FALSE) {
        bySource.computeIfAbsent(Source.of(each.block()), _ -> new ArrayList<>()).add(each);
      }
    }
    List<StatementGroup> groups = new ArrayList<>();
    bySource.forEach((source, all) -> groups.add(of(source, all)));
    groups.sort(
        Comparator.comparingInt(StatementGroup::count)
            .thenComparingLong(StatementGroup::largestGrowthBytes)
            .reversed());
    return groups;
  }

  private static StatementGroup of(Source source, List<InstanceBlock> blocks) {
    return new StatementGroup(
        source,
        blocks.size(),
        new HashSet<>(blocks.stream().map(InstanceBlock::instanceId).toList()).size(),
        blocks.stream().mapToLong(each -> each.block().growthBytes()).max().orElse(0));
  }

  String describe() {
    return "%s × %s, on %s; the largest grew by %s"
        .formatted(
            count,
            source.describe(),
            Wording.plural(instances, "instance"),
            Wording.bytes(largestGrowthBytes));
  }
}
