package dev.headroom.store;

import static dev.headroom.store.RandomObservations.START;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The queries of docs/schema.md. */
class DocumentedQueriesTest {

  private static final Pattern QUERY = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);

  @ParameterizedTest
  @EnumSource(TestServer.class)
  void everyQueryRuns(TestServer server) throws IOException {
    List<String> queries =
        QUERY
            .matcher(Files.readString(Path.of("../../docs/schema.md")))
            .results()
            .map(match -> match.group(1))
            .toList();
    assertThat(queries).hasSizeGreaterThan(5);

    try (Database database = Database.open(server.migratedDatabase())) {
      RandomObservations random = new RandomObservations(new Random(2), "node-1");
      ObservationStore store = new ObservationStore(database.dataSource());
      store.store(RandomObservations.observationsOf(random.recording(0, 50)));
      store.store(List.of(random.collectorEvent(START)));
      for (String query : queries) {
        TestSql.query(database.dataSource(), query);
      }
      assertThat(TestSql.query(database.dataSource(), queries.getFirst()))
          .as("kills are shown")
          .isNotEmpty();
    }
  }
}
