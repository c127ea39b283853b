package dev.headroom.collector.capture;

import java.io.IOException;

/** Takes captured events. */
@FunctionalInterface
public interface OomEventHandler {

  /**
   * Makes {@code event} durable. When it returns, the source may forget the event; when it throws,
   * the source delivers it again at the next poll. The same event can come twice, told by {@link
   * KernelOomEvent#key()}.
   */
  void handle(KernelOomEvent event) throws IOException;
}
