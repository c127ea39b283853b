package dev.headroom.collector.guard;

/**
 * Where things are in a guard's segment: {@code guard-native/include/headroom_segment.h} says what
 * they are, and a test holds these numbers to it. There is a nested class per C struct, in it its
 * size and, per field that is used here, the offset in bytes from the start of the struct; the
 * other constants are C's without their {@code HEADROOM_}.
 */
final class SegmentLayout {

  static final long MAGIC = 0x4D4F_4F52_4441_4548L;
  static final int LAYOUT_VERSION = 1;

  /** The name of the memory file, as {@code /proc/<pid>/fd} shows it. */
  static final String LINK_TARGET = "/memfd:headroom-guard (deleted)";

  static final int SHADOW_LIMITS = 8;
  static final int POLICY_ID_BYTES = 64;
  static final int KIND_NAME_BYTES = 32;
  static final int CONTEXT_NAME_BYTES = 48;
  static final int BLACKBOX_CONTEXTS = 8;

  static final int MODE_OFF = 0;
  static final int MODE_SHADOW = 1;
  static final int MODE_ENFORCE = 2;

  static final int FALLBACK_KEEP = 1;

  static final int KIND_CLIENT_BACKEND = 1;
  static final int KIND_PARALLEL_WORKER = 2;
  static final int KIND_BACKGROUND_WORKER = 3;
  static final int KIND_AUTOVACUUM_WORKER = 4;
  static final int KIND_AUTOVACUUM_LAUNCHER = 5;
  static final int KIND_WALSENDER = 6;
  static final int KIND_POSTMASTER = 7;

  static final int SLOT_LIVE = 2;
  static final int SLOT_EXITED = 3;
  static final int SLOT_RECLAIMED = 4;

  static final int EVENT_DENIAL = 1;
  static final int EVENT_WOULD_BLOCK = 2;
  static final int EVENT_BLOCK = 3;
  static final int EVENT_SOFT_DENIAL = 4;
  static final int EVENT_FATAL = 5;
  static final int EVENT_PANIC = 6;
  static final int EVENT_LEASE_EXPIRED = 7;
  static final int EVENT_LEASE_RENEWED = 8;
  static final int EVENT_SWITCHED = 9;

  private SegmentLayout() {}

  /** The start of the segment. */
  static final class Header {
    static final long SIZE = 4096;

    static final long MAGIC = 0;
    static final long LAYOUT_VERSION = 8;
    static final long READY = 12;
    static final long TOTAL_BYTES = 16;
    static final long SLOT_OFFSET = 24;
    static final long SLOT_BYTES = 28;
    static final long SLOT_COUNT = 32;
    static final long RING_OFFSET = 48;
    static final long RING_BYTES_EACH = 52;
    static final long RING_CAPACITY = 56;
    static final long POSTMASTER_PID = 60;
    static final long POSTMASTER_START_TICKS = 64;
    static final long CREATED_BOOTTIME_NS = 72;
    static final long SERVER_VERSION_NUM = 80;
    static final long BLOCKABLE_KINDS = 84;
    static final long FACTS_ARE_SET = 128;
    static final long MAX_CONNECTIONS = 132;
    static final long SHARED_BUFFERS_BYTES = 136;
    static final long SHARED_MEMORY_BYTES = 144;
    static final long SWITCH_MODE = 192;
    static final long CONTROL_GENERATION = 256;
    static final long CONTROL_WRITER_UNTIL_BOOTTIME_NS = 264;
    static final long CONTROL = 320;
    static final long LIMITED_BYTES = 1984;
    static final long LIMITED_PEAK_BYTES = 1992;
    static final long OTHERS_BYTES = 2048;
    static final long DENIALS = 2176;
    static final long BLOCKS = 2184;
    static final long WOULD_BLOCKS = 2192;
    static final long SOFT_DENIALS = 2200;
    static final long FATALS = 2208;
    static final long PANICS = 2216;
    static final long WAIVERS = 2224;
    static final long BREACHES = 2232;
    static final long SLOTS_EXHAUSTED = 2240;
    static final long REGIONS_UNCOUNTED = 2248;
    static final long DSM_UNCOUNTED = 2256;
    static final long ATTACHED_SLOTS = 2272;
    static final long RING_HEAD = 2304;

    private Header() {}
  }

  /** What the guard is told; there are two copies. */
  static final class Control {
    static final long SIZE = 832;

    static final long MODE = 0;
    static final long LEASE_IS_SET = 4;
    static final long LEASE_EXPIRES_BOOTTIME_NS = 8;
    static final long FALLBACK = 16;
    static final long EXEMPT_SUPERUSERS = 28;
    static final long LIMIT = 32;
    static final long SHADOW = 120;

    private Control() {}
  }

  /** A limit and whose it is. */
  static final class Limit {
    static final long SIZE = 88;

    static final long IS_SET = 0;
    static final long LIMIT_BYTES = 8;
    static final long POLICY_GENERATION = 16;
    static final long POLICY_ID = 24;

    private Limit() {}
  }

  /** One process. */
  static final class Slot {
    static final long SIZE = 1024;

    static final long ALLOCATED_BYTES = 0;
    static final long PEAK_BYTES = 8;
    static final long STATE = 64;
    static final long SLOT_GENERATION = 68;
    static final long PID = 72;
    static final long KIND = 76;
    static final long START_TICKS = 80;
    static final long ATTACHED_BOOTTIME_NS = 96;
    static final long ENDED_BOOTTIME_NS = 104;
    static final long IDENTITY_IS_SET = 112;
    static final long IS_SUPERUSER = 124;
    static final long STATEMENT_SEQUENCE = 128;
    static final long STATEMENT_NUMBER = 136;
    static final long QUERY_ID = 144;
    static final long QUERY_ID_IS_SET = 160;
    static final long IN_STATEMENT = 164;
    static final long DSM_BYTES = 176;
    static final long KIND_NAME = 320;
    static final long BLACKBOX_SEQUENCE = 384;
    static final long BLACKBOX_STATEMENT_NUMBER = 408;
    static final long BLACKBOX_COUNT = 416;
    static final long BLACKBOX = 448;

    private Slot() {}
  }

  /** A memory context in a black box. */
  static final class Context {
    static final long SIZE = 64;

    static final long NAME = 0;
    static final long BYTES = 48;
    static final long BLOCKS = 56;

    private Context() {}
  }

  /** A place of the ring. */
  static final class Event {
    static final long SIZE = 256;

    static final long SEQUENCE = 0;
    static final long CHECKSUM = 8;
    static final long PAYLOAD = 16;

    private Event() {}
  }

  /** What happened. */
  static final class Payload {
    static final long SIZE = 240;

    static final long BOOTTIME_NS = 0;
    static final long TYPE = 8;
    static final long PID = 12;
    static final long KIND = 16;
    static final long SLOT = 20;
    static final long SLOT_GENERATION = 24;
    static final long STATEMENT_NUMBER = 32;
    static final long QUERY_ID = 40;
    static final long QUERY_ID_IS_SET = 48;
    static final long IN_STATEMENT = 52;
    static final long JUDGED_BY = 56;
    static final long MODE = 60;
    static final long DETAIL = 76;
    static final long LIMIT_BYTES = 88;
    static final long ALLOCATED_BYTES = 96;
    static final long PROCESS_ALLOCATED_BYTES = 104;
    static final long REQUESTED_BYTES = 112;
    static final long DENIALS_IN_STATEMENT = 120;
    static final long POLICY_ID = 128;

    private Payload() {}
  }
}
