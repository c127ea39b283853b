package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Precedence, operators and functions, each against a value worked by hand. */
class ArithmeticTest {

  /** anon 7 bytes, file 2, shmem 0; 3 connections, 10 at most. The other inputs are absent. */
  private static final Map<Input, Double> SAMPLE =
      new EnumMap<>(
          Map.of(
              Input.ANON, 7.0,
              Input.FILE, 2.0,
              Input.SHMEM, 0.0,
              Input.CONNECTIONS, 3.0,
              Input.MAX_CONNECTIONS, 10.0));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 + 2 * 3                 | 7",
        "(1 + 2) * 3               | 9",
        "10 - 4 - 3                | 3",
        "10 - (4 - 3)              | 9",
        "100 / 10 / 2              | 5",
        "100 / (10 / 2)            | 20",
        "7 // 2 * 2                | 6",
        "2 * 7 // 2                | 7",
        "7 % 4 * 2                 | 6",
        "2 ** 3 ** 2               | 512",
        "(2 ** 3) ** 2             | 64",
        "-2 ** 2                   | -4",
        "(-2) ** 2                 | 4",
        "2 ** -1                   | 0.5",
        "2 * -3                    | -6",
        "- - 3                     | 3",
        "+3 - +2                   | 1",
        "-7 // 2                   | -4",
        "7 // -2                   | -4",
        "-7 // -2                  | 3",
        "-7 % 3                    | 2",
        "7 % -3                    | -2",
        "-7 % -3                   | -1",
        "7.5 % 2                   | 1.5",
        "1 // 0.1                  | 9",
        "3 % 3                     | 0",
        "10 / 4                    | 2.5",
        "1 if 2 > 1 else 3         | 1",
        "1 if 2 < 1 else 3         | 3",
        "1 if 2 < 1 else 2 if 3 < 1 else 4       | 4",
        "1 + 1 if 2 > 1 else 3 + 3               | 2",
        "1 if 1 < 2 < 3 else 0                   | 1",
        "1 if 1 < 3 < 2 else 0                   | 0",
        "1 if 3 > 2 == 2 else 0                  | 1",
        "1 if not 1 > 2 else 0                   | 1",
        "1 if not 1 > 2 and 2 > 3 else 0         | 0",
        "1 if not (1 > 2 and 2 > 3) else 0       | 1",
        "1 if 1 > 2 and 1 > 2 or 2 > 1 else 0    | 1",
        "1 if 2 > 1 or 2 > 1 and 1 > 2 else 0    | 1",
        "1 if (2 > 1 or 2 > 1) and 1 > 2 else 0  | 0",
        "1 if 1 + 1 == 2 else 0                  | 1",
        "1 if 1 != 1 else 0                      | 0",
        "1 if 1 >= 1 and 1 <= 1 else 0           | 1",
        "min(3, 1, 2)              | 1",
        "max(3, 1, 2)              | 3",
        "clamp(5, 1, 3)            | 3",
        "clamp(0, 1, 3)            | 1",
        "clamp(2, 1, 3)            | 2",
        "clamp(2, 9, 3)            | 3",
        "abs(-3)                   | 3",
        "floor(-1.5)               | -2",
        "ceil(-1.5)                | -1",
        "sqrt(16)                  | 4",
        "log(1)                    | 0",
        "exp(0)                    | 1",
        "default(5, 6)             | 5",
      })
  void plainNumbers_followPython(String expression, double expected) {
    assertThat(Formulas.evaluate(expression, SAMPLE)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1B          | 1",
        "2KiB        | 2048",
        "1MiB        | 1048576",
        "1GiB        | 1073741824",
        "1TiB        | 1099511627776",
        "1MB         | 1000000",
        "1GB         | 1000000000",
        "1TB         | 1000000000000",
        "1.5KiB      | 1536",
        ".5KiB       | 512",
        "2.KiB       | 2048",
        "2.e3B       | 2000",
        "1_000B      | 1000",
        "1e3B        | 1000",
        "1.5E+3B     | 1500",
        "1e-1KiB     | 102.4",
        "15% * 200B  | 30",
        "0.1% * 1000B| 1",
        "1B * (1m / 1s)    | 60",
        "1B * (1h / 1s)    | 3600",
        "1B * (1d / 1s)    | 86400",
        "1B * (500ms / 1s) | 0.5",
        "0.3B              | 0.3",
      })
  void units_haveTheirSize(String expression, double bytes) {
    assertThat(Formulas.evaluate(expression, SAMPLE)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "anon * connections                          | 21",
        "anon * file / file                          | 7",
        "anon ** 2 / anon                            | 7",
        "sqrt(anon ** 4) / anon                      | 7",
        "connections / max_connections * anon        | 2.1",
        "anon if connections + 1 > max_connections - 6 else file | 2",
        "anon if connections + 1 >= max_connections - 6 else file | 7",
        "anon * log(exp(connections) * 1) / 3        | 7",
        "anon % file                                 | 1",
        "anon // file * 1B                           | 3",
        "anon + 1                                    | 8",
        "clamp(anon, 0, 5)                           | 5",
        "x = anon > file; 1B if x else 2B            | 1",
        "x = anon; y = x * 2; z = x + y; z           | 21",
        "rss = anon \\; limit = rss + file            | 9",
      })
  void dimensions_workOutToBytes(String expression, double bytes) {
    String text = expression.replace("\\;", "\n");
    assertThat(Formulas.evaluate(text, SAMPLE)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "anon / 0                | Infinity",
        "-anon / 0               | -Infinity",
        "shmem / 0               | NaN",
        "anon // 0               | Infinity",
        "anon % 0                | NaN",
        "1B * 0 ** -1            | Infinity",
        "1B * (-1) ** 0.5        | NaN",
        "1B * sqrt(-1)           | NaN",
        "1B * log(0)             | -Infinity",
        "1B * log(-1)            | NaN",
        "1B * exp(1000)          | Infinity",
      })
  void whatHasNoAnswer_isWhatIeee754SaysAndNoError(String expression, double expected) {
    assertThat(Formulas.evaluate(expression, SAMPLE)).isEqualTo(Double.valueOf(expected));
  }

  /** slab is absent. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "slab                                          | NaN",
        "anon + slab                                   | NaN",
        "slab * 0                                      | NaN",
        "min(anon, slab)                               | NaN",
        "max(anon, slab)                               | NaN",
        "clamp(anon, slab, file)                       | NaN",
        "1B * (slab / 1B) ** 0                         | NaN",
        "anon if slab > 0 else file                    | NaN",
        "anon if slab != slab else file                | NaN",
        "anon if not slab > 0 else file                | NaN",
        "anon if anon > 0 else slab                    | 7",
        "slab if anon < 0 else file                    | 2",
        "anon if anon > 0 or slab > 0 else file        | 7",
        "anon if slab > 0 or anon > 0 else file        | NaN",
        "anon if anon < 0 and slab > 0 else file       | 2",
        "anon if slab > 0 and anon < 0 else file       | NaN",
        "anon if 9 < anon < slab else file             | 2",
        "anon if 1 < anon < slab else file             | NaN",
        "default(slab, file)                           | 2",
        "default(anon, slab)                           | 7",
        "default(anon + slab, file)                    | 2",
        "default(slab, default(kernel, 5))             | 5",
        "default(0B / 0, file)                         | 2",
        "default(anon / 0, file)                       | Infinity",
        "x = slab; anon if anon > 0 else x             | 7",
      })
  void absentValues_makeTheResultAbsentUnlessNotNeeded(String expression, double expected) {
    assertThat(Formulas.evaluate(expression, SAMPLE)).isEqualTo(Double.valueOf(expected));
  }
}
