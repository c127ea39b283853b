package dev.headroom.collector.capture;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * A running capture of OOM kills. It records from the moment it is opened, and for all kinds but
 * {@link OomSourceKind#KMSG}, whose record is the kernel's own log, it goes on recording when this
 * process dies; the next one opened under the same name delivers the backlog first. Used by one
 * thread.
 */
public interface OomSource extends AutoCloseable {

  OomSourceKind kind();

  /** Where it is attached and what it can tell, in one line. */
  String describe();

  /**
   * Delivers what the kernel recorded, oldest first, and waits up to {@code timeout} for the first
   * event.
   *
   * @return the number of events handled
   * @throws IOException when the kernel refuses to be read, or the handler failed
   */
  int poll(Duration timeout, OomEventHandler handler) throws IOException;

  /** Events known to be lost since the recording began, because nobody read in time. */
  long lostCount() throws IOException;

  /**
   * Where to go on after a restart, for {@link CaptureOptions#cursor()}; empty when the kernel
   * keeps the place.
   */
  default Optional<String> findCursor() {
    return Optional.empty();
  }

  /**
   * Asks for the statements of a postmaster and its children from now on. A postmaster that ended
   * is forgotten by and by.
   *
   * @return whether this source can read statements from that process
   * @throws IOException when the process is gone or the kernel refuses
   */
  default boolean registerPostmaster(long pid) throws IOException {
    return false;
  }

  /**
   * Stops recording and removes what was made for it, unless {@link
   * CaptureOptions#keepRecording()}.
   */
  @Override
  void close() throws IOException;
}
