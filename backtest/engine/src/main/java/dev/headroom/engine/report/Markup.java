package dev.headroom.engine.report;

import java.util.List;

/** Text as XML and HTML hold it. */
final class Markup {

  private static final char REPLACEMENT = '\uFFFD';

  private Markup() {}

  /**
   * Text for content and for attributes in double quotes. What XML 1.0 cannot hold at all, such as
   * most control characters, becomes the replacement character.
   */
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length());
    text.codePoints().forEach(point -> append(escaped, point));
    return escaped.toString();
  }

  private static void append(StringBuilder escaped, int point) {
    switch (point) {
      case '&' -> escaped.append("&amp;");
      case '<' -> escaped.append("&lt;");
      case '>' -> escaped.append("&gt;");
      case '"' -> escaped.append("&quot;");
      case '\n' -> escaped.append("&#10;");
      case '\t' -> escaped.append("&#9;");
      default -> escaped.appendCodePoint(isXml(point) ? point : REPLACEMENT);
    }
  }

  private static boolean isXml(int point) {
    return point >= ' '
        && !(point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)
        && point != 0xFFFE
        && point != 0xFFFF;
  }

  /** A table of texts; the first cell of each row heads it. */
  static String table(String caption, List<String> columns, List<List<String>> rows) {
    StringBuilder html = new StringBuilder("<div class=\"wide\"><table>\n<caption>");
    html.append(escape(caption)).append("</caption>\n<thead><tr>");
    columns.forEach(
        column -> html.append("<th scope=\"col\">").append(escape(column)).append("</th>"));
    html.append("</tr></thead>\n<tbody>\n");
    for (List<String> row : rows) {
      html.append("<tr><th scope=\"row\">").append(escape(row.getFirst())).append("</th>");
      row.stream()
          .skip(1)
          .forEach(cell -> html.append("<td>").append(escape(cell)).append("</td>"));
      html.append("</tr>\n");
    }
    return html.append("</tbody></table></div>\n").toString();
  }
}
