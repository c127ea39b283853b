package dev.headroom.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.Policy;
import dev.headroom.model.rollout.PolicyVersion;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PolicyStoreTest {

  private static final Policy TALK =
      new Policy("talk", "memory_max", Duration.ofSeconds(1), Duration.ZERO, 1L << 20, null);

  private final Database database = Database.open(TestServer.PLAIN.migratedDatabase());
  private final PolicyStore policies = new PolicyStore(database.dataSource());

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void theSameContent_isTheSameVersion_andAnyOtherIsTheNext() {
    PolicyVersion first = policies.register(TALK, "ann");
    assertThat(first).isEqualTo(new PolicyVersion("talk@1", 1, TALK));
    assertThat(policies.register(TALK, "bob")).isEqualTo(first);

    Policy faster = new Policy("talk", "memory_max", Duration.ZERO, Duration.ZERO, 1L << 20, null);
    Policy onEvents =
        new Policy(
            "talk",
            "memory_max",
            Policy.Trigger.EVENTS,
            Duration.ofSeconds(1),
            Duration.ZERO,
            1L << 20,
            null);
    Policy freer = new Policy("talk", "memory_max", Duration.ZERO, Duration.ZERO, null, null);
    assertThat(policies.register(faster, "ann").policyId()).isEqualTo("talk@2");
    assertThat(policies.register(freer, "ann").policyId()).isEqualTo("talk@3");
    assertThat(policies.register(freer, "ann").policyId()).isEqualTo("talk@3");
    assertThat(policies.register(Policy.of("other", "memory_max"), "ann").policyId())
        .isEqualTo("other@1");

    assertThat(policies.find("talk@2")).contains(new PolicyVersion("talk@2", 2, faster));
    assertThat(policies.find("talk@4")).isEmpty();
    assertThat(policies.register(onEvents, "ann"))
        .isEqualTo(new PolicyVersion("talk@4", 4, onEvents));
    assertThat(policies.find("talk@4")).contains(new PolicyVersion("talk@4", 4, onEvents));
    assertThat(policies.list().stream().map(PolicyVersion::policyId))
        .containsExactly("other@1", "talk@4", "talk@3", "talk@2", "talk@1");
  }

  @Test
  void manyAtOnce_getOneVersionForEachContent() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
      List<Callable<PolicyVersion>> calls =
          IntStream.range(0, 24)
              .<Callable<PolicyVersion>>mapToObj(
                  i -> () -> policies.register(Policy.of("p", "memory_max - " + i % 4), "ann"))
              .toList();
      Set<PolicyVersion> versions = new HashSet<>();
      for (Future<PolicyVersion> each : threads.invokeAll(calls)) {
        versions.add(each.get());
      }
      assertThat(versions.stream().map(PolicyVersion::version))
          .containsExactlyInAnyOrder(1, 2, 3, 4);
    }
  }

  @Test
  void aNameThatNoGuardOrListCanHold_isRefused_alsoByTheDatabase() {
    for (String name : List.of("a,b", "a b", "", "@", "-x", "ä")) {
      assertThatThrownBy(() -> policies.register(Policy.of(name, "1"), "ann"))
          .as(name)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> policies.register(Policy.of("n".repeat(62), "1"), "ann"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("63 bytes");
    assertThat(policies.register(Policy.of("n".repeat(61), "1"), "ann").version()).isEqualTo(1);

    String insert =
        "INSERT INTO headroom.policy (policy_id, policy_name, version, formula_text, cadence_ms, lag_ms) VALUES ('%s', '%s', 1, '1', 0, 0)";
    assertThat(TestSql.errorOf(database.dataSource(), insert.formatted("a,b@1", "a,b")))
        .contains("name_fits_a_list");
    assertThat(TestSql.errorOf(database.dataSource(), insert.formatted("a@2", "a")))
        .contains("id_is_name_and_version");
  }
}
