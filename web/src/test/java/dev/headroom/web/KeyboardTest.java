package dev.headroom.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.Recording;
import dev.headroom.model.rollout.Rollout;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import tools.jackson.databind.JsonNode;

/**
 * Every page and its main job with keys alone, in a real Chromium: nothing is clicked and nothing
 * is given the focus but by Tab. On the way the focus is seen at every stop.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KeyboardTest {

  private @Nullable TestWeb started;
  private @Nullable TestBrowser browser;
  private @Nullable PromotedFleet fleet;
  private String range = "";

  @BeforeAll
  void start() throws Exception {
    TestBrowser.requireInstalled();
    TestWeb web = TestWeb.start();
    started = web;
    Recording recording = web.importCorpus("lab-corpus");
    range =
        "from="
            + recording.startsAt().minus(Duration.ofHours(1))
            + "&to="
            + recording.endsAt().plus(Duration.ofHours(1));
    fleet = new PromotedFleet(web, recording.instances(), InstantSource.system());
    browser = TestBrowser.start(web);
    browser.resize(1280);
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

  @AfterEach
  void nothingWentWrong() {
    assertThat(browser().faults("after the test")).isEmpty();
  }

  @Test
  void everyPage_isReached_bySkipLinkAndNavigation() {
    browser().open("/?" + range, "light");
    browser().press(Keys.TAB);
    assertThat(browser().isFocused(".skip")).isTrue();
    browser().requireFocus();
    browser().press(Keys.ENTER);
    assertThat(browser().isFocused("main")).isTrue();
    browser().requireFocus();

    browser().tabBackTo("nav a[data-page=backtests]");
    go("Run a backtest");
    browser().tabBackTo("nav a[data-page=rollouts]");
    go("Stop everything");
    browser().tabBackTo("nav a[data-page=fleet]");
    go("Collectors");
    browser().tabTo("#search");
    browser().press("no such instance", Keys.ENTER);
    browser().awaitText("No instance fits.");
    browser().requireFocus();
  }

  @Test
  void theWorstInstance_leadsToItsKill_andItsIncident() {
    browser().open("/?" + range, "dark");
    browser().tabTo("[aria-label=Instances] a");
    go("Memory, limits and kills");
    browser().tabTo(".chart");
    browser().press(Keys.ARROW_RIGHT);
    String first = cursor();
    assertThat(first).contains("memory");
    browser().press(Keys.ARROW_RIGHT);
    browser().await("the cursor moves", () -> !cursor().equals(first));
    browser().press("k");
    browser().await("the cursor says the kill", () -> cursor().contains("kill"));
    browser().press(Keys.ENTER);
    browser().awaitText("What each policy would have done");
    browser().requireFocus();
  }

  private String cursor() {
    return browser().driver().findElement(By.cssSelector(".cursor")).getText();
  }

  @Test
  void aWhatIf_isTyped_andTheFocusStays() {
    browser().open("/?" + range, "light");
    browser().tabTo("[aria-label=Instances] a");
    go("What if");
    browser().tabTo("#formula");
    browser().press("memory_max - conections");
    browser().awaitText("^");
    browser().pressWith(Keys.CONTROL, "a");
    browser().press("memory_max * 0.9");
    browser().awaitText("kills prevented");
    assertThat(browser().isFocused("#formula")).isTrue();
    browser().requireFocus();
  }

  @Test
  void aBacktest_isStartedAndCancelled_andTwoAreCompared() {
    browser().open("/backtests", "light");
    web().holdBacktests();
    startBacktest("mine: memory_max * 90%");
    browser().awaitText("instances of lab-corpus");
    browser().tabTo("button.danger");
    browser().press(Keys.ENTER);
    browser().awaitText("cancelled");
    browser().requireFocus();
    web().letBacktestsGo();
    for (String formula : new String[] {"mine: memory_max * 80%", "mine: memory_max * 70%"}) {
      startBacktest(formula);
      browser().awaitText("Verdict on each kill");
      browser().requireFocus();
      browser().tabBackTo("nav a[data-page=backtests]");
      go("Run a backtest");
    }
    browser().tabTo("input[aria-label^='compare run']");
    browser().press(Keys.SPACE);
    browser().tabTo("input[aria-label^='compare run']");
    browser().press(Keys.SPACE);
    browser().tabBackTo("#compare");
    browser().press(Keys.ENTER);
    browser().awaitText("This run / run");
    browser().requireFocus();
  }

  private void startBacktest(String formula) {
    browser().tabTo("#own");
    browser().pressWith(Keys.CONTROL, "a");
    browser().press(formula);
    browser().tabTo("form button.primary");
    browser().press(Keys.ENTER);
  }

  @Test
  void aStep_isApprovedWithAReason_inADialogThatKeepsTheFocus() {
    Rollout rollout = fleet().promote("approved", "{}");
    browser().open("/rollouts", "light");
    browser().tabTo("a[href='/rollouts/" + rollout.rolloutId() + "']");
    go("What can be done");
    browser().tabTo("#do-advance");
    browser().press(Keys.ENTER);
    browser().awaitText("Go on to canary 1%: ");
    assertThat(browser().isTrue("return document.querySelector('dialog') === null")).isTrue();

    browser().tabTo("#do-approve");
    browser().press(Keys.ENTER);
    assertThat(browser().isFocused("#reason")).isTrue();
    for (int i = 0; i < 8; i++) {
      browser().press(Keys.TAB);
      assertThat(browser().isFocused("dialog *")).as("Tab stays inside").isTrue();
      browser().requireFocus();
    }
    browser().pressWith(Keys.SHIFT, Keys.TAB);
    assertThat(browser().isFocused("dialog *")).as("Shift and Tab too").isTrue();
    browser().press(Keys.ESCAPE);
    assertThat(browser().isFocused("#do-approve")).as("where it was opened").isTrue();

    browser().press(Keys.ENTER);
    browser().tabTo("#to");
    browser().press(Keys.ARROW_DOWN);
    browser().tabTo("#reason");
    browser().press("few kills so far", Keys.ENTER);
    browser().awaitText("approved is at canary 5%");
    browser().await("the page follows", () -> browser().text().contains("Gates to canary 10%"));
    assertThat(browser().isFocused("#do-approve")).as("where it was").isTrue();
    browser().requireFocus();
    JsonNode step = web().json("/api/v1/rollouts/" + rollout.rolloutId()).get("history").get(0);
    assertThat(step.get("reason").stringValue()).isEqualTo("few kills so far");
    assertThat(step.get("approver").stringValue()).isEqualTo("local");
  }

  @Test
  void whatIsRefused_isSaidInTheDialog_andALiveChangeKeepsTheFocus() {
    Rollout rollout = fleet().promote("overtaken", "{}");
    browser().open("/rollouts/" + rollout.rolloutId(), "dark");
    browser().tabTo("#do-rollback");
    browser().press(Keys.ENTER);
    browser().press("errors in billing");
    fleet().pause("overtaken");
    browser().press(Keys.ENTER);
    browser().awaitText("eve was first");
    browser().awaitText("look at the rollout again");
    assertThat(browser().consoleErrors("refused")).singleElement().asString().contains("409");
    assertThat(browser().isFocused("#reason")).isTrue();
    browser().press(Keys.ESCAPE);
    browser().awaitText("‖ paused");
    assertThat(browser().isFocused("#do-rollback")).as("though the page was drawn anew").isTrue();
    browser().requireFocus();
    browser().press(Keys.ENTER);
    browser().press("errors in billing", Keys.ENTER);
    browser().awaitText("overtaken is at rolled back");
    browser().awaitText("It has ended");
    browser().requireFocus();
  }

  @Test
  void theClock_ticksForEyes_andIsHeardWhenItEnds_withoutTakingTheFocus() {
    Rollout rollout = fleet().promote("soaking", "{\"shadow_soak_ms\": 20000}");
    browser().open("/rollouts/" + rollout.rolloutId(), "light");
    browser().tabTo("#do-pause");
    String first = clock("[role=timer]");
    assertThat(first).matches("00:00:\\d\\d until it has soaked");
    browser().await("it ticks", () -> !clock("[role=timer]").equals(first));
    browser()
        .await(
            "it is heard", () -> clock("[aria-live=polite]").equals("It has soaked long enough."));
    browser().await("the gate opened", () -> !browser().text().contains("data, soak"));
    assertThat(browser().isFocused("#do-pause")).as("though it was drawn anew").isTrue();
  }

  private String clock(String part) {
    return Objects.toString(
        browser()
            .driver()
            .executeScript(
                "return document.querySelector('.next ' + arguments[0])?.textContent", part));
  }

  @Test
  void theStopButton_asksWhy_stopsEverything_andLetsGo() {
    browser().open("/rollouts", "light");
    browser().tabTo("#stop-all");
    browser().press(Keys.ENTER);
    browser().press("a test of the button", Keys.ENTER);
    browser().awaitText("■ Every guard is stopped");
    browser()
        .await("the button lets go now", () -> browser().text().contains("▶ Let the rollouts"));
    assertThat(browser().isFocused("#stop-all")).isTrue();
    browser().requireFocus();
    assertThat(web().json("/api/v1/rollouts").get("stop").stringValue())
        .isEqualTo("a test of the button (local)");
    assertThat(web().json("/api/v1/audit").get(0).get("path").stringValue())
        .isEqualTo("/api/v1/guard-stop");
    browser().press(Keys.ENTER);
    browser().press("over", Keys.ENTER);
    browser().awaitText("Stop everything");
    browser().requireFocus();
    assertThat(web().json("/api/v1/rollouts").get("stop").isNull()).isTrue();
  }

  @Test
  void whatSomebodyTypes_staysWhileThePageFollowsTheFleet() {
    browser().open("/?" + range, "light");
    browser().awaitText("● live");
    browser().tabTo("#search");
    browser().press("half a wo");
    String before = drawing();
    browser()
        .await(
            "the page is drawn anew",
            () -> {
              // The first change that a page hears of only says where it starts.
              web().post("/api/v1/guard-stop", "{\"stopped\": true, \"reason\": \"a change\"}");
              web().post("/api/v1/guard-stop", "{\"stopped\": false, \"reason\": \"and back\"}");
              return !drawing().equals(before);
            });
    assertThat(browser().isFocused("#search")).isTrue();
    browser().requireFocus();
    browser().press("rd");
    assertThat(browser().driver().findElement(By.id("search")).getDomProperty("value"))
        .isEqualTo("half a word");
  }

  /** Names the present drawing of the page: a new one has other elements. */
  private String drawing() {
    return Objects.toString(
        browser()
            .driver()
            .executeScript(
                "return document.querySelector('h1').dataset.drawing ??= Math.random().toString()"));
  }

  /** Follows what has the focus to a page that says this; the focus is then at its start. */
  private void go(String text) {
    browser().press(Keys.ENTER);
    browser().awaitText(text);
    browser().awaitDrawn(text);
    assertThat(browser().isFocused("main")).isTrue();
    browser().requireFocus();
  }

  private TestWeb web() {
    return Objects.requireNonNull(started);
  }

  private TestBrowser browser() {
    return Objects.requireNonNull(browser);
  }

  private PromotedFleet fleet() {
    return Objects.requireNonNull(fleet);
  }
}
