package dev.headroom.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.model.OomKill;
import dev.headroom.model.Policy;
import dev.headroom.model.Recording;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.store.KillFilter;
import dev.headroom.store.KillStore;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.RolloutStore;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What stands in the database is text to the pages, whoever wrote it there. */
final class MarkupTest {

  private static final String MARKUP =
      "'\"></td></svg><img src=x onerror=\"document.title='read as markup'\"><script>alert(1)</script>";

  @Test
  void markupInTheDatabase_isShownAsText_onEveryPage() throws IOException {
    TestBrowser.requireInstalled();
    try (TestWeb web = TestWeb.start()) {
      Recording recording = web.importCorpus("lab-guard");
      var source = web.database().dataSource();
      new PolicyStore(source).register(Policy.of("talk", "memory_max - shmem"), "ann");
      UUID rollout =
          new RolloutStore(source)
              .create(
                  new RolloutStore.Draft("talk", "talk@1", Map.of("tier", "lab"), "{}"),
                  new RolloutStep(
                      RolloutStep.Kind.TRANSITION,
                      RolloutStage.OFF,
                      null,
                      "ann",
                      "bob",
                      "a test",
                      null,
                      "{}",
                      recording.startsAt()))
              .orElseThrow()
              .rolloutId();
      UUID run =
          web.backtest(
              recording,
              List.of(Candidate.parse(Policy.of("talk", "memory_max - shmem"))),
              (_, _) -> {});
      OomKill kill = new KillStore(source).list(KillFilter.none(), 1).getFirst();
      MarkedTexts.write(web, _ -> MARKUP);
      String range =
          "?from="
              + recording.startsAt().minusSeconds(60)
              + "&to="
              + recording.endsAt().plusSeconds(60);
      try (TestBrowser browser = TestBrowser.start(web)) {
        for (String page :
            List.of(
                "/" + range,
                "/instances/" + Objects.requireNonNull(kill.instanceId()) + range,
                "/incidents/" + kill.incidentId(),
                "/backtests",
                "/backtests/" + run,
                "/rollouts",
                "/rollouts/" + rollout)) {
          browser.open(page, "light");
          assertThat(
                  browser.isTrue(
                      "return document.querySelectorAll('img[src=\"x\"], script:not([src])').length === 0"))
              .as(page)
              .isTrue();
          assertThat(browser.driver().getTitle()).as(page).doesNotStartWith("read as markup");
          // The list of runs shows no text of anybody's.
          if (!page.equals("/backtests")) {
            assertThat(browser.text()).as(page).contains("<img src=x");
          }
        }
      }
    }
  }
}
