package dev.headroom.model;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One policy's verdict on one kill in one run.
 *
 * @param runId the run
 * @param policyName the policy
 * @param killId the kill
 * @param verdict as the point result has it
 * @param pessimisticVerdict when every candidate had been refused
 * @param limitBytes the limit in force at the kill; absent when there was none
 * @param reliefBytes what refusals would have freed
 * @param leadMs from the end of the interval of the first justified refusal to the kill; absent
 *     unless prevented
 */
public record BacktestKill(
    UUID runId,
    String policyName,
    UUID killId,
    Verdict verdict,
    Verdict pessimisticVerdict,
    @Nullable Long limitBytes,
    long reliefBytes,
    @Nullable Long leadMs) {}
