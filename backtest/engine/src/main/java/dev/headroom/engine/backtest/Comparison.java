package dev.headroom.engine.backtest;

import dev.headroom.engine.statistics.Estimate;
import org.jspecify.annotations.Nullable;

/**
 * Two policies on the same kills.
 *
 * @param against the other policy
 * @param both kills that both prevent
 * @param onlyThis kills that only this one prevents
 * @param onlyAgainst kills that only the other prevents
 * @param neither kills that neither prevents
 * @param discordantInstances how many instances the kills come from on which the two disagree;
 *     kills of one instance are not independent, so few instances weaken the test
 * @param pValue McNemar's exact two-sided test, by instance; absent when they never disagree
 * @param neededKills how many more kills, each on another instance and all prevented by the one
 *     that leads so far alone, would show a difference; absent when it is shown, or when a thousand
 *     would not
 * @param costPerInstanceDay of this policy minus the other's, with its bootstrap interval
 */
public record Comparison(
    String against,
    int both,
    int onlyThis,
    int onlyAgainst,
    int neither,
    int discordantInstances,
    @Nullable Double pValue,
    @Nullable Integer neededKills,
    Estimate costPerInstanceDay) {}
