package dev.headroom.engine.statistics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Choices among which none is better in everything. */
public final class Pareto {

  private record Point(int position, List<Double> objectives) {}

  /** In this order nothing that comes later can be better in everything. */
  private static final Comparator<Point> BEST_FIRST =
      (a, b) -> {
        for (int i = 0; i < a.objectives().size(); i++) {
          int order = Double.compare(a.objectives().get(i), b.objectives().get(i));
          if (order != 0) {
            return order;
          }
        }
        return Integer.compare(a.position(), b.position());
      };

  private Pareto() {}

  /**
   * The items that no other item beats: one that is nowhere worse and somewhere better. Equals do
   * not beat each other.
   *
   * @param objectives what should be small; finite for every item
   * @return in the order given
   * @throws IllegalArgumentException when an objective is not a finite number
   */
  public static <T> List<T> front(List<T> items, List<ToDoubleFunction<? super T>> objectives) {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      T item = items.get(i);
      points.add(new Point(i, objectives.stream().map(each -> finite(each, item)).toList()));
    }
    points.sort(BEST_FIRST);
    List<Point> front = new ArrayList<>();
    for (Point point : points) {
      if (front.stream().noneMatch(other -> beats(other.objectives(), point.objectives()))) {
        front.add(point);
      }
    }
    return front.stream().map(Point::position).sorted().map(items::get).toList();
  }

  private static <T> double finite(ToDoubleFunction<? super T> objective, T item) {
    double value = objective.applyAsDouble(item);
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(
          "an objective of %s is %s; what has no value cannot be compared".formatted(item, value));
    }
    return value == 0 ? 0 : value;
  }

  private static boolean beats(List<Double> a, List<Double> b) {
    return IntStream.range(0, a.size()).allMatch(i -> a.get(i) <= b.get(i))
        && IntStream.range(0, a.size()).anyMatch(i -> a.get(i) < b.get(i));
  }
}
