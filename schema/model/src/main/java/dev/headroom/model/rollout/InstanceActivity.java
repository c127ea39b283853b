package dev.headroom.model.rollout;

import dev.headroom.model.InstanceId;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one instance did under a rollout's policy over some time.
 *
 * @param instance which
 * @param labels its labels, as last seen
 * @param enforced how long the policy was in force
 * @param shadowed how long it was judged in shadow
 * @param decisions how often it was evaluated
 * @param lastDecidedAt when it was last evaluated; absent when it never was
 * @param blocks statements that ended in an error or a closed session because of it
 * @param wouldBlocks what would have been blocks
 * @param panics servers that restarted because of denials, under whatever policy
 * @param kills decisions of the kernel's killer against it
 * @param lapses how often its guard lost its lease
 * @param troubles how often its collector missed samples, gave up observations or disagreed with
 *     the kernel's counter
 */
public record InstanceActivity(
    InstanceId instance,
    Map<String, String> labels,
    Duration enforced,
    Duration shadowed,
    long decisions,
    @Nullable Instant lastDecidedAt,
    int blocks,
    int wouldBlocks,
    int panics,
    int kills,
    int lapses,
    int troubles) {

  public InstanceActivity {
    labels = Map.copyOf(labels);
  }
}
