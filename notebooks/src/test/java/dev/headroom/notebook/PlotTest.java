package dev.headroom.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.dflib.DataFrame;
import org.junit.jupiter.api.Test;

/** Drawings and tables say what they were given. */
final class PlotTest {

  @Test
  void areas_areStacked_theLastEndsAtTheSum() {
    Map<String, double[]> layers = new LinkedHashMap<>();
    layers.put("low", new double[] {1, 1});
    layers.put("high", new double[] {1, 3});

    String svg = Plot.of("t", "x", "y").areas(new double[] {0, 1}, layers).picture("c").svg();

    // The axis reaches to 4 · 1.05 = 4.2 over 296 units: 1 is at 330 - 296/4.2 = 259.5, 2 at 189.0,
    // 4 at 48.1.
    assertThat(svg)
        .contains("points=\"70.0,259.5 720.0,259.5 720.0,330.0 70.0,330.0\"")
        .contains("points=\"70.0,189.0 720.0,48.1 720.0,259.5 70.0,259.5\"");
  }

  @Test
  void steps_keepTheirValue_andNaNBreaksThem() {
    String svg =
        Plot.of("t", "x", "y")
            .steps("limit", new double[] {0, 1, 2, 3}, new double[] {2, 4, Double.NaN, 4})
            .picture("c")
            .svg();

    // 2 is at 189.0, 4 at 48.1; the second piece is one point.
    assertThat(svg)
        .contains("points=\"70.0,189.0 286.7,189.0 286.7,48.1\"")
        .contains("points=\"720.0,48.1\"");
  }

  @Test
  void ticks_areRound_andCoverTheRange() {
    assertThat(Plot.ticks(0, 256)).containsExactly(0.0, 50.0, 100.0, 150.0, 200.0, 250.0);
    assertThat(Plot.ticks(-10, 0)).containsExactly(-10.0, -8.0, -6.0, -4.0, -2.0, 0.0);
    assertThat(Plot.ticks(3, 3)).containsExactly(3.0);
  }

  @Test
  void names_areEscaped() {
    String svg = Plot.of("<t>", "x", "y").level("a & b", 1).moment("\"now\"", 0).picture("c").svg();

    assertThat(svg).contains("aria-label=\"&lt;t&gt;\"", "a &amp; b", "&quot;now&quot;");
  }

  @Test
  void nothing_isNotDrawn() {
    assertThatThrownBy(() -> Plot.of("empty", "x", "y").picture("c"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("there is nothing to draw for: empty");
  }

  @Test
  void aTable_showsAbsentAsADash_andEscapes() {
    DataFrame frame =
        DataFrame.byArrayRow("a<b", "n")
            .appender()
            .append("x & y", 1.5)
            .append("z", null)
            .toDataFrame();

    assertThat(Html.of(frame.as("c")))
        .contains("<caption>c</caption>", "<th scope=\"col\">a&lt;b</th>", "<td>x &amp; y</td>")
        .contains("<td class=\"number\">1.50</td>", "<td>–</td>");
  }
}
