package dev.headroom.collector.capture;

import dev.headroom.collector.capture.KernelOomEvent.FirstVictim;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The layout of what the BPF programs record ({@code oom_record.h}), and its meaning. */
final class OomRecord {

  static final int LAYOUT = 1;
  static final int RING_BYTES = 1 << 20;

  static final int TYPE_KILL = 1;
  static final int TYPE_DETAIL = 2;

  static final int KILL_BYTES = 1304;
  static final int DETAIL_BYTES = 2080;
  static final int LEVEL_BYTES = 32;
  static final int CGROUP_LEVELS = 12;

  private static final int COMM_BYTES = 16;
  private static final int TEXT_BYTES = 1024;
  private static final int PATH_BYTES = 768;

  private static final int KNOWN_TASK = 1;
  private static final int KNOWN_COMM = 1 << 1;
  private static final int KNOWN_MEMORY = 1 << 2;
  private static final int KNOWN_CGROUP = 1 << 3;
  private static final int KNOWN_ROOT = 1 << 4;
  private static final int KNOWN_LOCK = 1 << 5;
  private static final int KNOWN_GROUP = 1 << 6;
  private static final int KNOWN_PHANTOM = 1 << 7;
  private static final int IS_PHANTOM = 1 << 16;

  private static final long LEVEL_LOCKED = 1;
  private static final long LEVEL_GROUP = 2;

  /** What one allocation and the kernel's per-CPU stocks can miss of a limit that was hit. */
  private static final long LIMIT_SLACK_PAGES = 64;

  /** A memory cgroup on the way from the victim's to the root. */
  private record Level(long id, long maxPages, long usagePages, long flags) {
    boolean has(long flag) {
      return (flags & flag) != 0;
    }

    boolean isFull() {
      return usagePages + LIMIT_SLACK_PAGES >= maxPages;
    }
  }

  /** What was read in the victim's own context before it died. */
  record Detail(
      int pid,
      long startBoottimeNs,
      long boottimeNs,
      @Nullable String title,
      @Nullable String queryText) {}

  private OomRecord() {}

  static int type(MemorySegment record) {
    return record.get(ValueLayout.JAVA_INT, 0);
  }

  static Detail detail(MemorySegment record) {
    return new Detail(
        record.get(ValueLayout.JAVA_INT, 4),
        record.get(ValueLayout.JAVA_LONG, 8),
        record.get(ValueLayout.JAVA_LONG, 16),
        text(record, 32, record.get(ValueLayout.JAVA_INT, 24)),
        text(record, 32 + TEXT_BYTES, record.get(ValueLayout.JAVA_INT, 28)));
  }

  static KernelOomEvent kill(
      MemorySegment record, UUID bootId, OomSourceKind source, long pageBytes) {
    int known = record.get(ValueLayout.JAVA_INT, 4);
    boolean task = (known & KNOWN_TASK) != 0;
    boolean memory = (known & KNOWN_MEMORY) != 0;
    long boottimeNs = record.get(ValueLayout.JAVA_LONG, 8);
    OomTask victim =
        new OomTask(
            record.get(ValueLayout.JAVA_INT, 24),
            task ? record.get(ValueLayout.JAVA_INT, 28) : null,
            (known & KNOWN_COMM) != 0 ? comm(record, 40) : null,
            task ? record.get(ValueLayout.JAVA_LONG, 16) : null,
            memory ? record.get(ValueLayout.JAVA_INT, 32) : null);
    OomTask invoker =
        new OomTask(
            record.get(ValueLayout.JAVA_INT, 64),
            task ? record.get(ValueLayout.JAVA_INT, 68) : null,
            comm(record, 72),
            task ? record.get(ValueLayout.JAVA_LONG, 56) : null,
            task ? record.get(ValueLayout.JAVA_INT, 88) : null);
    VictimMemory held =
        memory
            ? new VictimMemory(
                record.get(ValueLayout.JAVA_LONG, 96) * pageBytes,
                record.get(ValueLayout.JAVA_LONG, 104) * pageBytes,
                record.get(ValueLayout.JAVA_LONG, 112) * pageBytes,
                record.get(ValueLayout.JAVA_LONG, 120) * pageBytes,
                record.get(ValueLayout.JAVA_LONG, 128))
            : VictimMemory.UNKNOWN;
    Boolean phantom = (known & KNOWN_PHANTOM) != 0 ? ((known & IS_PHANTOM) != 0) : null;

    List<Level> levels = (known & KNOWN_CGROUP) != 0 ? levels(record) : List.of();
    boolean toRoot = (known & KNOWN_ROOT) != 0;
    List<@Nullable String> paths = paths(record, levels.size(), toRoot);
    int hit = limitLevel(levels, (known & KNOWN_LOCK) != 0);
    Boolean groupKill =
        ((known & KNOWN_GROUP) != 0 && !levels.isEmpty()) ? isGroupKill(levels, hit) : null;
    int firstPid = record.get(ValueLayout.JAVA_INT, 144);
    boolean grouped = Boolean.TRUE.equals(groupKill) && firstPid != 0;
    return new KernelOomEvent(
        bootId,
        source,
        boottimeNs,
        boottimeNs,
        victim,
        memory ? record.get(ValueLayout.JAVA_INT, 36) : null,
        held,
        invoker,
        constraint(hit, toRoot),
        hit >= 0 ? limit(levels.get(hit), paths.get(hit), pageBytes) : null,
        levels.isEmpty() ? null : new CgroupRef(levels.getFirst().id(), paths.getFirst()),
        phantom,
        groupKill,
        grouped ? new FirstVictim(firstPid, record.get(ValueLayout.JAVA_LONG, 136)) : null,
        null,
        null);
  }

  /** When no cgroup on the way to the root was at its limit, the machine was. */
  private static @Nullable OomConstraint constraint(int limitLevel, boolean toRoot) {
    if (limitLevel >= 0) {
      return OomConstraint.MEMCG;
    }
    return toRoot ? OomConstraint.NONE : null;
  }

  private static LimitHit limit(Level level, @Nullable String path, long pageBytes) {
    boolean unlimited = level.maxPages() >= Long.MAX_VALUE / pageBytes;
    return new LimitHit(
        new CgroupRef(level.id(), path),
        unlimited ? null : level.maxPages() * pageBytes,
        level.usagePages() * pageBytes);
  }

  /**
   * Which level's limit was hit, -1 for none. While it kills, the kernel holds a lock in the whole
   * subtree of that cgroup, so it is the topmost locked one; a kernel without that lock leaves the
   * lowest one that is full.
   */
  private static int limitLevel(List<Level> levels, boolean lockKnown) {
    if (lockKnown) {
      for (int i = levels.size() - 1; i >= 0; i--) {
        if (levels.get(i).has(LEVEL_LOCKED)) {
          return i;
        }
      }
    }
    for (int i = 0; i < levels.size(); i++) {
      if (levels.get(i).isFull()) {
        return i;
      }
    }
    return -1;
  }

  /**
   * The kernel looks for {@code memory.oom.group} from the victim's cgroup up to the one at its
   * limit.
   */
  private static boolean isGroupKill(List<Level> levels, int hit) {
    return levels.subList(0, hit >= 0 ? hit + 1 : levels.size()).stream()
        .anyMatch(level -> level.has(LEVEL_GROUP));
  }

  private static List<Level> levels(MemorySegment record) {
    int count = Math.min(record.get(ValueLayout.JAVA_INT, 92), CGROUP_LEVELS);
    List<Level> levels = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long at = 152 + (long) i * LEVEL_BYTES;
      levels.add(
          new Level(
              record.get(ValueLayout.JAVA_LONG, at),
              record.get(ValueLayout.JAVA_LONG, at + 8),
              record.get(ValueLayout.JAVA_LONG, at + 16),
              record.get(ValueLayout.JAVA_LONG, at + 24)));
    }
    return levels;
  }

  /** The path of each level; all absent when a name is missing on the way to the root. */
  private static List<@Nullable String> paths(
      MemorySegment record, int levelCount, boolean toRoot) {
    int bytes = Math.min(record.get(ValueLayout.JAVA_INT, 148), PATH_BYTES);
    String[] names = decode(record, 536, bytes).split("\0", -1);
    List<@Nullable String> paths = new ArrayList<>();
    // Each name is ended by NUL, so there is one empty rest after the last.
    boolean complete = toRoot && names.length == levelCount + 1;
    for (int level = 0; level < levelCount; level++) {
      StringBuilder path = new StringBuilder();
      for (int i = levelCount - 2; i >= level; i--) {
        path.append(i == levelCount - 2 ? "" : "/").append(names[complete ? i : 0]);
      }
      paths.add(complete ? "/" + path : null);
    }
    return paths;
  }

  private static String comm(MemorySegment record, long at) {
    String text = decode(record, at, COMM_BYTES);
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }

  /** A title or query: arguments are separated by NUL, and Postgres pads its title with them. */
  private static @Nullable String text(MemorySegment record, long at, int bytes) {
    String text = decode(record, at, Math.min(bytes, TEXT_BYTES)).replace('\0', ' ').strip();
    return text.isEmpty() ? null : text;
  }

  private static String decode(MemorySegment record, long at, int bytes) {
    return new String(
        record.asSlice(at, bytes).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }
}
