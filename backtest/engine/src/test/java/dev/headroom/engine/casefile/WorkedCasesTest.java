package dev.headroom.engine.casefile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class WorkedCasesTest {

  private static Path folder() throws URISyntaxException {
    return Path.of(Objects.requireNonNull(WorkedCasesTest.class.getResource("/cases")).toURI());
  }

  static Stream<Path> files() throws IOException, URISyntaxException {
    try (Stream<Path> files = Files.list(folder())) {
      return files.sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyCaseHolds(Path file) {
    CaseFileRun run = CaseFileRun.of(List.of(file));

    assertThat(run.errors()).isEmpty();
    assertThat(run.results()).isNotEmpty();
    assertThat(run.exitCode()).as(run.describe()).isEqualTo(CaseFileRun.EXIT_HOLDS);
  }

  @Test
  void casesOfTheContractAreAllThere() throws IOException, URISyntaxException {
    assertThat(CaseFile.read(folder().resolve("basics.yaml"))).hasSize(11);
  }
}
