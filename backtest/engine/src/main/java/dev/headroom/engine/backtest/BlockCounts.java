package dev.headroom.engine.backtest;

import dev.headroom.engine.kernel.BlockClass;
import java.util.Collection;
import java.util.Collections;

/** How many refused statements turned out to be what. */
public record BlockCounts(int justified, int falseBlocks, int undecided) {

  static BlockCounts of(Collection<BlockClass> classes) {
    return new BlockCounts(
        Collections.frequency(classes, BlockClass.JUSTIFIED),
        Collections.frequency(classes, BlockClass.FALSE),
        Collections.frequency(classes, BlockClass.UNDECIDED));
  }
}
