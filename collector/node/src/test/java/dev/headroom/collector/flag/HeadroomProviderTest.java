package dev.headroom.collector.flag;

import static dev.headroom.collector.flag.FlagFixtures.FREE;
import static dev.headroom.collector.flag.FlagFixtures.T0;
import static dev.headroom.collector.flag.FlagFixtures.rollout;
import static dev.headroom.collector.flag.FlagFixtures.state;
import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.InstanceId;
import dev.headroom.model.rollout.FlagEvaluation;
import dev.headroom.model.rollout.FlagEvaluation.Flag;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.model.rollout.RolloutStage;
import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.ErrorCode;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.Structure;
import dev.openfeature.sdk.Value;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HeadroomProviderTest {

  private final OpenFeatureAPI api = OpenFeatureAPI.createIsolated();
  private Instant now = T0;
  private final KnownFlags known = new KnownFlags(() -> now, Duration.ofMinutes(15));
  private Client client;

  @BeforeEach
  void connect() {
    api.setProviderAndWait(new HeadroomProvider(known));
    client = api.getClient("test");
  }

  @AfterEach
  void close() {
    api.shutdown();
  }

  /** Value, variant, reason and metadata, through the SDK, for 10,000 instances. */
  @Test
  void theSdk_saysWhatTheEvaluationSays() {
    FlagState state =
        state(
            9,
            rollout(new UUID(1, 1), "new@2", RolloutStage.CANARY, 25),
            rollout(new UUID(2, 2), "old@1", RolloutStage.ENFORCE, null),
            rollout(new UUID(3, 3), "idea@1", RolloutStage.SHADOW, null));
    known.confirm(state);
    for (InstanceId instance : FlagFixtures.instances(10_000, 5)) {
      EvaluationContext context = context(instance.toString());
      for (Flag flag : FlagEvaluation.list(state, instance, Map.of("tier", "gold"))) {
        FlagEvaluationDetails<String> details =
            client.getStringDetails(flag.key(), "default", context);
        assertThat(details.getValue()).isEqualTo(flag.value());
        assertThat(details.getVariant()).isEqualTo(flag.variant());
        assertThat(details.getReason()).isEqualTo(flag.reason().name());
        assertThat(details.getFlagMetadata().asUnmodifiableMap()).isEqualTo(flag.metadata());
      }
    }
  }

  @Test
  void flagsThatWereNeverRead_orTooLongAgo_areNoAnswer() {
    assertThat(mode(FREE.toString()).getErrorCode()).isEqualTo(ErrorCode.PROVIDER_NOT_READY);
    assertThat(mode(FREE.toString()).getErrorMessage()).contains("no flags were ever read");

    known.confirm(FlagFixtures.enforced());
    now = T0.plus(Duration.ofMinutes(15));
    assertThat(mode(FREE.toString()).getValue()).isEqualTo("enforce");
    now = now.plusMillis(1);
    assertThat(mode(FREE.toString()).getValue()).isEqualTo("off");
    assertThat(mode(FREE.toString()).getErrorMessage())
        .contains("last confirmed at 2026-11-20T12:00:00Z and count for 15 min");
    now = T0.minusSeconds(1);
    assertThat(mode(FREE.toString()).getErrorCode()).isEqualTo(ErrorCode.PROVIDER_NOT_READY);
  }

  @Test
  void questionsThatMakeNoSense_areToldApart() {
    known.confirm(FlagFixtures.enforced());
    assertThat(mode("").getErrorCode()).isEqualTo(ErrorCode.TARGETING_KEY_MISSING);
    assertThat(mode("db1").getErrorCode()).isEqualTo(ErrorCode.INVALID_CONTEXT);
    assertThat(
            client
                .getStringDetails("headroom.guard.limit", "", context(FREE.toString()))
                .getErrorCode())
        .isEqualTo(ErrorCode.FLAG_NOT_FOUND);
    assertThat(
            client
                .getIntegerDetails(FlagEvaluation.MODE, 0, context(FREE.toString()))
                .getErrorCode())
        .isEqualTo(ErrorCode.TYPE_MISMATCH);
  }

  private FlagEvaluationDetails<String> mode(String target) {
    return client.getStringDetails(FlagEvaluation.MODE, "off", context(target));
  }

  private static EvaluationContext context(String target) {
    return new ImmutableContext(
        target,
        Map.of(
            FlagEvaluation.LABELS,
            new Value(Structure.mapToStructure(Map.<String, Object>of("tier", "gold")))));
  }
}
