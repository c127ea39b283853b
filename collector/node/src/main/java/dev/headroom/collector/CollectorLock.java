package dev.headroom.collector;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Keeps a state directory to one collector; the kernel gives it free when the process dies. */
final class CollectorLock implements Closeable {

  private final FileChannel channel;

  private CollectorLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws IOException when another collector has it; the message names its process
   */
  static CollectorLock take(Path stateDirectory) throws IOException {
    Path file = stateDirectory.resolve("lock");
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      @Nullable FileLock lock = channel.tryLock();
      if (lock != null) {
        channel.truncate(0);
        channel.write(
            ByteBuffer.wrap(
                Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
        return new CollectorLock(channel);
      }
    } catch (OverlappingFileLockException here) {
      // the other one is in this very process
    }
    String holder = Files.readString(file).strip();
    channel.close();
    throw new IOException(
        "another collector (process %s) uses %s; stop it or give this one a state directory of its own"
            .formatted(holder, stateDirectory));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
