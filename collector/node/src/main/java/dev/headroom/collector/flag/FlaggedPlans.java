package dev.headroom.collector.flag;

import dev.headroom.collector.autotune.GuardPlan;
import dev.headroom.collector.autotune.PlanSource;
import dev.headroom.collector.autotune.PlannedPolicy;
import dev.headroom.formula.FormulaException;
import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Policy;
import dev.headroom.model.rollout.FlagEvaluation;
import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.ErrorCode;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.FeatureProvider;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.ImmutableMetadata;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.Reason;
import dev.openfeature.sdk.Structure;
import dev.openfeature.sdk.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Plans from flags, asked of whatever provider there is through OpenFeature's client. Policies come
 * from elsewhere: a flag only names them. Used by one thread.
 */
public final class FlaggedPlans implements PlanSource, AutoCloseable {

  private final OpenFeatureAPI api = OpenFeatureAPI.createIsolated();
  private final Client client;
  private final Function<String, Optional<Policy>> policies;
  private final BiConsumer<InstanceId, String> problems;
  private final Map<InstanceId, Answered> last = new HashMap<>();

  /** What the flags said, word for word, and what that came to. */
  private record Answered(Words words, Guidance guidance) {}

  private record Words(Word mode, Word policy, Word candidates) {
    boolean isOneState() {
      Object revision = mode.metadata().get("revision");
      return Objects.equals(revision, policy.metadata().get("revision"))
          && Objects.equals(revision, candidates.metadata().get("revision"));
    }
  }

  private record Word(String value, String reason, Map<String, Object> metadata) {}

  /** A flag that has no answer. */
  private static final class NoAnswer extends Exception {
    private static final long serialVersionUID = 1L;
    private final boolean isOver;

    NoAnswer(boolean isOver, String why) {
      super(why);
      this.isOver = isOver;
    }

    Guidance guidance() {
      String why = String.valueOf(getMessage());
      return isOver ? new Release(why) : new Hold(why);
    }
  }

  /**
   * @param policies finds the policy of an id
   * @param problems is told of candidates that cannot be judged
   */
  public FlaggedPlans(
      FeatureProvider provider,
      Function<String, Optional<Policy>> policies,
      BiConsumer<InstanceId, String> problems) {
    this.policies = policies;
    this.problems = problems;
    api.setProviderAndWait(provider);
    this.client = api.getClient("headroom-collector");
  }

  @Override
  public Guidance guide(InstanceId instance, Map<String, String> labels) {
    try {
      EvaluationContext context = context(instance, labels);
      Words words = ask(context);
      if (!words.isOneState()) {
        // The flags changed between two questions.
        words = ask(context);
      }
      Answered before = last.get(instance);
      if (before != null && before.words().equals(words)) {
        return before.guidance();
      }
      Guidance guidance = guidance(instance, words);
      last.put(instance, new Answered(words, guidance));
      return guidance;
    } catch (NoAnswer none) {
      return none.guidance();
    }
  }

  private Words ask(EvaluationContext context) throws NoAnswer {
    return new Words(
        ask(FlagEvaluation.MODE, context),
        ask(FlagEvaluation.POLICY, context),
        ask(FlagEvaluation.CANDIDATES, context));
  }

  private Word ask(String key, EvaluationContext context) throws NoAnswer {
    String otherwise = key.equals(FlagEvaluation.MODE) ? "off" : "";
    FlagEvaluationDetails<String> details = client.getStringDetails(key, otherwise, context);
    ErrorCode error = details.getErrorCode();
    if (error != null) {
      throw new NoAnswer(
          error == ErrorCode.PROVIDER_NOT_READY,
          "%s: %s".formatted(key, Objects.requireNonNullElse(details.getErrorMessage(), error)));
    }
    ImmutableMetadata metadata = details.getFlagMetadata();
    return new Word(
        details.getValue(),
        Objects.requireNonNullElse(details.getReason(), Reason.UNKNOWN.name()),
        metadata == null ? Map.of() : metadata.asUnmodifiableMap());
  }

  private Guidance guidance(InstanceId instance, Words words) throws NoAnswer {
    GuardMode mode = mode(words.mode().value());
    if (mode == GuardMode.OFF) {
      // Where no rollout reaches, the server's own settings hold; a stop or an end says off.
      return words.mode().reason().equals(Reason.DEFAULT.name())
          ? new Leave()
          : new Lead(GuardPlan.OFF);
    }
    @Nullable PlannedPolicy limit = null;
    String policyId = words.policy().value();
    if (!policyId.isEmpty()) {
      limit =
          planned(
              policyId,
              text(words.policy(), "rolloutId"),
              number(words.policy(), "assignmentProbability"));
    } else if (mode == GuardMode.ENFORCE) {
      throw new NoAnswer(
          false,
          "%s says enforce and %s names no policy"
              .formatted(FlagEvaluation.MODE, FlagEvaluation.POLICY));
    }
    return new Lead(new GuardPlan(mode, limit, shadows(instance, words.candidates(), policyId)));
  }

  private List<PlannedPolicy> shadows(InstanceId instance, Word candidates, String inForce) {
    List<PlannedPolicy> shadows = new ArrayList<>();
    List<String> ids = parts(candidates.value());
    List<String> rollouts = parts(text(candidates, "rolloutIds"));
    List<String> probabilities = parts(text(candidates, "assignmentProbabilities"));
    for (int i = 0; i < ids.size(); i++) {
      String id = ids.get(i);
      boolean known =
          id.equals(inForce) || shadows.stream().anyMatch(each -> each.policyId().equals(id));
      if (known || shadows.size() == GuardPlan.MAX_SHADOWS) {
        continue;
      }
      try {
        shadows.add(
            planned(
                id,
                i < rollouts.size() ? rollouts.get(i) : null,
                i < probabilities.size() ? Double.valueOf(probabilities.get(i)) : null));
      } catch (NoAnswer | NumberFormatException unusable) {
        problems.accept(instance, "a candidate is not judged: " + unusable.getMessage());
      }
    }
    return shadows;
  }

  private PlannedPolicy planned(
      String policyId, @Nullable String rolloutId, @Nullable Double probability) throws NoAnswer {
    Optional<Policy> policy = policies.apply(policyId);
    if (policy.isEmpty()) {
      throw new NoAnswer(
          false, "policy '%s' is named by a flag and known nowhere".formatted(policyId));
    }
    try {
      return new PlannedPolicy(
          policyId,
          policy.get(),
          rolloutId == null ? null : UUID.fromString(rolloutId),
          probability);
    } catch (IllegalArgumentException | FormulaException wrong) {
      throw new NoAnswer(
          false, "policy '%s' cannot be used: %s".formatted(policyId, wrong.getMessage()));
    }
  }

  private static GuardMode mode(String value) throws NoAnswer {
    for (GuardMode mode : GuardMode.values()) {
      if (FlagEvaluation.label(mode).equals(value)) {
        return mode;
      }
    }
    throw new NoAnswer(
        false,
        "%s says '%s', which is neither off nor shadow nor enforce"
            .formatted(FlagEvaluation.MODE, value));
  }

  private static EvaluationContext context(InstanceId instance, Map<String, String> labels) {
    Map<String, Object> plain = Map.copyOf(labels);
    return new ImmutableContext(
        instance.toString(),
        Map.of(FlagEvaluation.LABELS, new Value(Structure.mapToStructure(plain))));
  }

  private static @Nullable String text(Word word, String name) {
    return word.metadata().get(name) instanceof String text ? text : null;
  }

  private static @Nullable Double number(Word word, String name) {
    return word.metadata().get(name) instanceof Double number ? number : null;
  }

  private static List<String> parts(@Nullable String joined) {
    return joined == null || joined.isEmpty()
        ? List.of()
        : List.of(joined.split(FlagEvaluation.SEPARATOR, -1));
  }

  @Override
  public void close() {
    api.shutdown();
  }
}
