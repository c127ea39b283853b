package dev.headroom.lab;

/**
 * What the guard of one server counted since the server was started.
 *
 * @param denials allocations that were answered with ENOMEM
 * @param blocks statements that ended in an error because of denials
 * @param wouldBlocks what would have been blocks, over all limits in shadow
 * @param softDenials statements that went on after denials
 * @param breaches allocations beyond the limit that were let through because nobody could be
 *     refused
 */
public record GuardCounts(
    long denials, long blocks, long wouldBlocks, long softDenials, long breaches) {}
