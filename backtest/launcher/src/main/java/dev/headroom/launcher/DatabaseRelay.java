package dev.headroom.launcher;

import dev.headroom.embedded.DatabaseUrl;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between one program and its database, so that the one can be cut from the other while
 * everybody else goes on. It listens on the loopback only.
 */
final class DatabaseRelay implements AutoCloseable {

  private static final int CONNECT_TIMEOUT_MS = 5_000;
  private static final int POSTGRES_PORT = 5432;

  private final DatabaseUrl target;
  private final ServerSocket listener;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;

  private DatabaseRelay(DatabaseUrl target, ServerSocket listener) {
    this.target = target;
    this.listener = listener;
    Thread.ofVirtual().name("database-relay").start(this::accept);
  }

  /**
   * Begins to listen on a free port.
   *
   * @param target where connections go; of several hosts to the first
   */
  static DatabaseRelay open(DatabaseUrl target) throws IOException {
    return new DatabaseRelay(target, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
  }

  /** The database as the program shall see it. */
  DatabaseUrl url() {
    return new DatabaseUrl(
        "127.0.0.1:" + listener.getLocalPort(),
        target.database(),
        target.user(),
        target.password(),
        target.parameters());
  }

  /** Ends every connection and lets no other through. */
  void cut() {
    cut = true;
    open.forEach(DatabaseRelay::close);
  }

  /** Lets connections through again. */
  void restore() {
    cut = false;
  }

  @Override
  public void close() {
    cut();
    try {
      listener.close();
    } catch (IOException e) {
      // It listens to nobody any more, which is what was wanted.
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket program = listener.accept();
        Thread.ofVirtual().start(() -> connect(program));
      } catch (IOException e) {
        // Closed, or a program that gave up before it was let in.
      }
    }
  }

  private void connect(Socket program) {
    open.add(program);
    try (program;
        Socket database = new Socket()) {
      if (cut) {
        return;
      }
      open.add(database);
      try {
        database.connect(address(), CONNECT_TIMEOUT_MS);
        program.setTcpNoDelay(true);
        database.setTcpNoDelay(true);
        Thread back = Thread.ofVirtual().start(() -> copy(database, program));
        copy(program, database);
        back.join();
      } finally {
        open.remove(database);
      }
    } catch (IOException e) {
      // The program sees its connection end, as it would without a relay.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(program);
    }
  }

  private InetSocketAddress address() {
    String host = target.hosts().split(",", 2)[0];
    int colon = host.lastIndexOf(':');
    boolean hasPort = colon > host.lastIndexOf(']');
    String name = hasPort ? host.substring(0, colon) : host;
    int port = hasPort ? Integer.parseInt(host.substring(colon + 1)) : POSTGRES_PORT;
    return new InetSocketAddress(name.replaceAll("^\\[|]$", ""), port);
  }

  /** Copies until either side ends, and then ends both: Postgres never closes one half. */
  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      // Either side ended, or the relay was cut.
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is of no use any more, which is what was wanted.
    }
  }
}
