package dev.headroom.engine.kernel;

import java.util.Collection;
import java.util.Collections;

/** How many refused statements turned out to be what. */
public record BlockCounts(int justified, int falseBlocks, int undecided) {

  public static final BlockCounts NONE = new BlockCounts(0, 0, 0);

  public static BlockCounts of(Collection<BlockClass> classes) {
    return new BlockCounts(
        Collections.frequency(classes, BlockClass.JUSTIFIED),
        Collections.frequency(classes, BlockClass.FALSE),
        Collections.frequency(classes, BlockClass.UNDECIDED));
  }

  public BlockCounts plus(BlockCounts other) {
    return new BlockCounts(
        justified + other.justified, falseBlocks + other.falseBlocks, undecided + other.undecided);
  }
}
