package dev.headroom.collector.postgres;

import org.jspecify.annotations.Nullable;

/**
 * The statement that a process runs now.
 *
 * @param textAddress where the process keeps its text
 * @param text the text, cut after {@link QueryFingerprint#TEXT_BYTES}
 * @param startedAtUs when the server says it began, microseconds since 2000-01-01 UTC; absent when
 *     the server's status entry could not be made out
 */
public record Statement(long textAddress, String text, @Nullable Long startedAtUs) {}
