package dev.headroom.engine.report;

import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.statistics.CompactNumber;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What policies prevent against whom they refuse wrongly; each point has its policies' numbers. */
final class TradeOffChart {

  private static final int WIDTH = 800;
  private static final int HEIGHT = 360;
  private static final int LEFT = 70;
  private static final int RIGHT = 760;
  private static final int TOP = 40;
  private static final int BOTTOM = 300;
  private static final int STEPS = 4;
  private static final int MOST_NUMBERS = 6;

  private static final double LABEL_WIDTH = 40;
  private static final double LABEL_HEIGHT = 14;

  private record Label(double x, double y, List<Integer> numbers) {}

  private TradeOffChart() {}

  /**
   * The picture.
   *
   * @param policies numbered from 1 as they come; those without data are left out
   */
  static String render(List<PolicyResult> policies) {
    Svg svg =
        new Svg(
            WIDTH,
            HEIGHT,
            "Kills not prevented against false blocks",
            "Each mark is a policy, with its number in the table below. Further down prevents more,"
                + " further left refuses fewer wrongly.");
    int mostKills = wholeSteps(policies.stream().mapToInt(TradeOffChart::notPrevented));
    int mostBlocks =
        wholeSteps(policies.stream().mapToInt(policy -> policy.blocks().falseBlocks()));
    for (int i = 0; i <= STEPS; i++) {
      double share = (double) i / STEPS;
      double x = LEFT + share * (RIGHT - LEFT);
      double y = BOTTOM - share * (BOTTOM - TOP);
      svg.line("axis", LEFT, y, RIGHT, y);
      svg.line("axis", x, TOP, x, BOTTOM);
      svg.text("faint", "end", LEFT - 10, y + 4, CompactNumber.of(share * mostKills));
      svg.text("faint", "middle", x, BOTTOM + 20, CompactNumber.of(share * mostBlocks));
    }
    svg.text("", "middle", (LEFT + RIGHT) / 2.0, BOTTOM + 46, "false blocks");
    svg.text("", "start", LEFT - 40, 16, "kills not prevented, undecided ones included");
    List<Label> labels = new ArrayList<>();
    for (int i = 0; i < policies.size(); i++) {
      PolicyResult policy = policies.get(i);
      if (policy.instances() > 0) {
        double x = LEFT + (double) policy.blocks().falseBlocks() / mostBlocks * (RIGHT - LEFT);
        double y = BOTTOM - (double) notPrevented(policy) / mostKills * (BOTTOM - TOP);
        svg.mark(policy, x, y);
        addLabel(labels, x, y, i + 1);
      }
    }
    labels.forEach(
        label -> svg.text("", "start", label.x() + 10, label.y() - 8, describe(label.numbers())));
    return svg.render();
  }

  /** Marks so near to each other that their labels would be one over the other share one. */
  private static void addLabel(List<Label> labels, double x, double y, int number) {
    for (Label label : labels) {
      if (Math.abs(label.x() - x) < LABEL_WIDTH && Math.abs(label.y() - y) < LABEL_HEIGHT) {
        label.numbers().add(number);
        return;
      }
    }
    labels.add(new Label(x, y, new ArrayList<>(List.of(number))));
  }

  private static int wholeSteps(IntStream counts) {
    return STEPS * Math.max(1, Math.ceilDiv(counts.max().orElse(0), STEPS));
  }

  private static String describe(List<Integer> numbers) {
    String shown =
        numbers.stream().limit(MOST_NUMBERS).map(String::valueOf).collect(Collectors.joining(", "));
    return numbers.size() <= MOST_NUMBERS ? shown : shown + " …";
  }

  private static int notPrevented(PolicyResult policy) {
    return policy.kills().preventable() - policy.kills().prevented();
  }
}
