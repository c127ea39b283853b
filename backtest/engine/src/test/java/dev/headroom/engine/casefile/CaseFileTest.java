package dev.headroom.engine.casefile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CaseFileTest {

  private static final String CASE =
      """
      - case: small
        why: 700 > 600
        instance: {memory_max: 1GiB}
        step: 1s
        samples: 3
        processes:
          - {pid: 101, kind: client backend, allocated: [10MiB, 700MiB, 10MiB], statement: [1, 1, 2]}
        policy: {formula: "600MiB"}
        expect: {false_blocks: 1, limits: [600MiB, 600MiB, 600MiB]}
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          samples: 3            | samples: three        | file:5:12: a whole number is needed, not 'three'
          samples: 3            | sample: 3             | file:5:3: unknown key 'sample'
          step: 1s              | step: 1               | file:4:9: a time such as 500ms or 2s is needed, not '1'
          step: 1s              | step: 0s              | file:4:9: a step is longer than 0
          memory_max: 1GiB      | memory_max: 1GB       | file:3:26: a number of bytes such as 100MiB is needed, not '1GB'
          memory_max: 1GiB      | cgroup: v2            | file:3:13: the key 'memory_max' is needed
          client backend        | client                | file:7:24: 'client' is no kind of process
          [1, 1, 2]             | [1, 1]                | file:7:86: one value for each of the 3 samples is needed, not 2
          [1, 1, 2]             | 1                     | file:7:86: a list is needed here
          formula: "600MiB"     | formula: "600MiB +"   | file:8:21: the formula is wrong
          formula: "600MiB"     | limit: 1              | file:8:12: unknown key 'limit'
          false_blocks: 1       | false_block: 1        | file:9:12: unknown key 'false_block'
          false_blocks: 1       | false_blocks: -1      | file:9:26: a whole number of 0 or more is needed, not -1
          case: small           | case: [small]         | file:1:9: a text is needed here
          """)
  void aWrongFile_isRefusedWithItsPlace(String right, String wrong, String error) {
    assertThat(CASE).contains(right);

    assertThatThrownBy(() -> CaseFile.parse("file", CASE.replace(right, wrong)))
        .isInstanceOf(CaseFileException.class)
        .hasMessageStartingWith(error);
  }

  @Test
  void brokenYaml_andTwoCasesOfOneName_areRefused() {
    assertThatThrownBy(() -> CaseFile.parse("file", "- case: [1, 2"))
        .isInstanceOf(CaseFileException.class)
        .hasMessageStartingWith("file:1:");
    assertThatThrownBy(() -> CaseFile.parse("file", CASE + CASE))
        .hasMessage("file:10:3: there are two cases named 'small'");
    assertThatThrownBy(() -> CaseFile.parse("file", "")).hasMessageStartingWith("file:1:1:");
  }

  @Test
  void everyDifference_isToldWithExpectedAndActual() {
    String wrong =
        CASE.replace("false_blocks: 1, limits: [600MiB", "false_blocks: 2, limits: [601MiB");

    CaseResult result = CaseRunner.run(CaseFile.parse("file", wrong).getFirst());

    assertThat(result.holds()).isFalse();
    assertThat(result.differences())
        .extracting(CaseResult.Difference::toString)
        .containsExactly(
            "false_blocks: expected 2, but it is 1",
            "limits[0]: expected 601MiB, but it is 600MiB");
  }

  @Test
  void exitCode_tellsHoldsDiffersAndWrongFileApart(@TempDir Path folder) throws IOException {
    Path holds = Files.writeString(folder.resolve("holds.yaml"), CASE);
    Path differs =
        Files.writeString(
            folder.resolve("differs.yaml"), CASE.replace("false_blocks: 1", "false_blocks: 0"));
    Path wrong = Files.writeString(folder.resolve("wrong.yaml"), "case: 1");

    assertThat(CaseFileRun.of(List.of(holds)).exitCode()).isZero();
    assertThat(CaseFileRun.of(List.of(holds, differs)).exitCode()).isEqualTo(1);
    CaseFileRun all = CaseFileRun.of(List.of(wrong, differs, folder.resolve("absent.yaml")));
    assertThat(all.exitCode()).isEqualTo(2);
    assertThat(all.errors()).hasSize(2);
    assertThat(all.describe())
        .contains("false_blocks: expected 0, but it is 1", "0 of 1 cases hold; 2 files are wrong");
  }
}
