package dev.headroom.collector.state;

import dev.headroom.collector.kernel.KernelFile;
import dev.headroom.collector.spool.ObservationJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The file of a {@link CollectorState}. It is replaced as a whole and not forced to disk: it
 * outlives the collector's death, and after the machine's it means nothing.
 */
public final class StateFile {

  private final JsonMapper mapper = ObservationJson.mapper();
  private final Path file;

  public StateFile(Path file) {
    this.file = file;
  }

  /**
   * Reads what was kept in this boot; empty when nothing was.
   *
   * @throws IOException when the file is damaged; it can then be written anew
   */
  public Optional<CollectorState> find(String bootId) throws IOException {
    Optional<String> text = KernelFile.find(file);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(mapper.readValue(text.get(), CollectorState.class))
          .filter(state -> state.bootId().equals(bootId));
    } catch (JacksonException | NullPointerException damaged) {
      throw new IOException(
          file + " is damaged: titles and queries of processes that ended are forgotten", damaged);
    }
  }

  /** Replaces what is kept. */
  public void write(CollectorState state) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.write(next, mapper.writeValueAsBytes(state));
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
