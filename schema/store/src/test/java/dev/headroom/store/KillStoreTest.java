package dev.headroom.store;

import static dev.headroom.store.RandomObservations.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.InstanceId;
import dev.headroom.model.OomKill;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestServer.class)
class KillStoreTest {

  private static final InstanceId DB = InstanceId.of("n", "/db0", "/data");

  private final Database database;
  private final KillStore kills;
  private final List<OomKill> newestFirst = new ArrayList<>();

  KillStoreTest(TestServer server) {
    database = Database.open(server.migratedDatabase());
    kills = new KillStore(database.dataSource());
    RandomObservations random = new RandomObservations(new Random(21), "n");
    for (int i = 0; i < 30; i++) {
      newestFirst.add(random.kill(i % 3 == 0 ? DB : null, START.plusSeconds(i)));
    }
    new ObservationStore(database.dataSource()).store(newestFirst);
    newestFirst.sort(Comparator.comparing(OomKill::killedAt).reversed());
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aKill_isFoundByTheStartOfItsId_withOrWithoutDashes() {
    for (OomKill kill : newestFirst) {
      String id = kill.killId().toString();
      for (String prefix : List.of(id, id.substring(0, 12), id.replace("-", "").substring(0, 17))) {
        assertThat(kills.listByIdPrefix(prefix, 10)).as(prefix).containsExactly(kill);
      }
    }
  }

  @Test
  void aShortPrefix_findsAllThatFit() {
    for (String digit : List.of("0", "7", "f", "F")) {
      assertThat(kills.listByIdPrefix(digit, 100))
          .containsExactlyInAnyOrderElementsOf(
              newestFirst.stream()
                  .filter(kill ->
                      kill.killId().toString().startsWith(digit.toLowerCase(java.util.Locale.ROOT)))
                  .toList());
    }
  }

  @Test
  void whatIsNoId_isAnError() {
    for (String wrong : List.of("", "-", "xyz", "0'; DROP TABLE x", "0".repeat(33))) {
      assertThatThrownBy(() -> kills.listByIdPrefix(wrong, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("hexadecimal");
    }
  }

  @Test
  void kills_areListedNewestFirst_andFiltered() {
    assertThat(kills.list(KillFilter.none(), 100)).isEqualTo(newestFirst);
    assertThat(kills.list(KillFilter.none(), 3)).isEqualTo(newestFirst.subList(0, 3));
    assertThat(kills.list(KillFilter.ofInstance(DB), 100))
        .isEqualTo(newestFirst.stream().filter(kill -> DB.equals(kill.instanceId())).toList());
    assertThat(
            kills.list(
                new KillFilter(START.plusSeconds(5), START.plusSeconds(7), "n", null, null), 100))
        .isEqualTo(newestFirst.subList(23, 25));
    var kind = newestFirst.getFirst().victim().kind();
    assertThat(kills.list(new KillFilter(null, null, null, null, kind), 100))
        .isEqualTo(newestFirst.stream().filter(kill -> kill.victim().kind() == kind).toList());
    assertThat(kills.list(new KillFilter(null, null, "elsewhere", null, null), 100)).isEmpty();
  }
}
