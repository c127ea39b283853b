package dev.headroom.collector.guard;

/**
 * How far a guard's events were read.
 *
 * @param createdBoottimeNs tells the segment: a position in another one means nothing
 * @param position of the first event that was not read
 */
public record GuardCursor(long createdBoottimeNs, long position) {}
