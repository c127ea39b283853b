package dev.headroom.engine.recording;

/**
 * How a recording is written.
 *
 * @param producer the program that writes, with its version, such as {@code headroom 0.1.0}
 * @param privacy what is left out or renamed
 * @param overwrite whether a recording that is already in the folder is replaced
 */
public record WriteOptions(String producer, RecordingPrivacy privacy, boolean overwrite) {

  /** Writes a new recording with the default privacy. */
  public static WriteOptions of(String producer) {
    return new WriteOptions(producer, RecordingPrivacy.DEFAULT, false);
  }

  /** The same, with another privacy. */
  public WriteOptions withPrivacy(RecordingPrivacy other) {
    return new WriteOptions(producer, other, overwrite);
  }

  /** The same, replacing a recording that is already there. */
  public WriteOptions overwriting() {
    return new WriteOptions(producer, privacy, true);
  }
}
