package dev.headroom.engine.kernel;

import dev.headroom.model.Verdict;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What one policy would have done about one kill.
 *
 * @param killId the kill
 * @param incidentId the killer's decision it belongs to
 * @param firstKillId the kill whose outage this one fell into; absent unless {@link
 *     Verdict#SECONDARY}
 * @param killedAtNs when, in nanoseconds since the epoch
 * @param victim who
 * @param verdict as section 4 has it
 * @param pessimisticVerdict when every candidate had been refused
 * @param limitBytes the limit in force at the kill; absent when there was none
 * @param reliefBytes what the refusals would have freed
 * @param marginBytes what had to be freed; absent where no sample was near
 * @param blockableBytes what blockable processes held above their bases; absent where no sample was
 *     near
 * @param leadMs from the end of the interval of the first justified refusal to the kill; absent
 *     unless prevented
 */
public record KillOutcome(
    UUID killId,
    UUID incidentId,
    @Nullable UUID firstKillId,
    long killedAtNs,
    ReplayProcess victim,
    Verdict verdict,
    Verdict pessimisticVerdict,
    @Nullable Long limitBytes,
    long reliefBytes,
    @Nullable Long marginBytes,
    @Nullable Long blockableBytes,
    @Nullable Long leadMs) {}
