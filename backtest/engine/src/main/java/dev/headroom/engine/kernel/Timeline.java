package dev.headroom.engine.kernel;

import dev.headroom.engine.kernel.ReplayEvent.Denial;
import dev.headroom.engine.kernel.ReplayEvent.Kill;
import dev.headroom.engine.kernel.ReplayEvent.Ready;
import org.jspecify.annotations.Nullable;

/**
 * Walks samples and events of a recording in the one order that all parts of a replay share.
 *
 * <p>At one instant a sample comes before an event. From a kill that ends the instance until it is
 * ready again the instance is down. The samples between two outages are a <em>life</em>: the first
 * of them starts afresh, with no interval before it. What was before the first moment that is
 * judged is walked as if the instance had been down: its samples are the past, its kills no kills.
 */
final class Timeline {

  /** What a walk meets, in order. Every method does nothing unless overridden. */
  interface Visitor {

    /** A sample that starts a life. */
    default void firstSample(int sample) {}

    /** A sample that ends the interval from the sample before it. */
    default void interval(int sample) {}

    /** A sample so long after the one before it that nothing is known of the time between. */
    default void gap(int sample) {}

    /** A sample while the instance is down. */
    default void sampleWhileDown(int sample) {}

    /** The live guard denied an allocation while the instance was up. */
    default void denial(Denial denial) {}

    /** A kill of a living instance, near enough to the last sample of this life. */
    default void kill(Kill kill, int lastSample) {}

    /** A kill of a living instance without a sample of this life near enough before it. */
    default void killAfterGap(Kill kill) {}

    /** A kill while the instance is already down from another. */
    default void killWhileDown(Kill kill, Kill first) {}

    /** The recording ends. */
    default void end() {}
  }

  private final ReplayInput input;
  private final Visitor visitor;

  /** The last sample of this life; -1 when there was none yet. */
  private int lastSample = -1;

  private @Nullable Kill outage;

  private Timeline(ReplayInput input, Visitor visitor) {
    this.input = input;
    this.visitor = visitor;
  }

  static void walk(ReplayInput input, Visitor visitor) {
    new Timeline(input, visitor).walk();
  }

  private void walk() {
    int sample = 0;
    for (ReplayEvent event : input.events) {
      while (sample < input.sampleCount() && input.timeNs[sample] <= event.timeNs()) {
        visit(sample++);
      }
      visit(event);
    }
    while (sample < input.sampleCount()) {
      visit(sample++);
    }
    visitor.end();
  }

  private void visit(int sample) {
    if (outage != null || input.timeNs[sample] < input.judgedFromNs) {
      visitor.sampleWhileDown(sample);
      return;
    }
    if (lastSample < 0) {
      visitor.firstSample(sample);
    } else if (input.isGap(lastSample, input.timeNs[sample])) {
      visitor.gap(sample);
    } else {
      visitor.interval(sample);
    }
    lastSample = sample;
  }

  private void visit(ReplayEvent event) {
    if (event.timeNs() < input.judgedFromNs) {
      passOver(event);
      return;
    }
    switch (event) {
      case Denial denial -> {
        if (outage == null) {
          visitor.denial(denial);
        }
      }
      case Ready _ -> outage = null;
      case Kill kill -> {
        if (outage != null) {
          visitor.killWhileDown(kill, outage);
          return;
        }
        if (lastSample < 0 || input.isGap(lastSample, kill.timeNs())) {
          visitor.killAfterGap(kill);
        } else {
          visitor.kill(kill, lastSample);
        }
        lastSample = -1;
        outage = kill.endsInstance() ? kill : null;
      }
    }
  }

  /** An event before the first moment that is judged tells only whether the instance is down. */
  private void passOver(ReplayEvent event) {
    switch (event) {
      case Denial _ -> {}
      case Ready _ -> outage = null;
      case Kill kill -> {
        if (outage == null && kill.endsInstance()) {
          outage = kill;
        }
      }
    }
  }
}
