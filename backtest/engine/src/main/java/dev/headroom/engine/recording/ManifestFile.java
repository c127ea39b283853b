package dev.headroom.engine.recording;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.EnumNamingStrategies;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

/** Reads and writes {@code manifest.json}. */
final class ManifestFile {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enumNamingStrategy(EnumNamingStrategies.LOWER_CASE)
          .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private ManifestFile() {}

  static byte[] format(RecordingManifest manifest) {
    String json = MAPPER.writeValueAsString(manifest).replace(System.lineSeparator(), "\n");
    return (json + '\n').getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads the manifest of the recording in this folder.
   *
   * @throws RecordingException.Missing when the folder or its manifest is not there
   * @throws RecordingException.Unsupported when it has another format version
   * @throws RecordingException.Malformed when it is no manifest
   */
  static RecordingManifest read(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new RecordingException.Missing(
          "there is no folder "
              + directory
              + ". Give the folder of a recording, or list those of the database with: headroom"
              + " recording list");
    }
    Path file = directory.resolve(RecordingManifest.FILE_NAME);
    if (!Files.isRegularFile(file)) {
      throw new RecordingException.Missing(
          directory
              + " is not a recording: it has no "
              + RecordingManifest.FILE_NAME
              + ". Give the folder that headroom recording export wrote");
    }
    try {
      JsonNode json = MAPPER.readTree(Files.readAllBytes(file));
      JsonNode version = json.path("format_version");
      if (!version.isInt()) {
        throw malformed(file, "format_version is missing or not an integer");
      }
      if (version.intValue() != RecordingManifest.FORMAT_VERSION) {
        throw new RecordingException.Unsupported(
            file
                + " has format version "
                + version.intValue()
                + "; this program reads version "
                + RecordingManifest.FORMAT_VERSION
                + ". Use the version of headroom that wrote it ("
                + json.path("producer").asString("unknown")
                + ") or export it again with this one");
      }
      return MAPPER.treeToValue(json, RecordingManifest.class);
    } catch (JacksonException e) {
      throw malformed(file, e.getOriginalMessage());
    }
  }

  private static RecordingException.Malformed malformed(Path file, String problem) {
    return new RecordingException.Malformed(
        file + " is not a manifest: " + problem + ". Fetch or export the recording again");
  }
}
