package dev.headroom.engine.recording;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Fact;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TablesTest {

  private static final Path DOCUMENT = Path.of("../../docs/recordings.md");

  @Test
  void documentation_listsEveryColumnWithItsNumber() throws IOException {
    String document = Files.readString(DOCUMENT);
    assertThat(document.substring(document.indexOf("\n### 1 ") + 1).strip())
        .isEqualTo(
            Tables.ALL.stream().map(TablesTest::markdown).collect(Collectors.joining("\n\n")));
  }

  @Test
  void everyFact_isAColumn() {
    assertThat(Tables.MEMORY_SAMPLE.columns())
        .extracting(Column::name)
        .endsWith(Stream.of(Fact.values()).map(Fact::columnName).toArray(String[]::new));
  }

  /** A map's own order changes with every start of the JVM, and so would the file's bytes. */
  @Test
  void maps_areWrittenInTheOrderOfTheirKeys() {
    Map<String, String> labels =
        IntStream.range(10, 40)
            .mapToObj(Integer::toString)
            .collect(Collectors.toMap(Function.identity(), Function.identity()));
    Instance instance =
        new Instance(
            InstanceId.of("n", "/c", "/d"),
            "n",
            "/c",
            CgroupVersion.V2,
            "/d",
            null,
            null,
            labels,
            Instant.EPOCH);

    assertThat((Map<?, ?>) column("labels").value().apply(instance))
        .extracting(map -> List.copyOf(map.keySet()))
        .isEqualTo(labels.keySet().stream().sorted().toList());
  }

  private static Column<Instance> column(String name) {
    return Tables.INSTANCE.columns().stream()
        .filter(column -> column.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static String markdown(Table<?> table) {
    return "### %d `%s`%n%n| # | column | type | hashed |%n|---:|---|---|---|%n%s"
        .formatted(
            table.number(),
            table.name(),
            table.columns().stream().map(TablesTest::markdown).collect(Collectors.joining("\n")));
  }

  private static String markdown(Column<?> column) {
    return "| %d | `%s` | %s | %s |"
        .formatted(
            column.number(),
            column.name(),
            column.type().name().toLowerCase(Locale.ROOT).replace('_', ' '),
            column.hashed() ? "yes" : "no");
  }
}
