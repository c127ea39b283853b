package dev.headroom.web.http;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers a question once for all who ask it while the answer before is being found. Nothing is
 * kept: no answer is older than the question it is given to, because who asks while one is being
 * found waits for the next. Safe for use by several threads, which should be virtual: they wait.
 *
 * @param <Q> a question; equal questions have the same answer at the same moment
 * @param <A> its answer
 */
public final class SharedAnswer<Q, A> {

  /** The finding of one answer. */
  private final class Round {
    private final CompletableFuture<A> answer = new CompletableFuture<>();
  }

  /** Of one question: the round that is running, and the one that is being waited for. */
  private final class Rounds {
    private @Nullable Round running;
    private @Nullable Round next;
  }

  private final Map<Q, Rounds> asked = new HashMap<>();

  /**
   * The answer as of now or a little later.
   *
   * @param find is called by one of those who ask, at most once at a time for equal questions; what
   *     it throws is thrown to all of them
   */
  public A get(Q question, Supplier<A> find) {
    Round round;
    Round before = null;
    boolean leads;
    synchronized (asked) {
      Rounds rounds = asked.computeIfAbsent(question, _ -> new Rounds());
      leads = rounds.next == null;
      if (rounds.next == null) {
        rounds.next = new Round();
        before = rounds.running;
      }
      round = rounds.next;
    }
    if (leads) {
      lead(question, before, round, find);
    }
    try {
      return round.answer.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private void lead(Q question, @Nullable Round before, Round round, Supplier<A> find) {
    if (before != null) {
      // Only that it ends matters here; what it threw is for those who asked then.
      before.answer.handle((_, _) -> "over").join();
    }
    synchronized (asked) {
      // From here on whoever asks waits for the next round.
      Rounds rounds = asked.get(question);
      if (rounds != null) {
        rounds.running = round;
        rounds.next = null;
      }
    }
    try {
      round.answer.complete(find.get());
    } catch (RuntimeException e) {
      round.answer.completeExceptionally(e);
    } finally {
      // An Error is thrown to the one who led; the others must not wait for ever.
      round.answer.completeExceptionally(new IllegalStateException("the answer was not found"));
      synchronized (asked) {
        Rounds rounds = asked.get(question);
        if (rounds != null && rounds.running == round) {
          rounds.running = null;
          if (rounds.next == null) {
            asked.remove(question);
          }
        }
      }
    }
  }
}
