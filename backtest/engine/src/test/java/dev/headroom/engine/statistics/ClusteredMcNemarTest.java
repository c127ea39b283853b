package dev.headroom.engine.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ClusteredMcNemarTest {

  private static final Offset<Double> EXACT = within(1e-12);

  private static double pValue(Discordance... clusters) {
    return McNemar.pValue(List.of(clusters)).orElseThrow();
  }

  @Test
  void oneInstance_provesNothing_howeverManyKillsItHad() {
    // 20 kills of one instance, all one way, are one coin: either sign, p = 1
    assertThat(pValue(new Discordance(20, 0))).isEqualTo(1);
    assertThat(McNemar.pValue(20, 0).orElseThrow()).isLessThan(1e-5);
  }

  @Test
  void sums_areCountedByHand() {
    // differences 3, 1, 1; observed 5, the largest of 8 sums, and -5: 2/8
    assertThat(pValue(new Discordance(3, 0), new Discordance(1, 0), new Discordance(2, 1)))
        .isEqualTo(0.25, EXACT);
    // differences 3, -1, -1; observed 1: sums 5, 3, 3, 1, -1, -3, -3, -5 are all at least 1 away: 1
    assertThat(pValue(new Discordance(3, 0), new Discordance(0, 1), new Discordance(0, 1)))
        .isEqualTo(1, EXACT);
    // differences 4, 2, 1; observed 5 = 4+2-1: 7 and 5 of 8 sums and their negatives: 4/8
    assertThat(pValue(new Discordance(4, 0), new Discordance(2, 0), new Discordance(0, 1)))
        .isEqualTo(0.5, EXACT);
  }

  @ParameterizedTest
  @CsvSource({"6, 0", "5, 0", "9, 3", "3, 3", "0, 11", "40, 25"})
  void oneKillOnEachInstance_isMcNemarsTest(int onlyFirst, int onlySecond) {
    List<Discordance> clusters = new ArrayList<>();
    clusters.addAll(Collections.nCopies(onlyFirst, new Discordance(1, 0)));
    clusters.addAll(Collections.nCopies(onlySecond, new Discordance(0, 1)));
    clusters.add(new Discordance(0, 0));

    assertThat(McNemar.pValue(clusters).orElseThrow())
        .isCloseTo(McNemar.pValue(onlyFirst, onlySecond).orElseThrow(), EXACT);
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void test_agreesWithAllSigns(long seed) {
    Random random = new Random(seed);
    List<Discordance> clusters = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      clusters.add(new Discordance(random.nextInt(6), random.nextInt(4)));
    }

    assertThat(McNemar.pValue(clusters).orElseThrow())
        .as("seed %d", seed)
        .isCloseTo(byAllSigns(clusters), EXACT);
  }

  private static double byAllSigns(List<Discordance> clusters) {
    int[] differences =
        clusters.stream().mapToInt(each -> each.onlyFirst() - each.onlySecond()).toArray();
    int observed = 0;
    for (int difference : differences) {
      observed += difference;
    }
    int asFar = 0;
    for (int signs = 0; signs < 1 << differences.length; signs++) {
      int sum = 0;
      for (int i = 0; i < differences.length; i++) {
        sum += (signs >> i & 1) == 0 ? differences[i] : -differences[i];
      }
      asFar += Math.abs(sum) >= Math.abs(observed) ? 1 : 0;
    }
    return (double) asFar / (1 << differences.length);
  }

  @Test
  void agreementEverywhere_saysNothing() {
    assertThat(McNemar.pValue(List.of())).isEmpty();
    assertThat(McNemar.pValue(List.of(new Discordance(0, 0)))).isEmpty();
    // disagreement that cancels out on each instance is no difference, but it is an answer
    assertThat(McNemar.pValue(List.of(new Discordance(2, 2)))).hasValue(1);
  }

  @Test
  void neededClusters_countsWhatIsMissingToSix() {
    assertThat(needed(0, 0)).isEqualTo(6);
    assertThat(needed(4, 0)).isEqualTo(2);
    assertThat(needed(6, 0)).isZero();
    // 8 to 1: 2 (1+9)/512 = 0.039; 7 to 1: 2 (1+8)/256 = 0.07
    assertThat(needed(1, 5)).isEqualTo(3);
    // one instance with 20 kills one way needs 5 more instances: 2/2^6 = 0.031
    assertThat(McNemar.neededClusters(List.of(new Discordance(20, 0)), 0.05)).hasValue(5);
  }

  private static int needed(int onlyFirst, int onlySecond) {
    List<Discordance> clusters = new ArrayList<>();
    clusters.addAll(Collections.nCopies(onlyFirst, new Discordance(1, 0)));
    clusters.addAll(Collections.nCopies(onlySecond, new Discordance(0, 1)));
    return McNemar.neededClusters(clusters, 0.05).orElseThrow();
  }
}
