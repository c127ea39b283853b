package dev.headroom.notebook;

import dev.headroom.engine.report.ReportCharts;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.dflib.DataFrame;
import org.dflib.row.RowProxy;
import org.jspecify.annotations.Nullable;

/** Tables and pictures as HTML that brings its own style, so that it looks alike everywhere. */
final class Html {

  private static final int MOST_ROWS = 60;
  private static final double SMALLEST_PLAIN = 0.01;
  private static final double LARGEST_WITH_DECIMALS = 1000;

  private static final String STYLE =
      "<style>"
          + resource("notebook.css")
          + "\n.headroom {\n"
          + ReportCharts.style()
          + "}\n</style>";

  private Html() {}

  /** A table; numbers stand at the right, and what is absent is a dash. */
  static String of(DataFrame frame) {
    StringBuilder html = new StringBuilder(STYLE).append("<div class=\"headroom\"><table>");
    if (frame.getName() != null) {
      html.append("<caption>").append(escape(frame.getName())).append("</caption>");
    }
    html.append("<thead><tr>");
    for (String column : frame.getColumnsIndex()) {
      html.append("<th scope=\"col\">").append(escape(column)).append("</th>");
    }
    html.append("</tr></thead><tbody>\n");
    int shown = 0;
    for (RowProxy row : frame) {
      if (shown++ == MOST_ROWS) {
        break;
      }
      html.append("<tr>");
      for (int column = 0; column < frame.width(); column++) {
        Object value = row.get(column);
        html.append(value instanceof Number ? "<td class=\"number\">" : "<td>")
            .append(escape(cell(value)))
            .append("</td>");
      }
      html.append("</tr>\n");
    }
    html.append("</tbody></table>");
    if (frame.height() > MOST_ROWS) {
      html.append("<p>… and ").append(frame.height() - MOST_ROWS).append(" more rows</p>");
    }
    return html.append("</div>").toString();
  }

  /** A picture with its caption. */
  static String of(Picture picture) {
    return STYLE
        + "<div class=\"headroom\"><figure>"
        + picture.svg()
        + "<figcaption>"
        + escape(picture.caption())
        + "</figcaption></figure></div>";
  }

  /** Text for content and for attributes in double quotes. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static String cell(@Nullable Object value) {
    return switch (value) {
      case null -> "–";
      case Double number -> number(number);
      case Float number -> number(number);
      case Long number -> String.format(Locale.ROOT, "%,d", number);
      case Integer number -> String.format(Locale.ROOT, "%,d", number);
      case Instant moment -> moment.truncatedTo(ChronoUnit.MILLIS).toString();
      default -> value.toString();
    };
  }

  private static String number(double value) {
    if (!Double.isFinite(value)) {
      return "–";
    }
    double size = Math.abs(value);
    if (size != 0 && size < SMALLEST_PLAIN) {
      return String.format(Locale.ROOT, "%.2g", value);
    }
    return String.format(Locale.ROOT, size >= LARGEST_WITH_DECIMALS ? "%,.0f" : "%.2f", value);
  }

  private static String resource(String name) {
    try (InputStream file = Html.class.getResourceAsStream(name)) {
      if (file == null) {
        throw new IllegalStateException(name + " is missing from the program");
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
