package dev.headroom.collector.autotune;

import dev.headroom.model.InstanceId;
import java.util.Map;

/** Says what each guard of a node is to do. */
public interface PlanSource {

  /** What a source says of one guard. */
  sealed interface Guidance {}

  /** It is led by this plan. */
  record Lead(GuardPlan plan) implements Guidance {}

  /** Nobody leads it: it is left as it is, or let go if it was led. */
  record Leave() implements Guidance {}

  /**
   * Nothing can be said now: what was said last holds for a bounded time.
   *
   * @param why in words
   */
  record Hold(String why) implements Guidance {}

  /**
   * Nothing can be said and what was said last no longer holds.
   *
   * @param why in words
   */
  record Release(String why) implements Guidance {}

  /** What the guard of this instance is to do now. Cheap: it is asked at every sample. */
  Guidance guide(InstanceId instance, Map<String, String> labels);

  /** One plan for every guard, for ever. */
  static PlanSource fixed(GuardPlan plan) {
    Guidance always = new Lead(plan);
    return (_, _) -> always;
  }

  /** Every guard is left as it is. */
  static PlanSource none() {
    Guidance always = new Leave();
    return (_, _) -> always;
  }
}
