package dev.headroom.formula.window;

/**
 * A window whose value is made of sums over its samples, in constant time for each sample
 * (amortised) and for each question.
 *
 * <p>Nothing is ever subtracted, so nothing drifts however long a recording is: the window is cut
 * in two. The older part, the front, has for each of its samples the sums from there to the cut, so
 * that forgetting the oldest sample drops one entry. The newer part, the back, has one set of sums
 * that every new sample is added to. The value merges the two. When the front is used up, the back
 * becomes the front: each sample is handled once on arrival and once then.
 *
 * <p>A window of n samples takes 16n bytes for the samples and 8n for each sum of the front.
 */
public abstract sealed class Series implements Window {

  static final double NANOSECONDS = 1e9;

  final Samples samples = new Samples();

  /** How many of the oldest samples make up the front. */
  int front;

  private final long lengthNs;

  private Series(long lengthNs) {
    this.lengthNs = lengthNs;
  }

  @Override
  public final void observe(long timeNs, double value) {
    now(timeNs);
    while (!samples.isEmpty() && samples.time(0) <= timeNs - lengthNs) {
      forgetFirst();
    }
    if (!Double.isNaN(value)) {
      append(timeNs, value);
      samples.addLast(timeNs, value);
    }
  }

  private void forgetFirst() {
    if (front == 0) {
      turn();
    }
    samples.removeFirst();
    front--;
    if (front == 0) {
      turn();
    }
  }

  private void turn() {
    front = samples.size();
    fillFront();
  }

  /** Called before anything else at each sample. */
  void now(long timeNs) {}

  /** Adds a sample to the sums of the back; it is not among {@link #samples} yet. */
  abstract void append(long timeNs, double value);

  /** Computes the sums of the front, which is all samples, and empties those of the back. */
  abstract void fillFront();

  /** An array for the front's sums: the entry of its oldest sample is at {@code front - 1}. */
  static double[] sized(double[] sums, int size) {
    return sums.length >= size ? sums : new double[Math.max(size, 2 * sums.length)];
  }

  /** The mean of the values. */
  public static final class Average extends Series {
    private double[] frontSums = new double[16];
    private double backSum;

    public Average(long lengthNs) {
      super(lengthNs);
    }

    @Override
    void append(long timeNs, double value) {
      backSum += value;
    }

    @Override
    void fillFront() {
      frontSums = sized(frontSums, front);
      double sum = 0;
      for (int i = 0; i < front; i++) {
        sum += samples.value(front - 1 - i);
        frontSums[i] = sum;
      }
      backSum = 0;
    }

    @Override
    public double value() {
      double sum = front == 0 ? backSum : frontSums[front - 1] + backSum;
      return sum / samples.size();
    }

    @Override
    public void observeAll(
        long[] timesNs, int from, int to, double[] values, int shift, double[] results) {
      for (int i = from; i < to; i++) {
        observe(timesNs[i], values[i - shift]);
        results[i - from] = value();
      }
    }
  }

  /**
   * The standard deviation of the values as a whole population; 0 for a single value. Absent where
   * it is not finite.
   */
  public static final class Deviation extends Series {
    private double[] frontMeans = new double[16];
    private double[] frontSquares = new double[16];
    private double backMean;
    private double backSquares;

    public Deviation(long lengthNs) {
      super(lengthNs);
    }

    @Override
    void append(long timeNs, double value) {
      double difference = value - backMean;
      backMean += difference / (samples.size() - front + 1);
      backSquares += difference * (value - backMean);
    }

    @Override
    void fillFront() {
      frontMeans = sized(frontMeans, front);
      frontSquares = sized(frontSquares, front);
      double mean = 0;
      double squares = 0;
      for (int i = 0; i < front; i++) {
        double value = samples.value(front - 1 - i);
        double difference = value - mean;
        mean += difference / (i + 1);
        squares += difference * (value - mean);
        frontMeans[i] = mean;
        frontSquares[i] = squares;
      }
      backMean = 0;
      backSquares = 0;
    }

    @Override
    public double value() {
      int size = samples.size();
      int back = size - front;
      double squares = backSquares;
      if (front > 0) {
        double difference = back == 0 ? 0 : backMean - frontMeans[front - 1];
        double weight = (double) front * back / size;
        squares += frontSquares[front - 1] + difference * difference * weight;
      }
      double deviation = Math.sqrt(squares / size);
      return Double.isFinite(deviation) ? deviation : Double.NaN;
    }

    @Override
    public void observeAll(
        long[] timesNs, int from, int to, double[] values, int shift, double[] results) {
      for (int i = from; i < to; i++) {
        observe(timesNs[i], values[i - shift]);
        results[i - from] = value();
      }
    }
  }

  /**
   * How fast a counter grows per second, from the first to the last sample in the window. A fall is
   * a counter that began again at 0. Absent unless two samples have different times.
   */
  public static final class Rate extends Series {
    private double[] frontIncreases = new double[16];

    /** From the newest sample of the front on. */
    private double backIncrease;

    public Rate(long lengthNs) {
      super(lengthNs);
    }

    @Override
    void append(long timeNs, double value) {
      if (!samples.isEmpty()) {
        backIncrease += increase(samples.value(samples.size() - 1), value);
      }
    }

    private static double increase(double before, double now) {
      return now >= before ? now - before : now;
    }

    @Override
    void fillFront() {
      frontIncreases = sized(frontIncreases, front);
      double sum = 0;
      for (int i = 0; i < front; i++) {
        int at = front - 1 - i;
        sum += i == 0 ? 0 : increase(samples.value(at), samples.value(at + 1));
        frontIncreases[i] = sum;
      }
      backIncrease = 0;
    }

    @Override
    public double value() {
      int size = samples.size();
      if (size < 2) {
        return Double.NaN;
      }
      double seconds = (samples.time(size - 1) - samples.time(0)) / NANOSECONDS;
      double increase = front == 0 ? backIncrease : frontIncreases[front - 1] + backIncrease;
      return seconds > 0 ? increase / seconds : Double.NaN;
    }

    @Override
    public void observeAll(
        long[] timesNs, int from, int to, double[] values, int shift, double[] results) {
      for (int i = from; i < to; i++) {
        observe(timesNs[i], values[i - shift]);
        results[i - from] = value();
      }
    }
  }

  /** The least-squares line through the samples. Absent unless two of them have different times. */
  abstract static sealed class Line extends Series {
    private double[] frontSeconds = new double[16];
    private double[] frontMeans = new double[16];
    private double[] frontVariances = new double[16];
    private double[] frontCovariances = new double[16];
    private double backSeconds;
    private double backMean;
    private double backVariance;
    private double backCovariance;

    /** What times are measured from, so that they stay small; moves when the front is filled. */
    private long originNs;

    private long nowNs;

    private Line(long lengthNs) {
      super(lengthNs);
    }

    @Override
    final void now(long timeNs) {
      nowNs = timeNs;
    }

    private double seconds(long timeNs) {
      return (timeNs - originNs) / NANOSECONDS;
    }

    @Override
    final void append(long timeNs, double value) {
      if (samples.isEmpty()) {
        originNs = timeNs;
      }
      int count = samples.size() - front + 1;
      double later = seconds(timeNs) - backSeconds;
      double higher = value - backMean;
      backSeconds += later / count;
      backMean += higher / count;
      backVariance += later * (seconds(timeNs) - backSeconds);
      backCovariance += later * (value - backMean);
    }

    @Override
    final void fillFront() {
      frontSeconds = sized(frontSeconds, front);
      frontMeans = sized(frontMeans, front);
      frontVariances = sized(frontVariances, front);
      frontCovariances = sized(frontCovariances, front);
      if (front > 0) {
        originNs = samples.time(front - 1);
      }
      clearBack();
      for (int i = 0; i < front; i++) {
        double seconds = seconds(samples.time(front - 1 - i));
        double value = samples.value(front - 1 - i);
        double later = seconds - backSeconds;
        double higher = value - backMean;
        frontSeconds[i] = backSeconds += later / (i + 1);
        frontMeans[i] = backMean += higher / (i + 1);
        frontVariances[i] = backVariance += later * (seconds - backSeconds);
        frontCovariances[i] = backCovariance += later * (value - backMean);
      }
      clearBack();
    }

    private void clearBack() {
      backSeconds = 0;
      backMean = 0;
      backVariance = 0;
      backCovariance = 0;
    }

    /** The rise per second. */
    final double slope() {
      double variance = backVariance;
      double covariance = backCovariance;
      if (front > 0) {
        int back = samples.size() - front;
        double later = back == 0 ? 0 : backSeconds - frontSeconds[front - 1];
        double higher = back == 0 ? 0 : backMean - frontMeans[front - 1];
        double weight = (double) front * back / samples.size();
        variance += frontVariances[front - 1] + later * later * weight;
        covariance += frontCovariances[front - 1] + later * higher * weight;
      }
      return variance > 0 ? covariance / variance : Double.NaN;
    }

    /** The line's value some time from now. */
    final double ahead(double aheadSeconds) {
      double seconds = backSeconds;
      double mean = backMean;
      if (front > 0) {
        double share = (double) (samples.size() - front) / samples.size();
        seconds = mix(frontSeconds[front - 1], backSeconds, share);
        mean = mix(frontMeans[front - 1], backMean, share);
      }
      return mean + slope() * (aheadSeconds + seconds(nowNs) - seconds);
    }

    private static double mix(double front, double back, double share) {
      return share == 0 ? front : front + (back - front) * share;
    }
  }

  /** The slope per second of the least-squares line. */
  public static final class Slope extends Line {
    public Slope(long lengthNs) {
      super(lengthNs);
    }

    @Override
    public double value() {
      return slope();
    }

    @Override
    public void observeAll(
        long[] timesNs, int from, int to, double[] values, int shift, double[] results) {
      for (int i = from; i < to; i++) {
        observe(timesNs[i], values[i - shift]);
        results[i - from] = value();
      }
    }
  }

  /** The least-squares line, read some time after now. */
  public static final class Prediction extends Line {
    private final double aheadSeconds;

    public Prediction(long lengthNs, double aheadSeconds) {
      super(lengthNs);
      this.aheadSeconds = aheadSeconds;
    }

    @Override
    public double value() {
      return ahead(aheadSeconds);
    }

    @Override
    public void observeAll(
        long[] timesNs, int from, int to, double[] values, int shift, double[] results) {
      for (int i = from; i < to; i++) {
        observe(timesNs[i], values[i - shift]);
        results[i - from] = value();
      }
    }
  }
}
