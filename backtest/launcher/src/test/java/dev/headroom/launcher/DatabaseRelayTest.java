package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.embedded.DatabaseUrl;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class DatabaseRelayTest {

  private ServerSocket server;
  private DatabaseRelay relay;

  @BeforeEach
  void open() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::echo);
    relay =
        DatabaseRelay.open(
            DatabaseUrl.parse(
                "postgresql://u:secret@127.0.0.1:%d/kept?sslmode=disable"
                    .formatted(server.getLocalPort())));
  }

  @AfterEach
  void close() throws IOException {
    relay.close();
    server.close();
  }

  @Test
  void theUrl_isTheSameButForTheHost() {
    assertThat(relay.url().jdbc())
        .matches("jdbc:postgresql://127\\.0\\.0\\.1:\\d+/kept\\?.*")
        .contains("user=u", "password=secret", "sslmode=disable")
        .doesNotContain(":" + server.getLocalPort() + "/");
  }

  @Test
  void bytesPassBothWays_andNoneOnceItIsCut_untilItIsRestored() throws IOException {
    try (Socket first = connect()) {
      assertThat(answer(first)).isEqualTo(7);

      relay.cut();
      assertThat(answer(first)).as("a connection from before").isEqualTo(-1);
      try (Socket refused = connect()) {
        assertThat(answer(refused)).as("a new one").isEqualTo(-1);
      }

      relay.restore();
      try (Socket again = connect()) {
        assertThat(answer(again)).isEqualTo(7);
      }
    }
  }

  private Socket connect() throws IOException {
    String hosts = relay.url().hosts();
    return new Socket(
        InetAddress.getLoopbackAddress(),
        Integer.parseInt(hosts.substring(hosts.lastIndexOf(':') + 1)));
  }

  /** What the other end says to a 7; -1 when there is no other end. */
  private static int answer(Socket socket) throws IOException {
    try {
      socket.getOutputStream().write(7);
      return socket.getInputStream().read();
    } catch (SocketException ended) {
      return -1;
    }
  }

  private void echo() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.ofVirtual()
            .start(() -> {
              try (socket) {
                socket.getInputStream().transferTo(socket.getOutputStream());
              } catch (IOException e) {
                // The relay was cut.
              }
            });
      } catch (IOException e) {
        // The test is over.
      }
    }
  }
}
