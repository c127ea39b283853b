package dev.headroom.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Writes down what one victim holds, ten times a second while its load runs. */
public final class MemoryTrace implements LabListener {

  private static final long PERIOD_MS = 100;

  private final List<Point> points = new ArrayList<>();
  private volatile boolean stopped;

  /**
   * One moment.
   *
   * @param elapsed since the load began
   */
  public record Point(Duration elapsed, MemoryProbe.Reading reading) {}

  @Override
  public void loading(Scenario scenario, MemoryProbe memory) {
    long began = System.nanoTime();
    Thread.ofVirtual().name("lab-memory-trace").start(() -> watch(memory, began));
  }

  @Override
  public void loaded(Scenario scenario) {
    stopped = true;
  }

  /** In order of time. */
  public List<Point> points() {
    synchronized (points) {
      return List.copyOf(points);
    }
  }

  private void watch(MemoryProbe memory, long began) {
    while (!stopped) {
      Point point = new Point(Duration.ofNanos(System.nanoTime() - began), memory.read());
      synchronized (points) {
        points.add(point);
      }
      Pause.ofMillis(PERIOD_MS);
    }
  }
}
