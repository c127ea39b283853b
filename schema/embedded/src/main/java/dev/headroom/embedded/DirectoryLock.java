package dev.headroom.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets one caller at a time change something on disk, over threads and over processes. The kernel
 * frees it when its holder dies.
 */
final class DirectoryLock implements AutoCloseable {

  // A file lock belongs to the whole JVM, so threads need a lock of their own.
  private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private final ReentrantLock thread;
  private final FileChannel channel;

  private DirectoryLock(ReentrantLock thread, FileChannel channel) {
    this.thread = thread;
    this.channel = channel;
  }

  /** Waits until the lock is free; says so when it has to wait for another process. */
  static DirectoryLock acquire(Path lockFile, Progress progress) {
    Path file = lockFile.toAbsolutePath().normalize();
    ReentrantLock thread = THREADS.computeIfAbsent(file, ignored -> new ReentrantLock());
    thread.lock();
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        progress.step("waiting for another headroom that holds " + file);
        if (!channel.lock().isValid()) {
          throw new IOException("the lock was lost");
        }
      }
      return new DirectoryLock(thread, channel);
    } catch (IOException | RuntimeException e) {
      thread.unlock();
      closeQuietly(channel, e);
      throw new EmbeddedDatabaseException("cannot lock " + file + ": " + e, e);
    }
  }

  private static void closeQuietly(@Nullable FileChannel channel, Exception reason) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        reason.addSuppressed(e);
      }
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot release a lock: " + e, e);
    } finally {
      thread.unlock();
    }
  }
}
