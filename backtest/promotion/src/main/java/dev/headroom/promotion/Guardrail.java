package dev.headroom.promotion;

import dev.headroom.engine.statistics.MaxSprt;
import dev.headroom.promotion.GateResult.Outcome;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Watches one kind of harm while a policy is live: how much there was against how much is allowed,
 * by {@link MaxSprt}, so that it may look as often as it likes.
 *
 * @param gate its name, such as {@code blocks}
 * @param alpha the chance of a false alarm in one watch
 * @param minimumEvents fewer never raise one
 * @param onAlarm what an alarm leads to
 */
record Guardrail(String gate, double alpha, int minimumEvents, Outcome onAlarm) {

  /** A watch ends, and the next begins, when so many events were to be expected. */
  static final double LONGEST_WATCH_EVENTS = 200;

  private static final double SHORTEST_WATCH_EVENTS = 0.1;
  private static final int MOST_KEPT = 200;

  /** Setting a test up takes far longer than asking it. */
  private static final Map<Design, MaxSprt> TESTS = new ConcurrentHashMap<>();

  private record Design(double alpha, double length, int minimumEvents) {}

  /**
   * Judges.
   *
   * @param observed events in this watch
   * @param allowedPerDay the rate that is all right, above 0
   * @param exposureDays instance-days in this watch so far
   * @param plannedDays instance-days of the whole watch
   */
  GateResult judge(int observed, double allowedPerDay, double exposureDays, double plannedDays) {
    double expected = allowedPerDay * exposureDays;
    MaxSprt test =
        test(Math.max(expected, Math.max(SHORTEST_WATCH_EVENTS, allowedPerDay * plannedDays)));
    boolean alarm = test.signals(observed, expected);
    double ratio = MaxSprt.logLikelihoodRatio(observed, expected);
    int fewest = test.signalAt(Math.min(expected, test.length())).orElseThrow();
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("observed", observed);
    figures.put("expected", rounded(expected));
    figures.put("allowed_per_instance_day", rounded(allowedPerDay));
    figures.put("exposure_instance_days", rounded(exposureDays));
    figures.put(
        "log_likelihood_ratio", Double.isInfinite(ratio) ? "Infinity" : (Object) rounded(ratio));
    figures.put("critical_value", rounded(test.criticalValue()));
    figures.put("alarm_from_events", fewest);
    figures.put("alpha", test.alpha());
    figures.put("length_events", test.length());
    figures.put("minimum_events", test.minimumEvents());
    String counts = "%d where %s were to be expected".formatted(observed, rounded(expected));
    return alarm
        ? new GateResult(gate, onAlarm, counts + " (alarm from " + fewest + " on)", figures)
        : new GateResult(gate, Outcome.OPEN, counts + ", alarm from " + fewest + " on", figures);
  }

  private MaxSprt test(double plannedEvents) {
    Design design =
        new Design(alpha, Math.min(MaxSprt.LONGEST, roundedUp(plannedEvents)), minimumEvents);
    if (TESTS.size() > MOST_KEPT) {
      TESTS.clear();
    }
    return TESTS.computeIfAbsent(
        design, key -> MaxSprt.of(key.alpha(), key.length(), key.minimumEvents()));
  }

  /** Up to the next of 1, 2, 5, 10, …: an instance more or less does not change the test. */
  private static double roundedUp(double events) {
    double decade = Math.pow(10, Math.floor(Math.log10(events)));
    for (double step : new double[] {1, 2, 5}) {
      if (events <= step * decade) {
        return step * decade;
      }
    }
    return 10 * decade;
  }

  /** Four digits that count; JSON and people need no more. */
  static double rounded(double value) {
    return value == 0 || !Double.isFinite(value)
        ? value
        : new BigDecimal(value).round(new MathContext(4)).doubleValue();
  }
}
