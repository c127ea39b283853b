package dev.headroom.engine.backtest;

import dev.headroom.model.InstanceRecording;
import org.jspecify.annotations.Nullable;

/**
 * The recordings a backtest reads, and what identifies their content.
 *
 * @param name what people call it; absent for an ad-hoc time range
 * @param contentHash of everything in it: the same hash is the same content
 * @param instances one recording for each instance, in any order; read once
 */
public record RecordingSource(
    @Nullable String name, String contentHash, Iterable<InstanceRecording> instances) {}
