package dev.headroom.collector;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Hands connections to an address on to a port of loopback. */
final class Forwarder implements Closeable {

  private final ServerSocket server;
  private final int port;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private Forwarder(ServerSocket server, int port) {
    this.server = server;
    this.port = port;
  }

  static Forwarder start(String address, int port) throws IOException {
    Forwarder forwarder =
        new Forwarder(new ServerSocket(0, 50, InetAddress.getByName(address)), port);
    forwarder.threads.execute(forwarder::accept);
    return forwarder;
  }

  String address() {
    return server.getInetAddress().getHostAddress() + ":" + server.getLocalPort();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket from = server.accept();
        Socket to = new Socket(InetAddress.getLoopbackAddress(), port);
        threads.execute(() -> copy(from, to));
        threads.execute(() -> copy(to, from));
      } catch (IOException closed) {
        // The server socket was closed, or this one connection cannot be handed on.
      }
    }
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException | UncheckedIOException ended) {
      // Either side is gone; both are closed.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    threads.shutdownNow();
  }
}
