package dev.headroom.web.http;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SharedAnswerTest {

  private final SharedAnswer<String, Integer> shared = new SharedAnswer<>();
  private final AtomicInteger found = new AtomicInteger();
  private final AtomicInteger asking = new AtomicInteger();
  private final CountDownLatch release = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    release.countDown();
    threads.shutdownNow();
  }

  private Future<Integer> ask(String question) {
    return threads.submit(() -> {
      asking.incrementAndGet();
      return shared.get(question, this::find);
    });
  }

  /** The first answer takes until it is released; each has its number. */
  private Integer find() {
    int number = found.incrementAndGet();
    if (number == 1) {
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return number;
  }

  @Test
  void whoAsksWhileAnAnswerIsBeingFound_sharesTheNext_andNeverTheOlderOne() throws Exception {
    Future<Integer> first = ask("fleet");
    await().until(() -> found.get() == 1);
    List<Future<Integer>> others = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      others.add(ask("fleet"));
    }
    await().until(() -> asking.get() == 21);

    release.countDown();

    assertThat(first.get(10, SECONDS)).isEqualTo(1);
    for (Future<Integer> other : others) {
      assertThat(other.get(10, SECONDS)).isGreaterThan(1);
    }
    assertThat(found.get()).isLessThan(21);
  }

  @Test
  void anotherQuestion_waitsForNobody() throws Exception {
    Future<Integer> first = ask("fleet");
    await().until(() -> found.get() == 1);

    assertThat(ask("instances").get(10, SECONDS)).isEqualTo(2);
    assertThat(first.isDone()).isFalse();
  }

  @Test
  void oneAfterTheOther_isAnsweredAnew() {
    release.countDown();

    assertThat(shared.get("fleet", this::find)).isEqualTo(1);
    assertThat(shared.get("fleet", this::find)).isEqualTo(2);
  }

  @Test
  void whatFails_failsForThoseWhoAskedThen_andNotForLaterOnes() {
    assertThatThrownBy(() ->
            shared.get(
                "fleet",
                () -> {
                  throw new IllegalArgumentException("the database is away");
                }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the database is away");

    release.countDown();
    assertThat(shared.get("fleet", this::find)).isEqualTo(1);
  }
}
