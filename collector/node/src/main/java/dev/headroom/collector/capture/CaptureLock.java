package dev.headroom.collector.capture;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Held by the one reader of a capture name: two readers would each miss what the other takes. A
 * death releases it.
 */
final class CaptureLock implements AutoCloseable {

  private final FileChannel channel;

  private CaptureLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock of {@code directory}, which it makes.
   *
   * @throws IOException when another reader holds it
   */
  static CaptureLock acquire(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path file = directory.resolve("lock");
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (lock(channel) == null) {
      channel.close();
      throw new IOException(
          "another collector reads the OOM kills of '%s' (it holds %s): stop it, or give this one another name"
              .formatted(directory.getFileName(), file));
    }
    return new CaptureLock(channel);
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
