package dev.headroom.web;

import dev.headroom.model.BacktestRun;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Decision;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Observation;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.promotion.GateSettings;
import dev.headroom.promotion.Promotion;
import dev.headroom.promotion.Promotion.By;
import dev.headroom.promotion.Promotion.Request;
import dev.headroom.store.BacktestStore;
import dev.headroom.store.ObservationStore;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import javax.sql.DataSource;

/** Instances, and policies that really are promoted on them. */
final class PromotedFleet {

  static final Map<String, String> LABELS = Map.of("tier", "test");
  private static final By ANN = new By("ann", null, "the run is good");

  private final DataSource dataSource;
  private final Promotion promotion;
  private final InstantSource clock;
  private final List<InstanceId> instances;
  private final Map<String, String> labels;

  /** Promotes on all instances; these are some that are there. */
  PromotedFleet(TestWeb web, List<InstanceId> instances, InstantSource clock) {
    this(web, instances, Map.of(), clock);
  }

  private PromotedFleet(
      TestWeb web, List<InstanceId> instances, Map<String, String> labels, InstantSource clock) {
    dataSource = web.database().dataSource();
    promotion = new Promotion(dataSource, clock);
    this.clock = clock;
    this.instances = List.copyOf(instances);
    this.labels = labels;
  }

  /** New instances with {@link #LABELS}, and promotions that reach no others. */
  static PromotedFleet make(TestWeb web, int size) {
    Random random = new Random(11);
    List<InstanceId> instances = new ArrayList<>();
    List<Observation> rows = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      InstanceId id = new InstanceId(new UUID(random.nextLong(), random.nextLong()));
      instances.add(id);
      rows.add(
          new Instance(
              id, "node", "/i" + i, CgroupVersion.V2, "/data", 5432, "17", LABELS, Instant.now()));
    }
    new ObservationStore(web.database().dataSource()).store(rows);
    return new PromotedFleet(web, instances, LABELS, InstantSource.system());
  }

  List<InstanceId> instances() {
    return instances;
  }

  /**
   * Takes a rollout on, for which somebody answers.
   *
   * @param to such as {@code canary:25}
   */
  Rollout approve(String name, String to) {
    return promotion.approve(name, to, new By("ann", "bob", "few kills so far")).rollout();
  }

  /** Somebody else pauses a rollout. */
  void pause(String name) {
    promotion.pause(name, new By("eve", null, "something looks odd"));
  }

  /**
   * A rollout in shadow.
   *
   * @param gatesJson what its steps ask for where that is not the default
   */
  Rollout promote(String name, String gatesJson) {
    return promotion
        .promote(
            new Request(passed(name), name, name, labels, GateSettings.parse(gatesJson), "shadow"),
            ANN)
        .rollout();
  }

  /** Every instance evaluates the policy of a rollout in shadow, just now. */
  void evaluate(Rollout rollout) {
    Instant at = clock.instant().truncatedTo(ChronoUnit.MICROS);
    new ObservationStore(dataSource)
        .store(
            instances.stream()
                .<Observation>map(each ->
                    new Decision(
                        each,
                        at,
                        rollout.policyId(),
                        1L << 30,
                        GuardMode.SHADOW,
                        true,
                        null,
                        Map.of(),
                        100L,
                        null,
                        null))
                .toList());
  }

  /** A run that judged a policy of this name and passed it. */
  private BacktestRun passed(String policy) {
    String manifest =
        """
        {"ends_at": "%s", "false_blocks_per_1000_instance_days_goal": 10.0,
         "policies": [{"name": "%s", "kind": "candidate", "formula": "memory_max - (shmem + page_tables + 100MiB)",
                       "cadence_ms": 0, "lag_ms": 0, "minimum_bytes": null, "maximum_bytes": null}]}
        """
            .formatted(clock.instant().minusSeconds(3_600), policy);
    String result =
        """
        {"manifest": %s, "recording": {"kills": []},
         "policies": [{"name": "%s", "kind": "candidate", "instance_days": 12.5, "kills": {"total": 12},
                       "blocks": {"justified": 12, "false": 0, "undecided": 0},
                       "pessimistic_blocks": {"justified": 12, "false": 0, "undecided": 0},
                       "verdict": {"outcome": "pass", "reasons": ["every goal is met"]}}],
         "parity": null}
        """
            .formatted(manifest, policy);
    BacktestRun run =
        new BacktestRun(
            UUID.randomUUID(),
            BacktestRun.RUN,
            clock.instant().minusSeconds(3_000),
            null,
            "sha256:" + policy,
            "test",
            manifest,
            result);
    new BacktestStore(dataSource).save(run, List.of());
    return run;
  }
}
