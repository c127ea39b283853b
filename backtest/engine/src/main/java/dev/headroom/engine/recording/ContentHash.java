package dev.headroom.engine.recording;

import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * SHA-256 over what a recording says, whatever it is stored in: the same for the same rows in the
 * database and in files, in any order, with any compression. {@code docs/recordings.md} defines it
 * to the byte.
 *
 * <p>Instances are added one at a time, in any order; each is forgotten but for its digest.
 */
public final class ContentHash {

  static final byte[] INSTANCE_PREFIX = ascii("headroom-instance-1\n");
  private static final byte[] RECORDING_PREFIX = ascii("headroom-recording-1\n");

  private static final Comparator<InstanceId> BY_BYTES =
      Comparator.comparing(ContentHash::idBytes, Arrays::compareUnsigned);

  private final Map<InstanceId, byte[]> digestByInstance = new TreeMap<>(BY_BYTES);

  /** The hash of a recording of these instances, as 64 lower-case hexadecimal digits. */
  public static String of(Iterable<InstanceRecording> recordings) {
    ContentHash hash = new ContentHash();
    recordings.forEach(hash::add);
    return hash.value();
  }

  /** The hash of one instance's rows, as 64 lower-case hexadecimal digits. */
  public static String ofInstance(InstanceRecording recording) {
    InstanceDigest digest = new InstanceDigest();
    InstanceRows.forEach(recording, digest);
    return HexFormat.of().formatHex(digest.finish());
  }

  /**
   * Adds an instance.
   *
   * @throws IllegalArgumentException when it was added before, or holds rows of another
   */
  public void add(InstanceRecording recording) {
    InstanceDigest digest = new InstanceDigest();
    InstanceRows.forEach(recording, digest);
    add(recording.instance().id(), digest.finish());
  }

  /**
   * Adds an instance whose own hash is known.
   *
   * @param instanceHash what {@link #ofInstance} gives for it
   * @throws IllegalArgumentException when it was added before
   */
  public synchronized void add(InstanceId id, String instanceHash) {
    add(id, HexFormat.of().parseHex(instanceHash));
  }

  /** The hash of what was added, as 64 lower-case hexadecimal digits. */
  public synchronized String value() {
    MessageDigest digest = sha256();
    digest.update(RECORDING_PREFIX);
    digestByInstance.forEach((id, instanceDigest) -> {
      digest.update(idBytes(id));
      digest.update(instanceDigest);
    });
    return HexFormat.of().formatHex(digest.digest());
  }

  synchronized void add(InstanceId id, byte[] instanceDigest) {
    if (digestByInstance.putIfAbsent(id, instanceDigest) != null) {
      throw new IllegalArgumentException("instance " + id + " is in the recording twice");
    }
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static byte[] idBytes(InstanceId id) {
    CanonicalBytes bytes = new CanonicalBytes();
    bytes.putUuid(id.value());
    return bytes.take();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The digest of the rows of one instance, which come in canonical order. */
  static final class InstanceDigest implements InstanceRows.Consumer {
    private final MessageDigest digest = sha256();

    InstanceDigest() {
      digest.update(INSTANCE_PREFIX);
    }

    @Override
    public <R> void accept(Table<R> table, R row, byte[] canonicalBytes) {
      digest.update(canonicalBytes);
    }

    byte[] finish() {
      return digest.digest();
    }
  }
}
