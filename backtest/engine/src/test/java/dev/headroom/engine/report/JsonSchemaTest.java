package dev.headroom.engine.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.Parity;
import dev.headroom.engine.backtest.Prices;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.backtest.RecordingSource;
import dev.headroom.engine.backtest.Trials;
import dev.headroom.engine.recording.RandomRecording;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every report is what the published schema promises, and the schema promises something. */
final class JsonSchemaTest {

  private static final Schema SCHEMA = readSchema();

  private static Schema readSchema() {
    try {
      String text = Files.readString(root().resolve("docs/schema/backtest.schema.json"));
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(text, InputFormat.JSON);
    } catch (IOException e) {
      throw new IllegalStateException("the schema is in docs/schema", e);
    }
  }

  private static Path root() {
    @Nullable Path folder = Path.of("").toAbsolutePath();
    while (folder != null && !Files.exists(folder.resolve("docs/schema"))) {
      folder = folder.getParent();
    }
    return Objects.requireNonNull(folder, "the tests run inside of the repository");
  }

  private static List<String> errors(String json) {
    return SCHEMA.validate(json, InputFormat.JSON).stream().map(Error::toString).toList();
  }

  static Stream<BacktestResult> results() {
    BacktestConfig config = BacktestConfig.DEFAULT;
    List<BacktestResult> results = new ArrayList<>();
    results.add(SmallFleet.run(config.withAgainst("talk")));
    results.add(
        SmallFleet.run(config.withAgainst("talk"))
            .withParity(
                Map.of(
                    InstanceId.parse("00000000-0000-0000-0000-000000000001"),
                    new Parity(3, 4, 2, 0.9))));
    results.add(
        SmallFleet.run(
            config
                .withTrials(new Trials(99, 7))
                .withPrices(new Prices(100.0, 1, 0.5, "EUR"))
                .withHorizon(Duration.ofMinutes(5))
                .withResamples(0)));
    results.add(
        SmallFleet.run(
            config,
            List.of(
                new Policy(
                    "all", "600MiB", Duration.ofSeconds(2), Duration.ofMillis(5), 1L, 1L << 40))));
    results.add(
        Backtest.run(
            new RecordingSource(null, "empty", List.of()),
            List.of(Candidate.parse(Policy.of("none", "600MiB"))),
            config,
            ProgressListener.NONE));
    results.add(
        Backtest.run(
            new RecordingSource("lab", "made up", RandomRecording.lab(3, 12, 200, 6, 250_000)),
            FormulaLibrary.list().stream()
                .map(formula -> Candidate.parse(Policy.of(formula.name(), formula.text())))
                .toList(),
            config.withAgainst("talk"),
            ProgressListener.NONE));
    return results.stream();
  }

  @ParameterizedTest
  @MethodSource("results")
  void everyReport_isValid(BacktestResult result) {
    assertThat(errors(JsonReport.render(result))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"schema_version\" : 1     | \"schema_version\" : 2",
        "\"fidelity\" : \"resident\"| \"fidelity\" : \"best\"",
        "\"seed\" : 1               | \"seed\" : \"1\"",
        "\"formulas_tried\" : 2     | \"formulas_tried\" : -2",
        "\"breaches\" :             | \"breach\" :",
        "\"kill_source\" :          | \"more\" : 1, \"kill_source\" :",
        "\"outcome\" : \"fail\"     | \"outcome\" : \"FAIL\"",
        "\"killed_at\" : \"2026     | \"killed_at\" : \"26"
      })
  void whatIsNoReport_isInvalid(String right, String wrong) {
    String json = JsonReport.render(SmallFleet.run(BacktestConfig.DEFAULT));
    assertThat(json).contains(right);

    assertThat(errors(json.replace(right, wrong))).isNotEmpty();
  }
}
