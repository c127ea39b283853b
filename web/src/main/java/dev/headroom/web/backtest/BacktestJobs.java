package dev.headroom.web.backtest;

import dev.headroom.engine.backtest.BacktestCancelledException;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.model.Recording;
import dev.headroom.web.http.ApiException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backtests that were started from a page: one runs at a time, because each uses every core. Close
 * it to cancel the one that runs. Safe for use by several threads.
 */
final class BacktestJobs implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(BacktestJobs.class);
  private static final int MOST_REMEMBERED = 20;

  private final BacktestEngine engine;
  private final Deque<Job> jobs = new ArrayDeque<>();

  private enum State {
    RUNNING,
    DONE,
    CANCELLED,
    FAILED
  }

  /**
   * How far a backtest is.
   *
   * @param done instances that were replayed
   * @param runId of the kept run; absent until it is done
   * @param problem why it failed; absent when it did not
   */
  record Progress(
      UUID jobId,
      String recording,
      String startedBy,
      Instant startedAt,
      String state,
      int instances,
      int done,
      @Nullable UUID runId,
      @Nullable String problem) {}

  private static final class Job {
    private final UUID id = UUID.randomUUID();
    private final Recording recording;
    private final String startedBy;
    private final Instant startedAt = Instant.now();
    private @Nullable Thread thread;
    private State state = State.RUNNING;
    private int done;
    private @Nullable UUID runId;
    private @Nullable String problem;

    Job(Recording recording, String startedBy) {
      this.recording = recording;
      this.startedBy = startedBy;
    }

    synchronized Progress progress() {
      return new Progress(
          id,
          recording.name(),
          startedBy,
          startedAt,
          state.name().toLowerCase(Locale.ROOT),
          recording.instances().size(),
          done,
          runId,
          problem);
    }

    synchronized boolean isRunning() {
      return state == State.RUNNING;
    }

    synchronized void replayed(int instances) {
      done = instances;
    }

    synchronized void end(State end, @Nullable UUID run, @Nullable String why) {
      state = end;
      runId = run;
      problem = why;
    }

    synchronized void cancel() {
      if (state == State.RUNNING && thread != null) {
        thread.interrupt();
      }
    }

    synchronized void start(Thread runner) {
      thread = runner;
      runner.start();
    }
  }

  BacktestJobs(BacktestEngine engine) {
    this.engine = engine;
  }

  /**
   * Starts a backtest.
   *
   * @throws ApiException when one runs already
   */
  synchronized Progress start(Recording recording, List<Candidate> candidates, String startedBy) {
    if (jobs.stream().anyMatch(Job::isRunning)) {
      throw ApiException.conflict("a backtest runs already", "wait until it is done, or cancel it");
    }
    Job job = new Job(recording, startedBy);
    jobs.addFirst(job);
    if (jobs.size() > MOST_REMEMBERED) {
      jobs.removeLast();
    }
    job.start(Thread.ofPlatform().daemon().name("backtest").unstarted(() -> run(job, candidates)));
    return job.progress();
  }

  private void run(Job job, List<Candidate> candidates) {
    try {
      UUID run = engine.run(job.recording, candidates, (_, done) -> job.replayed(done));
      job.end(State.DONE, run, null);
    } catch (BacktestCancelledException e) {
      job.end(State.CANCELLED, null, null);
    } catch (RuntimeException e) {
      LOG.warn("backtest {} of {} failed", job.id, job.recording.name(), e);
      job.end(State.FAILED, null, "it failed; this process's log says why, at " + job.id);
    }
  }

  /** The latest, newest first. */
  synchronized List<Progress> list() {
    return jobs.stream().map(Job::progress).toList();
  }

  synchronized Optional<Progress> find(UUID id) {
    return jobs.stream().filter(job -> job.id.equals(id)).map(Job::progress).findFirst();
  }

  /** Asks a backtest to end; it does within a moment. Empty when there is none. */
  synchronized Optional<Progress> cancel(UUID id) {
    Optional<Job> found = jobs.stream().filter(job -> job.id.equals(id)).findFirst();
    found.ifPresent(Job::cancel);
    return found.map(Job::progress);
  }

  @Override
  public synchronized void close() {
    for (Job job : jobs) {
      job.cancel();
      Thread thread = job.thread;
      if (thread != null) {
        try {
          thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
