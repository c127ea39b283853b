package dev.headroom.engine.report;

import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.backtest.PolicyResult;
import java.util.Locale;

/** A picture that grows piece by piece, in a coordinate system of its own. */
final class Svg {

  private static final double MARK = 6;

  private final StringBuilder body = new StringBuilder();
  private final int width;
  private final int height;
  private final String title;
  private final String description;

  /**
   * An empty picture.
   *
   * @param title what a screen reader calls it
   * @param description what it says of it
   */
  Svg(int width, int height, String title, String description) {
    this.width = width;
    this.height = height;
    this.title = title;
    this.description = description;
  }

  void line(String style, double x1, double y1, double x2, double y2) {
    body.append(
        String.format(
            Locale.ROOT,
            "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
            style,
            x1,
            y1,
            x2,
            y2));
  }

  /** Text whose start, middle or end is at x. */
  void text(String style, String anchor, double x, double y, String text) {
    body.append(
        String.format(
            Locale.ROOT,
            "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
            style,
            anchor,
            x,
            y,
            Markup.escape(text)));
  }

  /**
   * What a policy's verdict looks like without colour: a filled disc for PASS, a cross for FAIL, a
   * ring for what is open, a diamond for a reference policy.
   */
  void mark(PolicyResult policy, double x, double y) {
    Judgement judgement = policy.judgement();
    if (judgement == null) {
      body.append(
          String.format(
              Locale.ROOT,
              "<path class=\"mark\" d=\"M%.1f %.1fl%3$.1f %3$.1fl-%3$.1f %3$.1fl-%3$.1f -%3$.1fz\"/>\n",
              x,
              y - MARK,
              MARK));
      return;
    }
    switch (judgement.outcome()) {
      case PASS -> disc("mark pass", x, y);
      case FAIL ->
          body.append(
              String.format(
                  Locale.ROOT,
                  "<path class=\"mark fail\" d=\"M%.1f %.1fl%3$.1f %3$.1fm0 -%3$.1fl-%3$.1f %3$.1f\"/>\n",
                  x - MARK,
                  y - MARK,
                  2 * MARK));
      case INCONCLUSIVE, NO_DATA -> disc("mark open", x, y);
    }
  }

  private void disc(String style, double x, double y) {
    body.append(
        String.format(
            Locale.ROOT,
            "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>\n",
            style,
            x,
            y,
            MARK));
  }

  /** In words, what {@link #mark} draws. */
  static String legend() {
    return "● PASS, ✕ FAIL, ○ INCONCLUSIVE or NO DATA, ◇ reference policy";
  }

  String render() {
    return String.format(
            Locale.ROOT,
            "<svg role=\"img\" viewBox=\"0 0 %d %d\" aria-label=\"%s\">\n<desc>%s</desc>\n",
            width,
            height,
            Markup.escape(title),
            Markup.escape(description))
        + body
        + "</svg>\n";
  }
}
