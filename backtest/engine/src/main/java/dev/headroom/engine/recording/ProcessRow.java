package dev.headroom.engine.recording;

import dev.headroom.model.InstanceId;
import dev.headroom.model.ProcessSample;
import java.time.Instant;

/**
 * A process sample together with the sample it belongs to.
 *
 * @param instanceId whose
 * @param sampledAt the moment of its sample
 * @param process what was read
 */
record ProcessRow(InstanceId instanceId, Instant sampledAt, ProcessSample process) {}
