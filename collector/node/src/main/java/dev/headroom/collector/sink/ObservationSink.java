package dev.headroom.collector.sink;

import dev.headroom.model.Observation;
import java.io.IOException;
import java.util.List;

/** Where observations end up. Storing one twice stores it once. */
public interface ObservationSink extends AutoCloseable {

  /**
   * An observation that can never be stored.
   *
   * @param reason why, in the words of who refused it
   */
  record Rejection(Observation observation, String reason) {}

  /**
   * Stores all of them but those it returns.
   *
   * @throws IOException when nothing can be stored now; the same call may do later
   */
  List<Rejection> store(List<Observation> observations) throws IOException;

  @Override
  void close();
}
