package dev.headroom.load;

import dev.headroom.load.Asker.Ask;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Talks HTTP/1.1 with one web process. Safe for use by several threads. */
final class DashboardClient implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Set<Integer> EXPECTED = Set.of(200, 304);

  private final String url;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(threads).build();

  DashboardClient(String url) {
    this.url = url;
  }

  String url() {
    return url;
  }

  /** Asks, waits for the whole answer, and notes how long that took. */
  void measure(Ask ask, String token, Measurements measurements) throws InterruptedException {
    HttpRequest request = request(ask.pathAndQuery(), token, ask.body());
    long begin = System.nanoTime();
    try {
      HttpResponse<byte[]> answer = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
      long nanos = System.nanoTime() - begin;
      byte[] body = answer.body();
      String problem =
          EXPECTED.contains(answer.statusCode())
              ? null
              : ask.pathAndQuery() + ": " + answer.statusCode() + " " + shortened(body);
      measurements.answered(ask.operation(), nanos, answer.statusCode(), body.length, problem);
    } catch (IOException e) {
      measurements.failed(ask.operation(), ask.pathAndQuery() + ": " + e);
    }
  }

  private static String shortened(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8);
    return text.length() > 300 ? text.substring(0, 300) : text;
  }

  /** Opens a stream, notes how long that took, and closes it. */
  void measureOpening(Ask ask, String token, Measurements measurements)
      throws InterruptedException {
    long begin = System.nanoTime();
    try {
      HttpResponse<InputStream> answer =
          http.send(
              request(ask.pathAndQuery(), token, null), HttpResponse.BodyHandlers.ofInputStream());
      long nanos = System.nanoTime() - begin;
      answer.body().close();
      String problem =
          answer.statusCode() == 200 ? null : ask.pathAndQuery() + ": " + answer.statusCode();
      measurements.answered(ask.operation(), nanos, answer.statusCode(), 0, problem);
    } catch (IOException e) {
      measurements.failed(ask.operation(), ask.pathAndQuery() + ": " + e);
    }
  }

  /** Asks for all of a page at once, as a browser does, and waits for every answer. */
  void measureTogether(List<Ask> page, String token, Measurements measurements)
      throws InterruptedException {
    List<Thread> others =
        page.stream()
            .skip(1)
            .map(ask ->
                Thread.startVirtualThread(() -> {
                  try {
                    measure(ask, token, measurements);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }))
            .toList();
    measure(page.getFirst(), token, measurements);
    for (Thread other : others) {
      other.join();
    }
  }

  /** Asks for something that must be there; the body as text. */
  String get(String path, String token, @Nullable String body) throws InterruptedException {
    try {
      HttpResponse<String> answer =
          http.send(request(path, token, body), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() / 100 != 2) {
        throw new IllegalStateException(path + ": " + answer.statusCode() + " " + answer.body());
      }
      return answer.body();
    } catch (IOException e) {
      throw new IllegalStateException(path + ": " + e, e);
    }
  }

  /**
   * Listens to a stream of events until told enough, or until it ends.
   *
   * @param opened called once the stream is open
   * @param data is given the data of each event; false is enough
   */
  void listen(String path, String token, Runnable opened, Predicate<String> data)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path))
            .header("Authorization", "Bearer " + token)
            .header("Accept", "text/event-stream")
            .build();
    HttpResponse<InputStream> answer =
        http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      if (answer.statusCode() != 200) {
        throw new IOException(path + ": " + answer.statusCode() + " " + lines.readLine());
      }
      opened.run();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("data:") && !data.test(line.substring("data:".length()).strip())) {
          return;
        }
      }
    }
  }

  private HttpRequest request(String path, String token, @Nullable String body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(PATIENCE)
            .header("Authorization", "Bearer " + token);
    return body == null
        ? request.GET().build()
        : request
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
  }

  @Override
  public void close() {
    http.shutdownNow();
    http.close();
    threads.close();
  }
}
