package dev.headroom.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.Recording;
import dev.headroom.model.rollout.Rollout;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import tools.jackson.databind.JsonNode;

/** The pages as people use them, in a real Chromium over the kills of a real lab. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BrowserTest {

  private @Nullable TestWeb started;
  private @Nullable TestBrowser browser;
  private String range = "";
  private String instancePath = "";
  private String incidentPath = "";
  private String backtestPath = "";
  private String rolloutPath = "";

  @BeforeAll
  void start() throws Exception {
    TestBrowser.requireInstalled();
    TestWeb web = TestWeb.start();
    started = web;
    Recording recording = web.importCorpus("lab-guard");
    web.importCorpus("lab-corpus");
    range =
        "from="
            + recording.startsAt().minus(Duration.ofDays(2))
            + "&to="
            + recording.endsAt().plus(Duration.ofHours(9));
    makeRollouts(web, recording);
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
    browser = TestBrowser.start(web);
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

  /** One rollout that moved while kills were recorded, and one that soaks now. */
  private void makeRollouts(TestWeb web, Recording recording) {
    Instant at = recording.endsAt();
    PromotedFleet then =
        new PromotedFleet(web, recording.instances(), () -> at.minusSeconds(7_000));
    then.promote("talk-everywhere", "{}");
    new PromotedFleet(web, recording.instances(), () -> at.plusSeconds(60))
        .approve("talk-everywhere", "canary:1");
    PromotedFleet now = new PromotedFleet(web, recording.instances(), InstantSource.system());
    Rollout soaking = now.promote("talk-again", "{\"automatic\": true}");
    now.evaluate(soaking);
    now.approve("talk-again", "canary:25");
    rolloutPath = "/rollouts/" + soaking.rolloutId();
  }

  @AfterAll
  void stop() {
    if (browser != null) {
      browser.close();
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
    Map<String, String> dialogs = Map.of("rollouts", "#stop-all", "rollout", "#do-approve");
    List<String> faults = new ArrayList<>();
    for (Map.Entry<String, String> page : new TreeMap<>(pages).entrySet()) {
      for (String theme : List.of("light", "dark")) {
        for (int width : new int[] {1280, 390}) {
          String name = page.getKey() + "-" + theme + "-" + width;
          browser().resize(width);
          browser().open(page.getValue(), theme);
          browser().screenshot(name);
          faults.addAll(browser().faults(name));
          String button = dialogs.get(page.getKey());
          if (button != null) {
            browser().driver().findElement(By.cssSelector(button)).click();
            browser().screenshot(name + "-dialog");
            faults.addAll(browser().faults(name + "-dialog"));
          }
        }
      }
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void nothingIsLoadedFromElsewhere_andThePageIsLight() {
    browser().open("/?" + range, "light");
    Object loaded =
        browser()
            .driver()
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
  void whatIf_showsTheErrorUnderACaret_andThenAScore() {
    browser().open(instancePath, "dark");
    WebElement input = browser().driver().findElement(By.id("formula"));
    input.sendKeys("memory_max - conections");
    browser().awaitText("^");
    input.clear();
    input.sendKeys("memory_max * 0.9");
    browser().awaitText("kills prevented");
    browser().awaitText("samples replayed, answered in");
    assertThat(browser().driver().getCurrentUrl()).contains("formula=memory_max");
  }

  private TestWeb web() {
    return Objects.requireNonNull(started);
  }

  private TestBrowser browser() {
    return Objects.requireNonNull(browser);
  }
}
