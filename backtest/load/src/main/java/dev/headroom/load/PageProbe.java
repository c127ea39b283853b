package dev.headroom.load;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** Loads the first page in a real Chromium, and says when its table stands there. */
final class PageProbe {

  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int LOADS = 7;

  private static final String WEIGHT =
      """
      const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .filter(e => !e.name.endsWith('/events'));
      const sum = list => list.reduce((n, e) => n + e.transferSize, 0);
      const api = entries.filter(e => e.name.includes('/api/'));
      return [entries.length, sum(entries), sum(api)];
      """;

  /**
   * The first page, each time in a browser that knows nothing of it.
   *
   * @param medianMs from the start of the navigation to the painted table of instances
   * @param requests of one load, without the stream of changes
   * @param transferredBytes by all of them, headers included
   * @param answersBytes of these, what the API answered
   */
  record FirstPage(
      int loads,
      double medianMs,
      double maxMs,
      long requests,
      long transferredBytes,
      long answersBytes) {}

  private PageProbe() {}

  /** Empty where there is no Chromium. */
  static Optional<FirstPage> measure(String url, String token) throws InterruptedException {
    if (!Files.isExecutable(CHROMIUM) || !Files.isExecutable(DRIVER)) {
      return Optional.empty();
    }
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1280,900");
    ChromeDriver driver =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER.toFile())
                .usingAnyFreePort()
                .build(),
            options);
    try {
      driver.executeCdpCommand(
          "Page.addScriptToEvaluateOnNewDocument", Map.of("source", watch(token)));
      driver.executeCdpCommand("Network.enable", Map.of());
      List<Double> times = new ArrayList<>();
      List<?> weight = List.of(0L, 0L, 0L);
      for (int load = 0; load < LOADS; load++) {
        driver.executeCdpCommand("Network.clearBrowserCache", Map.of());
        driver.get(url + "/");
        times.add(awaitDrawn(driver));
        weight = (List<?>) Objects.requireNonNull(driver.executeScript(WEIGHT));
        driver.get("about:blank");
      }
      times.sort(null);
      return Optional.of(
          new FirstPage(
              LOADS,
              times.get(LOADS / 2),
              times.getLast(),
              number(weight, 0),
              number(weight, 1),
              number(weight, 2)));
    } finally {
      driver.quit();
    }
  }

  /** Runs before the page's own scripts: knows the token, and notes when rows have been painted. */
  private static String watch(String token) {
    return """
    if (location.protocol.startsWith('http')) sessionStorage.setItem('headroom.token', '%s');
    new MutationObserver((_, observer) => {
      if (!document.querySelector('main[aria-busy="false"] tbody tr')) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => { window.drawnAtMs = performance.now(); }));
    }).observe(document, {subtree: true, childList: true, attributes: true});
    """
        .formatted(token);
  }

  private static long number(List<?> weight, int index) {
    return ((Number) weight.get(index)).longValue();
  }

  private static double awaitDrawn(ChromeDriver driver) throws InterruptedException {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (Instant.now().isBefore(deadline)) {
      Object drawnAtMs = driver.executeScript("return window.drawnAtMs ?? null");
      if (drawnAtMs instanceof Number number) {
        return Math.round(number.doubleValue() * 10) / 10.0;
      }
      Thread.sleep(20);
    }
    throw new IllegalStateException(
        "the first page shows no instance: "
            + driver.executeScript("return document.body.innerText"));
  }
}
