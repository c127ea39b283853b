package dev.headroom.formula.window;

import java.util.Arrays;

/**
 * Numbers in order, in blocks of at most {@value #BLOCK}: an insertion or removal moves memory in
 * one block only, and a question for a rank counts blocks. With n numbers each costs O(log n +
 * block + n / block), which up to a quarter of a million numbers, three days of seconds, is about
 * the block's size.
 *
 * <p>-0.0 stands before 0.0. NaN must not be put in.
 */
final class SortedBlocks {

  static final int BLOCK = 512;

  private double[][] blocks = new double[4][];
  private int[] sizes = new int[4];
  private int blockCount;

  void insert(double value) {
    if (blockCount == 0) {
      addBlock(0, new double[BLOCK], 1);
      blocks[0][0] = value;
      return;
    }
    int block = Math.min(blockOf(value), blockCount - 1);
    if (sizes[block] == BLOCK) {
      split(block);
      block += Double.compare(last(block), value) < 0 ? 1 : 0;
    }
    double[] numbers = blocks[block];
    int size = sizes[block];
    int found = Arrays.binarySearch(numbers, 0, size, value);
    int at = found < 0 ? -found - 1 : found;
    System.arraycopy(numbers, at, numbers, at + 1, size - at);
    numbers[at] = value;
    sizes[block]++;
  }

  /** Takes one such number out, which must be there. */
  void remove(double value) {
    int block = blockOf(value);
    double[] numbers = blocks[block];
    int at = Arrays.binarySearch(numbers, 0, sizes[block], value);
    sizes[block]--;
    System.arraycopy(numbers, at + 1, numbers, at, sizes[block] - at);
    if (sizes[block] == 0) {
      removeBlock(block);
    } else if (block + 1 < blockCount && sizes[block] + sizes[block + 1] <= BLOCK / 2) {
      System.arraycopy(blocks[block + 1], 0, numbers, sizes[block], sizes[block + 1]);
      sizes[block] += sizes[block + 1];
      removeBlock(block + 1);
    }
  }

  /** The number of this rank, the smallest having rank 0. */
  double get(int rank) {
    int remaining = rank;
    int block = 0;
    while (remaining >= sizes[block]) {
      remaining -= sizes[block++];
    }
    return blocks[block][remaining];
  }

  /** The first block with a number that is not smaller; behind the last block if there is none. */
  private int blockOf(double value) {
    int low = 0;
    int high = blockCount;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Double.compare(last(middle), value) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private double last(int block) {
    return blocks[block][sizes[block] - 1];
  }

  private void split(int block) {
    double[] upper = new double[BLOCK];
    int half = BLOCK / 2;
    System.arraycopy(blocks[block], half, upper, 0, BLOCK - half);
    sizes[block] = half;
    addBlock(block + 1, upper, BLOCK - half);
  }

  private void addBlock(int at, double[] numbers, int size) {
    if (blockCount == sizes.length) {
      blocks = Arrays.copyOf(blocks, 2 * blockCount);
      sizes = Arrays.copyOf(sizes, 2 * blockCount);
    }
    System.arraycopy(blocks, at, blocks, at + 1, blockCount - at);
    System.arraycopy(sizes, at, sizes, at + 1, blockCount - at);
    blocks[at] = numbers;
    sizes[at] = size;
    blockCount++;
  }

  private void removeBlock(int at) {
    blockCount--;
    System.arraycopy(blocks, at + 1, blocks, at, blockCount - at);
    System.arraycopy(sizes, at + 1, sizes, at, blockCount - at);
  }
}
