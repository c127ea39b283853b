package dev.headroom.load;

import dev.headroom.load.Asker.Ask;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * People at the dashboard. Each has a token of its own and a page open, which listens for changes;
 * looks at a page, thinks, and goes on to the next.
 */
final class Crowd {

  private final DashboardClient client;
  private final Subjects subjects;
  private final List<Operation> documented;
  private final List<String> tokens;

  /**
   * A crowd.
   *
   * @param tokens one for each of them
   */
  Crowd(
      DashboardClient client, Subjects subjects, List<Operation> documented, List<String> tokens) {
    this.client = client;
    this.subjects = subjects;
    this.documented = documented;
    this.tokens = List.copyOf(tokens);
  }

  /** One after the other asks for every operation that changes nothing, some times each. */
  Measurements askForEverything(int times) throws InterruptedException {
    Measurements measurements = new Measurements();
    Asker asker = new Asker(subjects, documented, new SplittableRandom(1));
    for (int i = 0; i < times; i++) {
      for (Operation operation : Asker.loaded(documented)) {
        String token = tokens.get(i % tokens.size());
        Ask ask = asker.any(operation);
        if (operation.isStream()) {
          client.measureOpening(ask, token, measurements);
        } else {
          client.measure(ask, token, measurements);
        }
      }
    }
    return measurements;
  }

  /**
   * All of them at once, for a while.
   *
   * @param thinking how long each thinks between pages on average, from half of it to one and a
   *     half
   */
  Measurements use(Duration length, Duration thinking) throws InterruptedException {
    Measurements measurements = new Measurements();
    CountDownLatch over = new CountDownLatch(1);
    List<Thread> people = new ArrayList<>();
    List<Thread> listeners = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      String token = tokens.get(i);
      SplittableRandom random = new SplittableRandom(i);
      listeners.add(Thread.startVirtualThread(() -> listen(token, measurements, over)));
      people.add(
          Thread.startVirtualThread(() -> {
            try {
              browse(token, random, thinking, measurements, over);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }));
    }
    over.await(length.toMillis(), TimeUnit.MILLISECONDS);
    over.countDown();
    for (Thread person : people) {
      person.join();
    }
    listeners.forEach(Thread::interrupt);
    for (Thread listener : listeners) {
      listener.join();
    }
    return measurements;
  }

  private void browse(
      String token,
      SplittableRandom random,
      Duration thinking,
      Measurements measurements,
      CountDownLatch over)
      throws InterruptedException {
    Asker asker = new Asker(subjects, documented, random);
    // Nobody starts at the same moment.
    boolean isOver =
        over.await((long) (thinking.toMillis() * random.nextDouble()), TimeUnit.MILLISECONDS);
    while (!isOver) {
      client.measureTogether(asker.page(), token, measurements);
      isOver =
          over.await(
              (long) (thinking.toMillis() * (0.5 + random.nextDouble())), TimeUnit.MILLISECONDS);
    }
  }

  private void listen(String token, Measurements measurements, CountDownLatch over) {
    Operation events = new Operation("GET", "/api/v1/events", List.of(), true);
    try {
      client.listen(events.path(), token, () -> {}, data -> over.getCount() > 0);
      if (over.getCount() > 0) {
        measurements.failed(events, events.path() + " ended by itself");
      }
    } catch (IOException e) {
      if (over.getCount() > 0) {
        measurements.failed(events, events.path() + ": " + e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
