package dev.headroom.formula.window;

/**
 * A window whose value is computed from all its samples whenever it is asked for: O(n) for each
 * question, and in return nothing drifts and nothing depends on what has left the window.
 */
public abstract sealed class Series implements Window {

  private static final double NANOSECONDS = 1e9;

  private final long lengthNs;
  private final Samples samples = new Samples();
  private long nowNs;

  private Series(long lengthNs) {
    this.lengthNs = lengthNs;
  }

  @Override
  public final void observe(long timeNs, double value) {
    nowNs = timeNs;
    while (!samples.isEmpty() && samples.time(0) <= timeNs - lengthNs) {
      samples.removeFirst();
    }
    if (!Double.isNaN(value)) {
      samples.addLast(timeNs, value);
    }
  }

  final int size() {
    return samples.size();
  }

  final double at(int i) {
    return samples.value(i);
  }

  /** Seconds from now back to the i-th sample: 0 or negative. */
  final double secondsAt(int i) {
    return (samples.time(i) - nowNs) / NANOSECONDS;
  }

  final double mean() {
    double sum = 0;
    for (int i = 0; i < size(); i++) {
      sum += at(i);
    }
    return sum / size();
  }

  /** The mean of the values. */
  public static final class Average extends Series {
    public Average(long lengthNs) {
      super(lengthNs);
    }

    @Override
    public double value() {
      return mean();
    }
  }

  /** The standard deviation of the values as a whole population; 0 for a single value. */
  public static final class Deviation extends Series {
    public Deviation(long lengthNs) {
      super(lengthNs);
    }

    @Override
    public double value() {
      double mean = mean();
      double squares = 0;
      for (int i = 0; i < size(); i++) {
        squares += (at(i) - mean) * (at(i) - mean);
      }
      return Math.sqrt(squares / size());
    }
  }

  /**
   * How fast a counter grows per second, from the first to the last sample in the window. A fall is
   * a counter that began again at 0. Absent unless two samples have different times.
   */
  public static final class Rate extends Series {
    public Rate(long lengthNs) {
      super(lengthNs);
    }

    @Override
    public double value() {
      if (size() < 2) {
        return Double.NaN;
      }
      double increase = 0;
      for (int i = 1; i < size(); i++) {
        increase += at(i) >= at(i - 1) ? at(i) - at(i - 1) : at(i);
      }
      double seconds = secondsAt(size() - 1) - secondsAt(0);
      return seconds > 0 ? increase / seconds : Double.NaN;
    }
  }

  /**
   * The slope per second of the least-squares line. Absent unless two samples have different times.
   */
  public static final class Slope extends Series {
    public Slope(long lengthNs) {
      super(lengthNs);
    }

    @Override
    public double value() {
      return slope(meanSeconds(), mean());
    }
  }

  /**
   * The least-squares line, read some time after now. Absent unless two samples have different
   * times.
   */
  public static final class Prediction extends Series {
    private final double aheadSeconds;

    public Prediction(long lengthNs, double aheadSeconds) {
      super(lengthNs);
      this.aheadSeconds = aheadSeconds;
    }

    @Override
    public double value() {
      double meanSeconds = meanSeconds();
      double mean = mean();
      return mean + slope(meanSeconds, mean) * (aheadSeconds - meanSeconds);
    }
  }

  final double meanSeconds() {
    double sum = 0;
    for (int i = 0; i < size(); i++) {
      sum += secondsAt(i);
    }
    return sum / size();
  }

  final double slope(double meanSeconds, double mean) {
    double covariance = 0;
    double variance = 0;
    for (int i = 0; i < size(); i++) {
      double seconds = secondsAt(i) - meanSeconds;
      covariance += seconds * (at(i) - mean);
      variance += seconds * seconds;
    }
    return variance > 0 ? covariance / variance : Double.NaN;
  }
}
