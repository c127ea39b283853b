package dev.headroom.collector.flag;

import dev.headroom.model.rollout.FlagState;
import dev.headroom.store.FlagStateJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The last known flags on disk, for a collector that starts while the database is away.
 *
 * <p>The file is replaced as a whole and forced to disk. Its first line is {@code headroom-flags 1
 * TIME SHA-256}, the digest being over the time and the JSON that follows, so that neither can be
 * changed alone. A file that is not exactly that is refused, never used in part.
 */
public final class FlagCache {

  private static final String MAGIC = "headroom-flags";
  private static final String VERSION = "1";

  private final Path file;

  /**
   * What was kept.
   *
   * @param confirmedAt when the database last said it
   */
  public record Kept(FlagState state, Instant confirmedAt) {}

  public FlagCache(Path stateDirectory) {
    this.file = stateDirectory.resolve("flags");
  }

  /**
   * Reads what was kept; empty when nothing was.
   *
   * @throws IOException when the file is damaged, or of another version of this program
   */
  public Optional<Kept> find() throws IOException {
    String text;
    try {
      text = Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (IOException unreadable) {
      throw refused("it cannot be read (" + unreadable.getMessage() + ")", unreadable);
    }
    int end = text.indexOf('\n');
    String[] head = end < 0 ? new String[0] : text.substring(0, end).split(" ", -1);
    if (head.length != 4 || !head[0].equals(MAGIC)) {
      throw refused("it does not begin as a file of flags does", null);
    }
    if (!head[1].equals(VERSION)) {
      throw refused("it is of version %s, this is version %s".formatted(head[1], VERSION), null);
    }
    String json = text.substring(end + 1);
    if (!digest(head[2], json).equals(head[3])) {
      throw refused("its checksum does not agree with its content", null);
    }
    try {
      return Optional.of(new Kept(FlagStateJson.parse(json), Instant.parse(head[2])));
    } catch (IllegalArgumentException | DateTimeException unknown) {
      throw refused(String.valueOf(unknown.getMessage()), unknown);
    }
  }

  /** Keeps a state; a reader sees this one or the one before, whenever the writer dies. */
  public void write(Kept kept) throws IOException {
    String at = kept.confirmedAt().toString();
    String json = FlagStateJson.write(kept.state());
    String text = "%s %s %s %s\n%s".formatted(MAGIC, VERSION, at, digest(at, json), json);
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private IOException refused(String why, @Nullable Throwable cause) {
    return new IOException(
        "the flags kept in %s are not used: %s; they are written anew when the database answers"
            .formatted(file, why),
        cause);
  }

  private static String digest(String time, String json) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(time.getBytes(StandardCharsets.UTF_8));
      sha256.update((byte) '\n');
      return HexFormat.of().formatHex(sha256.digest(json.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
