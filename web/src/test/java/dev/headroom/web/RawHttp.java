package dev.headroom.web;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 by hand: a client library would refuse to send most of what an attacker sends. One
 * connection, kept for as long as the server keeps it. For one thread.
 */
final class RawHttp implements AutoCloseable {

  private static final int TIMEOUT_MS = 30_000;

  private final InetSocketAddress server;
  private @Nullable Socket socket;
  private @Nullable InputStream in;

  /** A client of the server at this address. */
  RawHttp(String url) {
    URI uri = URI.create(url);
    server = new InetSocketAddress(uri.getHost(), uri.getPort());
  }

  /**
   * An answer.
   *
   * @param headers by name in lower case; what stands there twice, one after the other
   * @param body of a stream nothing
   */
  record Answer(int status, Map<String, List<String>> headers, String body) {

    @Nullable String header(String name) {
      List<String> values = headers.get(name.toLowerCase(Locale.ROOT));
      return values == null ? null : values.getFirst();
    }
  }

  /**
   * Sends bytes and reads one answer; again on a new connection when the server had closed the one
   * that was kept.
   *
   * @param isHead whether an answer has no body
   */
  Answer exchange(byte[] request, boolean isHead) throws IOException {
    boolean wasKept = socket != null;
    try {
      return exchangeOnce(request, isHead);
    } catch (IOException e) {
      close();
      if (!wasKept) {
        throw e;
      }
      return exchangeOnce(request, isHead);
    }
  }

  private Answer exchangeOnce(byte[] request, boolean isHead) throws IOException {
    Socket connection = connect();
    try {
      connection.getOutputStream().write(request);
    } catch (IOException e) {
      // What is too large is answered before all of it was sent.
    }
    return read(isHead);
  }

  /** Sends bytes and reads nothing. */
  Socket send(byte[] request) throws IOException {
    Socket connection = connect();
    connection.getOutputStream().write(request);
    connection.getOutputStream().flush();
    return connection;
  }

  private Socket connect() throws IOException {
    Socket known = socket;
    if (known != null) {
      return known;
    }
    Socket made = new Socket();
    made.setSoTimeout(TIMEOUT_MS);
    made.setTcpNoDelay(true);
    made.connect(server, TIMEOUT_MS);
    socket = made;
    in = new BufferedInputStream(made.getInputStream());
    return made;
  }

  /** Reads one answer to what was sent. */
  Answer read(boolean isHead) throws IOException {
    int status = 0;
    Map<String, List<String>> headers = Map.of();
    // 100 Continue comes before the answer.
    while (status < 200) {
      String[] first = line().split(" ", 3);
      status = Integer.parseInt(first[1]);
      headers = headers();
    }
    List<String> type = headers.getOrDefault("content-type", List.of(""));
    if (type.getFirst().startsWith("text/event-stream")) {
      close();
      return new Answer(status, headers, "");
    }
    String body = isHead || status == 204 || status == 304 ? "" : body(headers);
    if (headers.getOrDefault("connection", List.of("")).contains("close")) {
      close();
    }
    return new Answer(status, headers, body);
  }

  private Map<String, List<String>> headers() throws IOException {
    Map<String, List<String>> headers = new TreeMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers
          .computeIfAbsent(
              line.substring(0, colon).toLowerCase(Locale.ROOT), _ -> new ArrayList<>())
          .add(line.substring(colon + 1).strip());
    }
    return headers;
  }

  private String body(Map<String, List<String>> headers) throws IOException {
    if (headers.containsKey("content-length")) {
      int length = Integer.parseInt(headers.get("content-length").getFirst());
      return new String(input().readNBytes(length), StandardCharsets.UTF_8);
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    if (headers.getOrDefault("transfer-encoding", List.of()).contains("chunked")) {
      for (int size = chunk(); size > 0; size = chunk()) {
        body.write(input().readNBytes(size));
        line();
      }
      line();
    } else {
      input().transferTo(body);
      close();
    }
    return body.toString(StandardCharsets.UTF_8);
  }

  private int chunk() throws IOException {
    return Integer.parseInt(line().strip(), 16);
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int read = input().read(); read != '\n'; read = input().read()) {
      if (read < 0) {
        throw new EOFException("the server closed the connection");
      }
      line.write(read);
    }
    return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
  }

  private InputStream input() throws IOException {
    InputStream open = in;
    if (open == null) {
      throw new EOFException("the connection is closed");
    }
    return open;
  }

  @Override
  public void close() {
    Socket open = socket;
    socket = null;
    in = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        // It was to be closed, and it is.
      }
    }
  }
}
