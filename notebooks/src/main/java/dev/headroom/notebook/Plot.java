package dev.headroom.notebook;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A drawing over two numeric axes: stacked areas, lines, levels, moments and marks. Lines differ by
 * their dashes too, and each has its name at its end, so that nothing is told by colour alone.
 */
public final class Plot {

  private static final int WIDTH = 860;
  private static final int LEFT = 70;
  private static final int RIGHT = 720;
  private static final int TOP = 34;
  private static final int BOTTOM = 330;
  private static final int ROW = 18;
  private static final int LEGEND_COLUMN = 165;
  private static final int COLOURS = 6;
  private static final int MOST_TICKS = 6;
  private static final double LABEL_HEIGHT = 14;
  private static final List<String> DASHES = List.of("", "7 3", "2 3", "9 3 2 3", "4 4", "1 2");

  private record Point(double x, double y) {}

  private record Area(String name, List<Point> outline) {}

  private record Trace(String name, List<Point> points, boolean stepped) {}

  private record Level(String name, double y) {}

  private record Moment(String name, double x) {}

  private record Mark(String symbol, String name, double x, double y) {}

  private record Label(double y, String text, int colour) {}

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final List<Area> areas = new ArrayList<>();
  private final List<Trace> traces = new ArrayList<>();
  private final List<Level> levels = new ArrayList<>();
  private final List<Moment> moments = new ArrayList<>();
  private final List<Mark> marks = new ArrayList<>();
  private final StringBuilder body = new StringBuilder();
  private double least = 0;
  private double most = 0;
  private double first = Double.POSITIVE_INFINITY;
  private double last = Double.NEGATIVE_INFINITY;

  private Plot(String title, String xLabel, String yLabel) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
  }

  /** An empty drawing; the vertical axis begins at 0. */
  public static Plot of(String title, String xLabel, String yLabel) {
    return new Plot(title, xLabel, yLabel);
  }

  /**
   * Areas one on top of the other.
   *
   * @param x ascending
   * @param layers by name, the lowest first; a value of 0 or more for each x
   */
  public Plot areas(double[] x, Map<String, double[]> layers) {
    double[] base = new double[x.length];
    for (Map.Entry<String, double[]> layer : layers.entrySet()) {
      double[] top = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        top[i] = base[i] + layer.getValue()[i];
      }
      List<Point> outline = new ArrayList<>(points(x, base).reversed());
      outline.addAll(0, points(x, top));
      outline.forEach(this::include);
      areas.add(new Area(layer.getKey(), outline));
      base = top;
    }
    return this;
  }

  /** A line; it is broken where a value is NaN. */
  public Plot line(String name, double[] x, double[] y) {
    return trace(new Trace(name, points(x, y), false));
  }

  /** A line that keeps each value until the next x, as a limit does. */
  public Plot steps(String name, double[] x, double[] y) {
    return trace(new Trace(name, points(x, y), true));
  }

  private Plot trace(Trace trace) {
    trace.points().forEach(this::include);
    traces.add(trace);
    return this;
  }

  private static List<Point> points(double[] x, double[] y) {
    return IntStream.range(0, x.length).mapToObj(i -> new Point(x[i], y[i])).toList();
  }

  /** A horizontal line. */
  public Plot level(String name, double y) {
    most = Math.max(most, y);
    levels.add(new Level(name, y));
    return this;
  }

  /** A vertical line, its name above it. */
  public Plot moment(String name, double x) {
    include(new Point(x, 0));
    moments.add(new Moment(name, x));
    return this;
  }

  /**
   * A symbol at a point.
   *
   * @param symbol such as ▼, which tells what it is
   * @param name for the legend
   */
  public Plot mark(String symbol, String name, double x, double y) {
    include(new Point(x, y));
    marks.add(new Mark(symbol, name, x, y));
    return this;
  }

  /**
   * The drawing.
   *
   * @param caption what a reader should see in it
   * @throws IllegalStateException when there is nothing in it
   */
  public Picture picture(String caption) {
    if (!(first <= last)) {
      throw new IllegalStateException("there is nothing to draw for: " + title);
    }
    body.setLength(0);
    axes();
    for (int i = 0; i < areas.size(); i++) {
      area(areas.get(i), i % COLOURS);
    }
    List<Label> labels = new ArrayList<>();
    for (int i = 0; i < traces.size(); i++) {
      draw(traces.get(i), i % COLOURS, labels);
    }
    for (Level level : levels) {
      element(
          "<line class=\"max\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%3$.1f\"/>",
          LEFT, RIGHT, y(level.y()));
      labels.add(new Label(y(level.y()), level.name(), 0));
    }
    for (Moment moment : moments) {
      element(
          "<line class=\"event\" x1=\"%.1f\" x2=\"%1$.1f\" y1=\"%d\" y2=\"%d\"/>",
          x(moment.x()), TOP, BOTTOM);
      text("middle", x(moment.x()), TOP - 8, moment.name());
    }
    for (Mark mark : marks) {
      text("middle", x(mark.x()), y(mark.y()) + 4, mark.symbol());
    }
    endLabels(labels);
    int height = legend();
    return new Picture(
        String.format(
                Locale.ROOT,
                "<svg role=\"img\" viewBox=\"0 0 %d %d\" aria-label=\"%s\">%n<desc>%s</desc>%n",
                WIDTH,
                height,
                Html.escape(title),
                Html.escape(caption))
            + body
            + "</svg>",
        title + ". " + caption);
  }

  private void include(Point point) {
    first = Math.min(first, point.x());
    last = Math.max(last, point.x());
    if (Double.isFinite(point.y())) {
      most = Math.max(most, point.y());
      least = Math.min(least, point.y());
    }
  }

  private double x(double value) {
    return last == first
        ? (LEFT + RIGHT) / 2.0
        : LEFT + (value - first) / (last - first) * (RIGHT - LEFT);
  }

  private double y(double value) {
    double top = most == least ? least + 1 : least + (most - least) * 1.05;
    return BOTTOM - (value - least) / (top - least) * (BOTTOM - TOP);
  }

  private void axes() {
    for (double tick : ticks(least, most)) {
      element(
          "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%3$.1f\"/>",
          LEFT, RIGHT, y(tick));
      text("end", LEFT - 8, y(tick) + 4, number(tick));
    }
    for (double tick : ticks(first, last)) {
      element(
          "<line class=\"axis\" x1=\"%.1f\" x2=\"%1$.1f\" y1=\"%d\" y2=\"%d\"/>",
          x(tick), BOTTOM, BOTTOM + 5);
      text("middle", x(tick), BOTTOM + 19, number(tick));
    }
    text("middle", (LEFT + RIGHT) / 2.0, BOTTOM + 38, xLabel);
    text("start", 4, 14, yLabel);
  }

  /** Round values over the range. */
  static List<Double> ticks(double from, double to) {
    List<Double> ticks = new ArrayList<>();
    if (!(to > from)) {
      ticks.add(from);
      return ticks;
    }
    double rough = (to - from) / MOST_TICKS;
    double power = StrictMath.pow(10, Math.floor(StrictMath.log10(rough)));
    double step = 10 * power;
    for (double factor : new double[] {5, 2, 1}) {
      if (factor * power >= rough) {
        step = factor * power;
      }
    }
    for (double tick = Math.ceil(from / step) * step; tick <= to + step / 1e6; tick += step) {
      ticks.add(Math.abs(tick) < step / 1e6 ? 0.0 : tick);
    }
    return ticks;
  }

  private void area(Area area, int colour) {
    element(
        "<polygon class=\"area\" style=\"fill:var(--layer-%d)\" points=\"%s\"/>",
        colour, text(area.outline()));
  }

  private void draw(Trace trace, int style, List<Label> labels) {
    List<Point> piece = new ArrayList<>();
    for (Point point : trace.points()) {
      if (Double.isNaN(point.y())) {
        polyline(piece, style);
        piece.clear();
      } else {
        if (trace.stepped() && !piece.isEmpty()) {
          piece.add(new Point(point.x(), piece.getLast().y()));
        }
        piece.add(point);
      }
    }
    polyline(piece, style);
    trace.points().reversed().stream()
        .filter(point -> !Double.isNaN(point.y()))
        .findFirst()
        .ifPresent(end -> labels.add(new Label(y(end.y()), trace.name(), style)));
  }

  private void polyline(List<Point> piece, int style) {
    if (!piece.isEmpty()) {
      element(
          "<polyline class=\"trace\" style=\"stroke:var(--line-%d)\" stroke-dasharray=\"%s\" points=\"%s\"/>",
          style, DASHES.get(style), text(piece));
    }
  }

  private String text(List<Point> points) {
    return points.stream()
        .map(point -> String.format(Locale.ROOT, "%.1f,%.1f", x(point.x()), y(point.y())))
        .collect(Collectors.joining(" "));
  }

  /** Names beside the ends of their lines, pushed down where they would cover each other. */
  private void endLabels(List<Label> labels) {
    double free = 0;
    for (Label label : labels.stream().sorted(Comparator.comparingDouble(Label::y)).toList()) {
      double y = Math.max(label.y() + 4, free);
      element(
          "<text style=\"fill:var(--line-%d)\" x=\"%d\" y=\"%.1f\">%s</text>",
          label.colour(), RIGHT + 6, y, Html.escape(label.text()));
      free = y + LABEL_HEIGHT;
    }
  }

  /** What areas and symbols are; gives the height of the drawing. */
  private int legend() {
    int slot = 0;
    int y = BOTTOM + 62;
    for (int i = 0; i < areas.size(); i++) {
      int x = LEFT + slot % 4 * LEGEND_COLUMN;
      int row = y + slot / 4 * ROW;
      element(
          "<rect class=\"area\" style=\"fill:var(--layer-%d)\" x=\"%d\" y=\"%d\" width=\"12\" height=\"12\"/>",
          i % COLOURS, x, row - 10);
      text("start", x + 18, row, areas.get(i).name());
      slot++;
    }
    for (Mark mark : marks.stream().filter(Plot.firstOfItsName()).toList()) {
      int row = y + slot / 4 * ROW;
      text("start", LEFT + slot % 4 * LEGEND_COLUMN, row, mark.symbol() + " " + mark.name());
      slot++;
    }
    return slot == 0 ? BOTTOM + 50 : y + (slot - 1) / 4 * ROW + 12;
  }

  private static Predicate<Mark> firstOfItsName() {
    Set<String> seen = new HashSet<>();
    return mark -> seen.add(mark.symbol() + mark.name());
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%,.0f", value)
        : String.format(Locale.ROOT, "%.3g", value);
  }

  private void text(String anchor, double x, double y, String text) {
    element(
        "<text text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>",
        anchor, x, y, Html.escape(text));
  }

  @SuppressWarnings("AnnotateFormatMethod") // every format is a literal of this class
  private void element(String format, Object... values) {
    body.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
