package dev.headroom.engine.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.engine.backtest.BacktestConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * The page as a real Chromium shows it, light and dark, on a telephone and on a desk. Needs
 * Debian's packages chromium and chromium-driver, and is skipped without them.
 */
@Timeout(120)
final class HtmlReportInBrowserTest {

  private static final Path BROWSER = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");

  /** What WCAG asks of text (AA). */
  private static final double LEAST_CONTRAST = 4.5;

  /** Texts whose contrast with the page is below the argument, by WCAG's relative luminance. */
  private static final String TOO_FAINT =
      """
      const parse = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
      const luminance = colour => {
        const [r, g, b] = parse(colour).map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const page = luminance(getComputedStyle(document.body).backgroundColor);
      const contrast = colour => {
        const text = luminance(colour);
        return (Math.max(page, text) + 0.05) / (Math.min(page, text) + 0.05);
      };
      return [...document.body.querySelectorAll(':not(title):not(desc)')]
          .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
          .filter(each => contrast(each instanceof SVGElement
              ? getComputedStyle(each).fill : getComputedStyle(each).color) < arguments[0])
          .map(each => each.outerHTML.slice(0, 80));
      """;

  /** Elements that reach beyond the window and are in nothing that scrolls by itself. */
  private static final String TOO_WIDE =
      """
      return [...document.body.querySelectorAll('*')]
          .filter(each => !each.closest('.wide') && !each.closest('svg'))
          .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
          .map(each => each.outerHTML.slice(0, 80));
      """;

  /** Has no words for a Chromium that is newer than itself, and says so for every command. */
  private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

  private static @Nullable ChromeDriver driver;

  @TempDir static Path temporary = Path.of("");
  private static Path page = Path.of("");

  @BeforeAll
  static void startBrowser() throws IOException {
    assumeTrue(
        Files.isExecutable(BROWSER) && Files.isExecutable(DRIVER),
        "needs Debian's packages chromium and chromium-driver");
    SELENIUM.setLevel(Level.SEVERE);
    page = temporary.resolve("report.html");
    Files.writeString(
        page, HtmlReport.render(SmallFleet.run(BacktestConfig.DEFAULT.withAgainst("talk"))));
    Files.createDirectories(SCREENSHOTS);
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    logs.enable(LogType.PERFORMANCE, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(BROWSER.toFile());
    options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-background-networking",
        "--user-data-dir=" + temporary.resolve("profile"));
    driver =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER.toFile())
                .usingAnyFreePort()
                .build(),
            options);
  }

  @AfterAll
  static void stopBrowser() {
    if (driver != null) {
      driver.quit();
    }
  }

  @ParameterizedTest
  @CsvSource({"light, 390", "dark, 390", "light, 1280", "dark, 1280"})
  void page_isReadable_andAsksForNothing(String theme, int width) throws IOException {
    ChromeDriver browser = Objects.requireNonNull(driver);
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", width < 600));
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", theme))));
    browser.manage().logs().get(LogType.PERFORMANCE);

    browser.get(page.toUri().toString());

    assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
        .as("what the console says")
        .isEmpty();
    assertThat(requests(browser.manage().logs().get(LogType.PERFORMANCE).getAll()))
        .as("what the page asks for")
        .allMatch(
            request -> request.contains("\"url\":\"file:") || request.contains("\"url\":\"data:"))
        .anyMatch(request -> request.contains("report.html"));
    assertThat(browser.executeScript("return window.innerWidth")).isEqualTo((long) width);
    assertThat(browser.executeScript(TOO_WIDE)).as("what is cut off").isEqualTo(List.of());
    assertThat(browser.executeScript("return document.documentElement.scrollWidth"))
        .isEqualTo(browser.executeScript("return document.documentElement.clientWidth"));
    String paper =
        String.valueOf(
            browser.executeScript("return getComputedStyle(document.body).backgroundColor"));
    assertThat(paper).isEqualTo(theme.equals("dark") ? "rgb(13, 17, 23)" : "rgb(255, 255, 255)");
    assertThat(browser.executeScript(TOO_FAINT, LEAST_CONTRAST))
        .as("what is hard to read")
        .isEqualTo(List.of());
    Files.write(
        SCREENSHOTS.resolve("report-%s-%d.png".formatted(theme, width)),
        browser.getScreenshotAs(OutputType.BYTES));
  }

  private static List<String> requests(List<LogEntry> performance) {
    return performance.stream()
        .map(LogEntry::getMessage)
        .filter(message -> message.contains("\"Network.requestWillBeSent\""))
        .toList();
  }
}
