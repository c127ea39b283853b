package dev.headroom.formula.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against a list that is searched and shifted as a whole. */
class SortedBlocksTest {

  /**
   * Grows past several blocks, then shrinks to nothing, twice.
   *
   * @param distinct how many different values there are; few means many that are equal
   */
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 40", "4, 1000000"})
  void ranks_areThoseOfASortedList(long seed, int distinct) {
    var random = new Random(seed);
    var blocks = new SortedBlocks();
    List<Double> expected = new ArrayList<>();
    for (int turn = 0; turn < 2; turn++) {
      change(blocks, expected, random, distinct, 8 * SortedBlocks.BLOCK, 70);
      assertThat(expected).hasSizeGreaterThan(2 * SortedBlocks.BLOCK);
      change(blocks, expected, random, distinct, 4 * SortedBlocks.BLOCK, 30);
      while (!expected.isEmpty()) {
        blocks.remove(expected.remove(random.nextInt(expected.size())));
        requireSame(blocks, expected, random);
      }
    }
  }

  private static void change(
      SortedBlocks blocks,
      List<Double> expected,
      Random random,
      int distinct,
      int changes,
      int insertionsInHundred) {
    for (int i = 0; i < changes; i++) {
      if (expected.isEmpty() || random.nextInt(100) < insertionsInHundred) {
        // Both zeros are among them, and they are in order too.
        double value = (random.nextBoolean() ? -1.0 : 1.0) * random.nextInt(distinct);
        int found = Collections.binarySearch(expected, value);
        expected.add(found < 0 ? -found - 1 : found, value);
        blocks.insert(value);
      } else {
        blocks.remove(expected.remove(random.nextInt(expected.size())));
      }
      requireSame(blocks, expected, random);
    }
  }

  private static void requireSame(SortedBlocks blocks, List<Double> expected, Random random) {
    if (expected.isEmpty()) {
      return;
    }
    for (int rank : new int[] {0, expected.size() - 1, random.nextInt(expected.size())}) {
      assertThat(Double.doubleToLongBits(blocks.get(rank)))
          .isEqualTo(Double.doubleToLongBits(expected.get(rank)));
    }
  }
}
