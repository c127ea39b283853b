package dev.headroom.engine.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.model.Policy;
import java.io.StringReader;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

final class HtmlReportTest {

  private static final BacktestResult RESULT =
      SmallFleet.run(BacktestConfig.DEFAULT.withAgainst("talk"));

  private static Document parse(String html) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(html)));
  }

  @Test
  void page_isWellFormed_andEveryPictureIsNamed() throws Exception {
    Document page = parse(HtmlReport.render(RESULT));

    assertThat(page.getElementsByTagName("h1").item(0).getTextContent())
        .isEqualTo("Backtest of fleet");
    assertThat(page.getElementsByTagName("svg").getLength()).isEqualTo(3);
    for (int i = 0; i < 3; i++) {
      Element svg = (Element) page.getElementsByTagName("svg").item(i);
      assertThat(svg.getAttribute("role")).isEqualTo("img");
      assertThat(svg.getAttribute("aria-label")).isNotBlank();
      assertThat(svg.getElementsByTagName("desc").getLength()).isOne();
    }
    // verdicts, trade-off, kills, two of manifest, and what talk refused
    assertThat(page.getElementsByTagName("caption").getLength()).isEqualTo(6);
  }

  @Test
  void page_asksNobodyForAnything_andRunsNothing() {
    assertThat(HtmlReport.render(RESULT))
        .doesNotContainIgnoringCase("http", "<script", "src=", "url(", "@import", "onload")
        .contains("prefers-color-scheme: dark", "href=\"data:,\"");
  }

  @Test
  void verdicts_differInShape_notInColourAlone() {
    String html = HtmlReport.render(RESULT);

    // talk fails: a cross; generous is open: a ring; reference policies are diamonds
    assertThat(html)
        .contains(
            "<path class=\"mark fail\"", "<circle class=\"mark open\"", "<path class=\"mark\" d=")
        .contains("● PASS, ✕ FAIL, ○ INCONCLUSIVE or NO DATA, ◇ reference policy")
        .contains("<td>✓ prevented</td><td>✕ missed</td>", "<td>? gap</td>");
  }

  @Test
  void namesOfPeople_areNoMarkup() throws Exception {
    String html =
        HtmlReport.render(
            SmallFleet.run(
                BacktestConfig.DEFAULT,
                List.of(Policy.of("<b>\"bold\"</b> & \u0000", "memory_max - shmem"))));

    assertThat(html).contains("&lt;b&gt;&quot;bold&quot;&lt;/b&gt; &amp; \uFFFD");
    assertThat(parse(html).getElementsByTagName("b").getLength()).isZero();
    assertThat(html).contains("&lt;app&gt;").doesNotContain("<app>");
  }

  @ParameterizedTest
  @EnumSource(ReportFormat.class)
  void everyFormat_isByteIdentical_inEveryLocale(ReportFormat format) {
    Locale before = Locale.getDefault();
    String first = format.render(RESULT);
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(format.render(SmallFleet.run(BacktestConfig.DEFAULT.withAgainst("talk"))))
          .isEqualTo(first);
    } finally {
      Locale.setDefault(before);
    }
    assertThat(first).endsWith("\n").doesNotContain("\r");
  }

  @Test
  void format_isKnownByTheEndingOfAFile() {
    assertThat(ReportFormat.findByFileName("out/run-7.HTML")).contains(ReportFormat.HTML);
    assertThat(ReportFormat.findByFileName("TEST-backtest.xml")).contains(ReportFormat.JUNIT);
    assertThat(ReportFormat.findByFileName("reporthtml")).isEmpty();
  }

  @Test
  void veryManyCandidates_areCutToThoseThatTell() throws Exception {
    // 60 limits of 10 to 600 MiB, then the one of 788 that withholds least of them
    List<Policy> policies =
        IntStream.rangeClosed(1, 60).mapToObj(i -> Policy.of("p" + i, 10 * i + "MiB")).toList();

    String html = HtmlReport.render(SmallFleet.run(BacktestConfig.DEFAULT, policies));

    // each refuses the hog and the spike alike, so the largest withholds least and beats the others
    assertThat(html)
        .contains("44 policies, those first that no other beats; the JSON has 20 more")
        .contains(">p60</td>");
    assertThat(parse(html).getElementsByTagName("h3").getLength()).isEqualTo(40);
  }
}
