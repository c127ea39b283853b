package dev.headroom.engine.recording;

import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Recording;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What {@code manifest.json} says of a recording. It holds nothing of when or where it was written,
 * so that writing the same recording twice gives the same bytes.
 *
 * @param formatVersion of the folder; a reader refuses every other than its own
 * @param name of the recording
 * @param startsAt the first moment that belongs to it
 * @param endsAt the first moment after it
 * @param note how it was made, in words
 * @param producer the program that wrote it, with its version
 * @param fidelity the worst of its instances
 * @param queryText whether texts that can quote a statement were included
 * @param anonymised whether names are pseudonyms
 * @param contentHash what {@link ContentHash} says of its rows
 * @param instances its instances, in ascending order of their ids
 * @param files its files by table name
 */
public record RecordingManifest(
    int formatVersion,
    String name,
    Instant startsAt,
    Instant endsAt,
    String note,
    String producer,
    Fidelity fidelity,
    boolean queryText,
    boolean anonymised,
    String contentHash,
    List<InstanceSummary> instances,
    Map<String, TableSummary> files) {

  /** The format that this program writes and reads. */
  public static final int FORMAT_VERSION = 1;

  /** The manifest's file name in the folder. */
  public static final String FILE_NAME = "manifest.json";

  /**
   * What the manifest says of one instance.
   *
   * @param instanceId its id
   * @param fidelity its own
   * @param samples how many
   * @param kills how many OOM kills
   * @param contentHash what {@link ContentHash#ofInstance} says of its rows
   */
  public record InstanceSummary(
      String instanceId, Fidelity fidelity, long samples, long kills, String contentHash) {}

  /**
   * What the manifest says of one file.
   *
   * @param fileName in the folder
   * @param rows how many
   * @param bytes its size
   * @param sha256 of its bytes, as 64 lower-case hexadecimal digits
   */
  public record TableSummary(String fileName, long rows, long bytes, String sha256) {}

  public RecordingManifest {
    instances = List.copyOf(instances);
    files = Collections.unmodifiableMap(new TreeMap<>(files));
  }

  /** The recording as the database names it. */
  public Recording recording() {
    return new Recording(
        name,
        startsAt,
        endsAt,
        instances.stream().map(instance -> InstanceId.parse(instance.instanceId())).toList(),
        note);
  }

  /** The number of rows of a table by its name in SQL; 0 when the recording has no such table. */
  public long rows(String tableName) {
    return Optional.ofNullable(files.get(tableName)).map(TableSummary::rows).orElse(0L);
  }
}
