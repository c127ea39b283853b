package dev.headroom.engine.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ParetoTest {

  private record Choice(String name, double missed, double falseBlocks, double slack) {}

  private static final List<ToDoubleFunction<? super Choice>> OBJECTIVES =
      List.of(Choice::missed, Choice::falseBlocks, Choice::slack);

  @Test
  void front_hasWhatNothingBeatsInEverything() {
    // 'worse' misses as many as 'careful', blocks as many and holds back more: careful beats it
    Choice careful = new Choice("careful", 2, 0, 4);
    Choice worse = new Choice("worse", 2, 0, 5);
    Choice strict = new Choice("strict", 0, 3, 9);
    Choice never = new Choice("never", 27, 0, 0);

    assertThat(Pareto.front(List.of(worse, strict, careful, never), OBJECTIVES))
        .containsExactly(strict, careful, never);
  }

  @Test
  void equals_doNotBeatEachOther() {
    Choice one = new Choice("one", 1, -0.0, 1);
    Choice same = new Choice("same", 1, 0.0, 1);

    assertThat(Pareto.front(List.of(one, same), OBJECTIVES)).containsExactly(one, same);
    assertThat(Pareto.front(List.<Choice>of(), OBJECTIVES)).isEmpty();
  }

  @Test
  void whatHasNoValue_isRefused() {
    assertThatThrownBy(
            () -> Pareto.front(List.of(new Choice("unknown", 1, 0, Double.NaN)), OBJECTIVES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("is NaN; what has no value cannot be compared");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void front_isWhatTheDefinitionSays(long seed) {
    Random random = new Random(seed);
    List<Choice> choices = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      choices.add(new Choice("c" + i, random.nextInt(8), random.nextInt(8), random.nextInt(8)));
    }

    assertThat(Pareto.front(choices, OBJECTIVES))
        .as("seed %d", seed)
        .isEqualTo(
            choices.stream()
                .filter(each -> choices.stream().noneMatch(other -> beats(other, each)))
                .toList());
  }

  private static boolean beats(Choice a, Choice b) {
    boolean nowhereWorse =
        a.missed() <= b.missed() && a.falseBlocks() <= b.falseBlocks() && a.slack() <= b.slack();
    return nowhereWorse
        && (a.missed() < b.missed() || a.falseBlocks() < b.falseBlocks() || a.slack() < b.slack());
  }
}
