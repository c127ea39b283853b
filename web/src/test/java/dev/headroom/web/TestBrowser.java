package dev.headroom.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A real Chromium over a web process. Close it to end it. */
final class TestBrowser implements AutoCloseable {

  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int MOST_TABS = 200;

  /** What has the focus, and whether a person sees that it has. */
  private static final String FOCUS =
      """
      const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
      const name = e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + ' ' + (e.getAttribute('aria-label') || e.textContent.trim()).slice(0, 60);
      const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
      const inside = box.width > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
      return [e === document.body, outlined && inside, name, arguments[0] ? e.matches(arguments[0]) : false];
      """;

  private final TestWeb web;
  private final ChromeDriver driver;
  private final String axe;

  private TestBrowser(TestWeb web, ChromeDriver driver, String axe) {
    this.web = web;
    this.driver = driver;
    this.axe = axe;
  }

  /** Skips the test where there is no browser. */
  static void requireInstalled() {
    assumeTrue(
        Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER),
        "needs Debian's chromium and chromium-driver");
  }

  static TestBrowser start(TestWeb web) throws IOException {
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--force-device-scale-factor=1");
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    Files.createDirectories(SCREENSHOTS);
    try (InputStream in =
        Objects.requireNonNull(TestBrowser.class.getResourceAsStream("/axe.min.js"))) {
      String axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      ChromeDriver driver =
          new ChromeDriver(
              new ChromeDriverService.Builder()
                  .usingDriverExecutable(DRIVER.toFile())
                  .usingAnyFreePort()
                  .build(),
              options);
      return new TestBrowser(web, driver, axe);
    }
  }

  ChromeDriver driver() {
    return driver;
  }

  /**
   * The window's width from now on.
   *
   * @param width in CSS pixels
   */
  void resize(int width) {
    driver.manage().window().setSize(new Dimension(width, 1000));
  }

  /** Opens a page and waits until it is drawn. */
  void open(String path, String theme) {
    driver.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    driver.get(web.server().url() + "/healthz");
    driver.executeScript("localStorage.setItem('headroom.theme', arguments[0])", theme);
    driver.get(web.server().url() + path);
    awaitDrawn(path);
  }

  /** Waits until the page that the address names is drawn. */
  void awaitDrawn(String what) {
    await(
        what + " is shown",
        () ->
            isTrue("return document.getElementById('view').getAttribute('aria-busy') === 'false'"));
    await(
        "the plot",
        () ->
            isTrue(
                "return document.querySelectorAll('.chart').length === document.querySelectorAll('.chart canvas').length"));
  }

  String text() {
    return driver.findElement(By.tagName("body")).getText();
  }

  boolean isTrue(String script) {
    return Objects.equals(driver.executeScript(script), true);
  }

  void await(String what, BooleanSupplier condition) {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (!condition.getAsBoolean()) {
      if (Instant.now().isAfter(deadline)) {
        throw new AssertionError(what + ": not within " + PATIENCE + "; the page says: " + text());
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  void awaitText(String text) {
    await("'" + text + "'", () -> text().contains(text));
  }

  /** Presses keys, wherever the focus is. */
  void press(CharSequence... keys) {
    new Actions(driver).sendKeys(keys).perform();
  }

  /** Presses a key while another one is held. */
  void pressWith(Keys held, CharSequence key) {
    new Actions(driver).keyDown(held).sendKeys(key).keyUp(held).perform();
  }

  /** Goes on with Tab until something has the focus; on the way it can be seen at every stop. */
  void tabTo(String selector) {
    goTo(selector, () -> press(Keys.TAB));
  }

  /** Goes back with Shift and Tab. */
  void tabBackTo(String selector) {
    goTo(selector, () -> pressWith(Keys.SHIFT, Keys.TAB));
  }

  private void goTo(String selector, Runnable step) {
    List<String> stops = new ArrayList<>();
    for (int i = 0; i < MOST_TABS; i++) {
      step.run();
      List<?> focus = focus(selector);
      stops.add(String.valueOf(focus.get(2)));
      if (Boolean.FALSE.equals(focus.get(0))) {
        assertThat(focus.get(1)).as("the focus is seen on " + focus.get(2)).isEqualTo(true);
      }
      if (Boolean.TRUE.equals(focus.get(3))) {
        return;
      }
    }
    throw new AssertionError("Tab never comes to " + selector + " but to " + stops);
  }

  /** Whether what has the focus is this. */
  boolean isFocused(String selector) {
    return Boolean.TRUE.equals(focus(selector).get(3));
  }

  /** Something has the focus, and it can be seen. */
  void requireFocus() {
    List<?> focus = focus(null);
    assertThat(focus.get(0)).as("the focus is lost").isEqualTo(false);
    assertThat(focus.get(1)).as("the focus is seen on " + focus.get(2)).isEqualTo(true);
  }

  private List<?> focus(@Nullable String selector) {
    return (List<?>) Objects.requireNonNull(driver.executeScript(FOCUS, selector));
  }

  /** Keeps a picture of the whole page in {@code target/screenshots}. */
  void screenshot(String name) throws IOException {
    Object height =
        driver.executeScript("return Math.min(4000, document.documentElement.scrollHeight)");
    Dimension before = driver.manage().window().getSize();
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of(
            "width",
            before.width,
            "height",
            Math.max(1000, ((Number) Objects.requireNonNull(height)).intValue()),
            "deviceScaleFactor",
            1,
            "mobile",
            false));
    Files.write(SCREENSHOTS.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
  }

  /** What is wrong with the page as it is: to axe-core, in the console, and in its width. */
  List<String> faults(String page) {
    List<String> faults = new ArrayList<>();
    faults.addAll(violations(page));
    faults.addAll(tooWide(page));
    faults.addAll(consoleErrors(page));
    return faults;
  }

  private List<String> violations(String page) {
    driver.executeScript(axe);
    Object found =
        driver.executeAsyncScript(
            "const done = arguments[arguments.length - 1];"
                + "axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations"
                + ".filter(v => v.impact === 'serious' || v.impact === 'critical')"
                + ".map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + n.failureSummary).join(' | '))))");
    return ((List<?>) Objects.requireNonNull(found))
        .stream().map(violation -> page + ": " + violation).toList();
  }

  private List<String> tooWide(String page) {
    Object wide =
        driver.executeScript(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    long beyond = ((Number) Objects.requireNonNull(wide)).longValue();
    return beyond > 1 ? List.of(page + ": " + beyond + " px wider than the window") : List.of();
  }

  /** What the console said since it was last asked. */
  List<String> consoleErrors(String page) {
    List<String> errors = new ArrayList<>();
    for (LogEntry entry : driver.manage().logs().get(LogType.BROWSER)) {
      if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
        errors.add(page + ": " + entry.getMessage());
      }
    }
    return errors;
  }

  @Override
  public void close() {
    driver.quit();
  }
}
