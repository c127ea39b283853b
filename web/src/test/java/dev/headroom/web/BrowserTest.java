package dev.headroom.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.model.Policy;
import dev.headroom.model.Recording;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.RolloutStore;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import tools.jackson.databind.JsonNode;

/** The pages as people use them, in a real Chromium over the kills of a real lab. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BrowserTest {

  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private @Nullable TestWeb started;
  private @Nullable ChromeDriver driver;
  private String range = "";
  private String instancePath = "";
  private String incidentPath = "";
  private String backtestPath = "";
  private String rolloutPath = "";

  @BeforeAll
  void start() throws Exception {
    assumeTrue(
        Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER),
        "needs Debian's chromium and chromium-driver");
    TestWeb web = TestWeb.start();
    started = web;
    Recording recording = web.importCorpus("lab-guard");
    web.importCorpus("lab-corpus");
    range =
        "from="
            + recording.startsAt().minus(Duration.ofDays(2))
            + "&to="
            + recording.endsAt().plus(Duration.ofHours(9));
    makeRollout(web, recording.endsAt());
    runBacktest(web);
    JsonNode first =
        web.json("/api/v1/instances?" + range + "&search=" + guarded(web, recording))
            .get("instances")
            .get(0);
    instancePath =
        "/instances/"
            + first.get("instance_id").stringValue()
            + "?from="
            + recording.startsAt()
            + "&to="
            + recording.endsAt();
    JsonNode killed = web.json("/api/v1/instances?" + range).get("instances").get(0);
    JsonNode timeline =
        web.json(
            "/api/v1/instances/" + killed.get("instance_id").stringValue() + "/timeline?" + range);
    incidentPath = "/incidents/" + timeline.get("kills").get(0).get("incident_id").stringValue();
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
    driver =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER.toFile())
                .usingAnyFreePort()
                .build(),
            options);
    Files.createDirectories(SCREENSHOTS);
  }

  /** An instance whose guard logged something. */
  private static String guarded(TestWeb web, Recording recording) {
    String range = "?from=" + recording.startsAt() + "&to=" + recording.endsAt();
    for (JsonNode instance : web.json("/api/v1/instances" + range).get("instances")) {
      String id = instance.get("instance_id").stringValue();
      JsonNode timeline = web.json("/api/v1/instances/" + id + "/timeline" + range);
      if (!timeline.get("guard_events").isEmpty() && !timeline.get("limits").isEmpty()) {
        return id;
      }
    }
    throw new AssertionError("no guard logged anything in " + recording.name());
  }

  private void runBacktest(TestWeb web) throws InterruptedException {
    JsonNode job =
        TestWeb.json(
            web.post(
                "/api/v1/backtests",
                "{\"recording\": \"lab-corpus\", \"formulas\": [\"talk\", \"neon\", \"static-75\", \"vpa\"]}"));
    String path = "/api/v1/backtest-jobs/" + job.get("job_id").stringValue();
    Instant deadline = Instant.now().plusSeconds(120);
    while (Instant.now().isBefore(deadline)) {
      JsonNode progress = web.json(path);
      if (progress.get("state").stringValue().equals("done")) {
        backtestPath = "/backtests/" + progress.get("run_id").stringValue();
        return;
      }
      assertThat(progress.get("state").stringValue()).isEqualTo("running");
      Thread.sleep(100);
    }
    throw new AssertionError("the backtest does not end");
  }

  private void makeRollout(TestWeb web, Instant at) {
    new PolicyStore(web.database().dataSource())
        .register(Policy.of("talk", "memory_max - (shmem + page_tables + 100MiB)"), "ann");
    RolloutStore rollouts = new RolloutStore(web.database().dataSource());
    Rollout rollout =
        rollouts
            .create(
                new RolloutStore.Draft("talk-everywhere", "talk@1", Map.of(), "{}"),
                step(RolloutStage.OFF, null, at.minusSeconds(7_000)))
            .orElseThrow();
    rollout = rollouts.change(rollout, step(RolloutStage.SHADOW, null, at.minusSeconds(3_600)));
    rollout = rollouts.change(rollout, step(RolloutStage.CANARY, 1, at.plusSeconds(60)));
    rolloutPath = "/rollouts/" + rollout.rolloutId();
  }

  private static RolloutStep step(RolloutStage stage, @Nullable Integer percent, Instant at) {
    return new RolloutStep(
        RolloutStep.Kind.TRANSITION,
        stage,
        percent,
        "ann",
        "bob",
        "its gates are open",
        null,
        "{\"gates\": [{\"name\": \"soak\", \"open\": true}]}",
        at);
  }

  @AfterAll
  void stop() {
    if (driver != null) {
      driver.quit();
    }
    if (started != null) {
      started.close();
    }
  }

  @Test
  void everyPage_inBothThemesAndBothWidths_isWhole() throws IOException {
    Map<String, String> pages =
        Map.of(
            "fleet", "/?" + range,
            "instance", instancePath,
            "incident", incidentPath,
            "backtests", "/backtests",
            "backtest", backtestPath,
            "rollouts", "/rollouts",
            "rollout", rolloutPath);
    String axe = axe();
    List<String> faults = new ArrayList<>();
    for (Map.Entry<String, String> page : new java.util.TreeMap<>(pages).entrySet()) {
      for (String theme : List.of("light", "dark")) {
        for (int width : new int[] {1280, 390}) {
          String name = page.getKey() + "-" + theme + "-" + width;
          browser().manage().window().setSize(new Dimension(width, 1000));
          open(page.getValue(), theme);
          screenshot(name);
          faults.addAll(violations(axe, name));
          faults.addAll(tooWide(name));
          faults.addAll(consoleErrors(name));
        }
      }
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void nothingIsLoadedFromElsewhere_andThePageIsLight() {
    open("/?" + range, "light");
    Object loaded =
        browser()
            .executeScript(
                "return performance.getEntriesByType('resource').map(e => [e.name, e.transferSize])");
    long bytes = 0;
    for (Object entry : (List<?>) Objects.requireNonNull(loaded)) {
      List<?> pair = (List<?>) entry;
      assertThat(pair.get(0).toString()).startsWith(web().server().url());
      bytes += ((Number) pair.get(1)).longValue();
    }
    System.getLogger("test").log(System.Logger.Level.INFO, "page weight: {0} bytes", bytes);
    assertThat(bytes).isLessThan(400_000);
  }

  @Test
  void byKeyboardAlone_aKillIsReached_fromTheFleet() {
    String from = incidentPath;
    JsonNode incident = web().json("/api/v1" + from);
    String killed = incident.get("kills").get(0).get("killed_at").stringValue();
    Instant at = Instant.parse(killed);
    open(
        "/instances/"
            + incident.get("instance_id").stringValue()
            + "?from="
            + at.minusSeconds(30)
            + "&to="
            + at.plusSeconds(30),
        "light");
    WebElement chart = browser().findElement(By.cssSelector(".chart"));
    browser().executeScript("arguments[0].focus()", chart);
    chart.sendKeys("k");
    await(
        "the cursor says the kill",
        () -> browser().findElement(By.cssSelector(".cursor")).getText().contains("kill"));
    chart.sendKeys(Keys.ENTER);
    await("the incident is open", () -> browser().getCurrentUrl().contains("/incidents/"));
    await(
        "it is shown",
        () ->
            browser()
                .findElement(By.id("view"))
                .getText()
                .contains("What each policy would have done"));
  }

  @Test
  void whatIf_showsTheErrorUnderACaret_andThenAScore() {
    open(instancePath, "dark");
    WebElement input = browser().findElement(By.id("formula"));
    input.sendKeys("memory_max - conections");
    await("the error", () -> bodyText().contains("^"));
    input.clear();
    input.sendKeys("memory_max * 0.9");
    await("the score", () -> bodyText().contains("kills prevented"));
    assertThat(browser().getCurrentUrl()).contains("formula=memory_max");
  }

  @Test
  void theStopButton_asksWhy_andStopsEverything() {
    open("/rollouts", "light");
    WebElement reason = browser().findElement(By.cssSelector("input[aria-label^='Reason']"));
    reason.sendKeys("a test of the button", Keys.ENTER);
    await("stopped", () -> bodyText().contains("Every guard is stopped"));
    assertThat(web().json("/api/v1/rollouts").get("stop").stringValue())
        .contains("a test of the button", "local");
    assertThat(web().json("/api/v1/audit").get(0).get("path").stringValue())
        .isEqualTo("/api/v1/guard-stop");
    browser()
        .findElement(By.cssSelector("input[aria-label^='Reason']"))
        .sendKeys("over", Keys.ENTER);
    await("lifted", () -> bodyText().contains("Stop everything"));
  }

  private String bodyText() {
    return browser().findElement(By.tagName("main")).getText();
  }

  private void open(String path, String theme) {
    browser().executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    browser().get(web().server().url() + "/healthz");
    browser().executeScript("localStorage.setItem('headroom.theme', arguments[0])", theme);
    browser().get(web().server().url() + path);
    await(
        path + " is shown",
        () ->
            Objects.equals(
                browser()
                    .executeScript(
                        "return document.getElementById('view').getAttribute('aria-busy')"),
                "false"));
    await(
        "the plot",
        () ->
            Objects.equals(
                browser()
                    .executeScript(
                        "return document.querySelectorAll('.chart').length === document.querySelectorAll('.chart canvas').length"),
                true));
  }

  private void screenshot(String name) throws IOException {
    Object height =
        browser().executeScript("return Math.min(4000, document.documentElement.scrollHeight)");
    Dimension before = browser().manage().window().getSize();
    browser()
        .executeCdpCommand(
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
    Files.write(SCREENSHOTS.resolve(name + ".png"), browser().getScreenshotAs(OutputType.BYTES));
  }

  private static String axe() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(BrowserTest.class.getResourceAsStream("/axe.min.js"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private List<String> violations(String axe, String page) {
    browser().executeScript(axe);
    Object found =
        browser()
            .executeAsyncScript(
                "const done = arguments[arguments.length - 1];"
                    + "axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations"
                    + ".filter(v => v.impact === 'serious' || v.impact === 'critical')"
                    + ".map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + n.failureSummary).join(' | '))))");
    return ((List<?>) Objects.requireNonNull(found))
        .stream().map(violation -> page + ": " + violation).toList();
  }

  private List<String> tooWide(String page) {
    Object wide =
        browser()
            .executeScript(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    long beyond = ((Number) Objects.requireNonNull(wide)).longValue();
    return beyond > 1 ? List.of(page + ": " + beyond + " px wider than the window") : List.of();
  }

  private List<String> consoleErrors(String page) {
    List<String> errors = new ArrayList<>();
    for (LogEntry entry : browser().manage().logs().get(LogType.BROWSER)) {
      if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
        errors.add(page + ": " + entry.getMessage());
      }
    }
    return errors;
  }

  private void await(String what, BooleanSupplier condition) {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (!condition.getAsBoolean()) {
      if (Instant.now().isAfter(deadline)) {
        throw new AssertionError(
            what + ": not within " + PATIENCE + "; the page says: " + bodyText());
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  private TestWeb web() {
    return Objects.requireNonNull(started);
  }

  private ChromeDriver browser() {
    return Objects.requireNonNull(driver);
  }
}
