package dev.headroom.engine.backtest;

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
 * @param pValue McNemar's exact two-sided test; absent when they never disagree
 */
public record Comparison(
    String against,
    int both,
    int onlyThis,
    int onlyAgainst,
    int neither,
    int discordantInstances,
    @Nullable Double pValue) {}
