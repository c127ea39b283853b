package dev.headroom.engine.kernel;

import org.jspecify.annotations.Nullable;

/**
 * The time a replay really evaluated, and the distance between limit and headroom over it.
 *
 * @param instanceDays evaluated time: gaps and outages are not in it
 * @param backendHours client backends times evaluated time; absent where processes are unknown
 * @param gaps intervals too long to be evaluated
 * @param gapHours how long these were
 * @param comparedHours evaluated time with both a limit and a known headroom
 * @param overPromiseGibHours integral of what the limit promised beyond the headroom; absent when
 *     nothing could be compared
 * @param slackGibHours integral of headroom that the limit withheld; absent likewise
 */
public record Exposure(
    double instanceDays,
    @Nullable Double backendHours,
    int gaps,
    double gapHours,
    double comparedHours,
    @Nullable Double overPromiseGibHours,
    @Nullable Double slackGibHours) {}
