package dev.headroom.engine.recording;

import dev.headroom.engine.recording.RecordingManifest.TableSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A recording's manifest, made to vouch for files that were changed behind its back. */
final class SealedManifest {

  private SealedManifest() {}

  static void write(Path directory, Map<String, TableSummary> files) throws IOException {
    RecordingManifest old = ManifestFile.read(directory);
    RecordingManifest manifest =
        new RecordingManifest(
            old.formatVersion(),
            old.name(),
            old.startsAt(),
            old.endsAt(),
            old.note(),
            old.producer(),
            old.fidelity(),
            old.queryText(),
            old.anonymised(),
            old.contentHash(),
            old.instances(),
            files);
    Files.write(directory.resolve(RecordingManifest.FILE_NAME), ManifestFile.format(manifest));
  }
}
