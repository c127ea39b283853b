package dev.headroom.engine.recording;

import dev.headroom.engine.kernel.FidelityCheck;
import dev.headroom.engine.kernel.RecordingHeader;
import dev.headroom.engine.kernel.RecordingHeader.AppliedLimit;
import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceRecording;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is noted with an instance's blocks: whatever a replay must know before its first sample and
 * only all of them together tell.
 *
 * @param contentHash of the instance, everything of it that is hashed
 * @param sampleCount how many samples there are
 * @param medianStepDoubledNs see {@link RecordingHeader}
 * @param fidelities how many samples with processes have which
 * @param hasGuardLimit whether any sample has the guard's limit
 * @param lastSampleNs when the last sample was made; absent without samples
 * @param appliedLimits see {@link RecordingHeader}
 * @param texts by number
 */
record BlockNotes(
    String contentHash,
    int sampleCount,
    long medianStepDoubledNs,
    Map<Fidelity, Integer> fidelities,
    boolean hasGuardLimit,
    @Nullable Long lastSampleNs,
    List<AppliedLimit> appliedLimits,
    List<String> texts) {

  byte[] toBytes() {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeUTF(contentHash);
      out.writeInt(sampleCount);
      out.writeLong(medianStepDoubledNs);
      for (Fidelity fidelity : Fidelity.values()) {
        out.writeInt(fidelities.getOrDefault(fidelity, 0));
      }
      out.writeBoolean(hasGuardLimit);
      out.writeBoolean(lastSampleNs != null);
      out.writeLong(lastSampleNs == null ? 0 : lastSampleNs);
      out.writeInt(appliedLimits.size());
      for (AppliedLimit limit : appliedLimits) {
        out.writeLong(limit.atNs());
        out.writeLong(limit.limitBytes());
      }
      out.writeInt(texts.size());
      for (String text : texts) {
        out.writeUTF(text);
      }
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new IllegalStateException("a text of a sample is longer than 65,535 bytes", e);
    }
  }

  static BlockNotes of(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    String contentHash = in.readUTF();
    int sampleCount = in.readInt();
    long medianStepDoubledNs = in.readLong();
    Map<Fidelity, Integer> fidelities = new EnumMap<>(Fidelity.class);
    for (Fidelity fidelity : Fidelity.values()) {
      fidelities.put(fidelity, in.readInt());
    }
    boolean hasGuardLimit = in.readBoolean();
    boolean hasLast = in.readBoolean();
    long last = in.readLong();
    List<AppliedLimit> applied = new ArrayList<>();
    int limits = in.readInt();
    for (int i = 0; i < limits; i++) {
      applied.add(new AppliedLimit(in.readLong(), in.readLong()));
    }
    List<String> texts = new ArrayList<>();
    int textCount = in.readInt();
    for (int i = 0; i < textCount; i++) {
      texts.add(in.readUTF());
    }
    return new BlockNotes(
        contentHash,
        sampleCount,
        medianStepDoubledNs,
        fidelities,
        hasGuardLimit,
        hasLast ? (Long) last : null,
        applied,
        texts);
  }

  /**
   * What a replay has to know.
   *
   * @param events the recording without its samples
   */
  RecordingHeader header(InstanceRecording events) {
    boolean applied =
        lastSampleNs != null
            && !appliedLimits.isEmpty()
            && appliedLimits.getFirst().atNs() <= lastSampleNs;
    return new RecordingHeader(
        events.instance(),
        FidelityCheck.ofCounts(fidelities),
        sampleCount,
        medianStepDoubledNs,
        hasGuardLimit || applied,
        events.kills(),
        events.instanceEvents(),
        events.guardEvents(),
        appliedLimits);
  }
}
