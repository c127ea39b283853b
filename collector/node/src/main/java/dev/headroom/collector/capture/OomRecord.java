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

  static final int LAYOUT = 2;
  static final int RING_BYTES = 1 << 20;

  static final int TYPE_KILL = 1;
  static final int TYPE_DETAIL = 2;

  // Offsets, named as the fields are in oom_record.h; a test compares them.
  static final long KILL_KNOWN = 4;
  static final long KILL_BOOTTIME_NS = 8;
  static final long KILL_START_NS = 16;
  static final long KILL_PID = 24;
  static final long KILL_NAMESPACE_PID = 28;
  static final long KILL_UID = 32;
  static final long KILL_OOM_SCORE_ADJ = 36;
  static final long KILL_COMM = 40;
  static final long KILL_INVOKER_START_NS = 56;
  static final long KILL_INVOKER_PID = 64;
  static final long KILL_INVOKER_NAMESPACE_PID = 68;
  static final long KILL_INVOKER_COMM = 72;
  static final long KILL_INVOKER_UID = 88;
  static final long KILL_LEVEL_COUNT = 92;
  static final long KILL_TOTAL_VM_PAGES = 96;
  static final long KILL_ANON_PAGES = 104;
  static final long KILL_FILE_PAGES = 112;
  static final long KILL_SHMEM_PAGES = 120;
  static final long KILL_PAGE_TABLE_BYTES = 128;
  static final long KILL_FIRST_STAMP_NS = 136;
  static final long KILL_FIRST_PID = 144;
  static final long KILL_PATH_BYTES = 148;
  static final long KILL_LEVELS = 152;
  static final long KILL_PATH = 536;
  static final long DETAIL_PID = 4;
  static final long DETAIL_START_NS = 8;
  static final long DETAIL_BOOTTIME_NS = 16;
  static final long DETAIL_TITLE_BYTES = 24;
  static final long DETAIL_QUERY_BYTES = 28;
  static final long DETAIL_TITLE = 32;
  static final long DETAIL_QUERY = 1056;

  private static final int LEVEL_BYTES = 32;
  private static final int CGROUP_LEVELS = 12;

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
        record.get(ValueLayout.JAVA_INT, DETAIL_PID),
        record.get(ValueLayout.JAVA_LONG, DETAIL_START_NS),
        record.get(ValueLayout.JAVA_LONG, DETAIL_BOOTTIME_NS),
        text(record, DETAIL_TITLE, record.get(ValueLayout.JAVA_INT, DETAIL_TITLE_BYTES)),
        text(record, DETAIL_QUERY, record.get(ValueLayout.JAVA_INT, DETAIL_QUERY_BYTES)));
  }

  static KernelOomEvent kill(
      MemorySegment record, UUID bootId, OomSourceKind source, long pageBytes) {
    int known = record.get(ValueLayout.JAVA_INT, KILL_KNOWN);
    boolean task = (known & KNOWN_TASK) != 0;
    boolean memory = (known & KNOWN_MEMORY) != 0;
    long boottimeNs = record.get(ValueLayout.JAVA_LONG, KILL_BOOTTIME_NS);
    OomTask victim =
        new OomTask(
            record.get(ValueLayout.JAVA_INT, KILL_PID),
            task ? record.get(ValueLayout.JAVA_INT, KILL_NAMESPACE_PID) : null,
            (known & KNOWN_COMM) != 0 ? comm(record, KILL_COMM) : null,
            task ? record.get(ValueLayout.JAVA_LONG, KILL_START_NS) : null,
            memory ? record.get(ValueLayout.JAVA_INT, KILL_UID) : null);
    OomTask invoker =
        new OomTask(
            record.get(ValueLayout.JAVA_INT, KILL_INVOKER_PID),
            task ? record.get(ValueLayout.JAVA_INT, KILL_INVOKER_NAMESPACE_PID) : null,
            comm(record, KILL_INVOKER_COMM),
            task ? record.get(ValueLayout.JAVA_LONG, KILL_INVOKER_START_NS) : null,
            task ? record.get(ValueLayout.JAVA_INT, KILL_INVOKER_UID) : null);
    VictimMemory held =
        memory
            ? new VictimMemory(
                record.get(ValueLayout.JAVA_LONG, KILL_TOTAL_VM_PAGES) * pageBytes,
                record.get(ValueLayout.JAVA_LONG, KILL_ANON_PAGES) * pageBytes,
                record.get(ValueLayout.JAVA_LONG, KILL_FILE_PAGES) * pageBytes,
                record.get(ValueLayout.JAVA_LONG, KILL_SHMEM_PAGES) * pageBytes,
                record.get(ValueLayout.JAVA_LONG, KILL_PAGE_TABLE_BYTES))
            : VictimMemory.UNKNOWN;
    Boolean phantom = (known & KNOWN_PHANTOM) != 0 ? ((known & IS_PHANTOM) != 0) : null;

    List<Level> levels = (known & KNOWN_CGROUP) != 0 ? levels(record) : List.of();
    boolean toRoot = (known & KNOWN_ROOT) != 0;
    List<@Nullable String> paths = paths(record, levels.size(), toRoot);
    int hit = limitLevel(levels, (known & KNOWN_LOCK) != 0);
    Boolean groupKill =
        ((known & KNOWN_GROUP) != 0 && !levels.isEmpty()) ? isGroupKill(levels, hit) : null;
    int firstPid = record.get(ValueLayout.JAVA_INT, KILL_FIRST_PID);
    boolean grouped = Boolean.TRUE.equals(groupKill) && firstPid != 0;
    return new KernelOomEvent(
        bootId,
        source,
        boottimeNs,
        boottimeNs,
        victim,
        memory ? record.get(ValueLayout.JAVA_INT, KILL_OOM_SCORE_ADJ) : null,
        held,
        invoker,
        constraint(hit, toRoot),
        hit >= 0 ? limit(levels.get(hit), paths.get(hit), pageBytes) : null,
        levels.isEmpty() ? null : new CgroupRef(levels.getFirst().id(), paths.getFirst()),
        phantom,
        groupKill,
        grouped
            ? new FirstVictim(firstPid, record.get(ValueLayout.JAVA_LONG, KILL_FIRST_STAMP_NS))
            : null,
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
    int count = Math.min(record.get(ValueLayout.JAVA_INT, KILL_LEVEL_COUNT), CGROUP_LEVELS);
    List<Level> levels = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long at = KILL_LEVELS + (long) i * LEVEL_BYTES;
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
    int bytes = Math.min(record.get(ValueLayout.JAVA_INT, KILL_PATH_BYTES), PATH_BYTES);
    String[] names = decode(record, KILL_PATH, bytes).split("\0", -1);
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
