package dev.headroom.engine.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.model.Policy;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.SchemaFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

final class JUnitReportTest {

  private static final BacktestResult RESULT = SmallFleet.run(BacktestConfig.DEFAULT);

  private static Element parse(String xml) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)))
        .getDocumentElement();
  }

  private static List<Element> elements(Element parent, String name) {
    NodeList nodes = parent.getElementsByTagName(name);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  @Test
  void aFailIsAFailure_andAnOpenVerdictIsSkippedOrAnError() throws Exception {
    Element skipping = parse(JUnitReport.render(RESULT, OpenVerdict.SKIPPED));
    Element strict = parse(JUnitReport.render(RESULT, OpenVerdict.ERROR));

    assertThat(skipping.getAttribute("tests")).isEqualTo("2");
    assertThat(skipping.getAttribute("failures")).isEqualTo("1");
    assertThat(skipping.getAttribute("skipped")).isEqualTo("1");
    assertThat(skipping.getAttribute("errors")).isEqualTo("0");
    assertThat(strict.getAttribute("skipped")).isEqualTo("0");
    assertThat(strict.getAttribute("errors")).isEqualTo("1");
    assertThat(elements(skipping, "failure"))
        .extracting(failure -> failure.getAttribute("message"))
        .containsExactly("FAIL: at least 350k false blocks in 1,000 instance-days, goal 10");
    assertThat(elements(strict, "error"))
        .extracting(error -> error.getAttribute("type"))
        .containsExactly("INCONCLUSIVE");
    assertThat(elements(strict, "system-out").getFirst().getTextContent())
        .startsWith("verdict: FAIL: ")
        .contains("user <app>, database shop, query id 17, query fingerprint 99");
  }

  @Test
  void everyReport_hasTheStructureThatPipelinesRead() throws Exception {
    var schema =
        SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI)
            .newSchema(JUnitReportTest.class.getResource("junit.xsd"));
    BacktestResult odd =
        SmallFleet.run(
            BacktestConfig.DEFAULT,
            List.of(Policy.of("quote\" & <tag> \u0001 \uD83D\uDE00", "600MiB")));

    for (BacktestResult result : List.of(RESULT, odd)) {
      for (OpenVerdict open : OpenVerdict.values()) {
        String xml = JUnitReport.render(result, open);
        schema
            .newValidator()
            .validate(
                new StreamSource(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8))));
      }
    }
    assertThat(elements(parse(ReportFormat.JUNIT.render(odd)), "testcase"))
        .extracting(test -> test.getAttribute("name"))
        .containsExactly("quote\" & <tag> \uFFFD \uD83D\uDE00");
  }
}
