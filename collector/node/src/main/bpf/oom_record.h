/* SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0) */
/*
 * What the BPF programs write and OomRecord.java reads. Host byte order, offsets are asserted here and compared with Java's
 * by OomRecordTest. Any change of a layout or of a map's meaning needs a new HEADROOM_LAYOUT, so that a collector never
 * reads what another version left pinned.
 */
#ifndef HEADROOM_OOM_RECORD_H
#define HEADROOM_OOM_RECORD_H

#define HEADROOM_LAYOUT 2

enum { COMM_BYTES = 16, TEXT_BYTES = 1024, PATH_BYTES = 768, CGROUP_LEVELS = 12, RING_BYTES = 1 << 20 };

enum record_type { RECORD_KILL = 1, RECORD_DETAIL = 2 };

/* Bits of kill_record.known: which facts the program could read. Without its bit a field means nothing. */
enum known {
  KNOWN_TASK = 1 << 0,    /* start_ns, namespace_pid, and the invoker's start_ns, namespace_pid and uid */
  KNOWN_COMM = 1 << 1,    /* comm */
  KNOWN_MEMORY = 1 << 2,  /* total_vm to page_tables, uid, oom_score_adj */
  KNOWN_CGROUP = 1 << 3,  /* levels, path */
  KNOWN_ROOT = 1 << 4,    /* the levels reach the root */
  KNOWN_LOCK = 1 << 5,    /* LEVEL_LOCKED is meaningful on this kernel */
  KNOWN_GROUP = 1 << 6,   /* LEVEL_GROUP is meaningful on this kernel */
  KNOWN_PHANTOM = 1 << 7, /* IS_PHANTOM is meaningful */
  IS_PHANTOM = 1 << 16,
};

enum level_flag { LEVEL_LOCKED = 1, LEVEL_GROUP = 2 };

/* One memory cgroup on the way from the victim's own (level 0) to the root. */
struct cgroup_level {
  unsigned long long id;
  unsigned long long max_pages;
  unsigned long long usage_pages;
  unsigned long long flags;
};

/* Times are CLOCK_BOOTTIME ns. */
struct kill_record {
  unsigned int type;
  unsigned int known;
  unsigned long long boottime_ns;
  unsigned long long start_ns;
  int pid;
  int namespace_pid;
  unsigned int uid;
  int oom_score_adj;
  char comm[COMM_BYTES];
  unsigned long long invoker_start_ns;
  int invoker_pid;
  int invoker_namespace_pid;
  char invoker_comm[COMM_BYTES];
  unsigned int invoker_uid;
  unsigned int level_count;
  unsigned long long total_vm_pages;
  unsigned long long anon_pages;
  unsigned long long file_pages;
  unsigned long long shmem_pages;
  unsigned long long page_table_bytes;
  /* The first victim by the same invoker in the same group; first_pid is 0 when no group dies. */
  unsigned long long first_stamp_ns;
  int first_pid;
  unsigned int path_bytes;
  struct cgroup_level levels[CGROUP_LEVELS];
  /* The names of the levels, each ended by NUL; the root's is empty. */
  char path[PATH_BYTES];
};

struct detail_record {
  unsigned int type;
  int pid;
  unsigned long long start_ns;
  unsigned long long boottime_ns;
  unsigned int title_bytes; /* 0 when it could not be read; the title holds NULs between arguments */
  unsigned int query_bytes; /* 0 when it could not be read */
  char title[TEXT_BYTES];
  char query[TEXT_BYTES];
};

#define AT(type, field, offset) _Static_assert(__builtin_offsetof(struct type, field) == (offset), #type "." #field)
AT(kill_record, known, 4);
AT(kill_record, boottime_ns, 8);
AT(kill_record, start_ns, 16);
AT(kill_record, pid, 24);
AT(kill_record, namespace_pid, 28);
AT(kill_record, uid, 32);
AT(kill_record, oom_score_adj, 36);
AT(kill_record, comm, 40);
AT(kill_record, invoker_start_ns, 56);
AT(kill_record, invoker_pid, 64);
AT(kill_record, invoker_namespace_pid, 68);
AT(kill_record, invoker_comm, 72);
AT(kill_record, invoker_uid, 88);
AT(kill_record, level_count, 92);
AT(kill_record, total_vm_pages, 96);
AT(kill_record, anon_pages, 104);
AT(kill_record, file_pages, 112);
AT(kill_record, shmem_pages, 120);
AT(kill_record, page_table_bytes, 128);
AT(kill_record, first_stamp_ns, 136);
AT(kill_record, first_pid, 144);
AT(kill_record, path_bytes, 148);
AT(kill_record, levels, 152);
AT(kill_record, path, 536);
AT(detail_record, pid, 4);
AT(detail_record, start_ns, 8);
AT(detail_record, boottime_ns, 16);
AT(detail_record, title_bytes, 24);
AT(detail_record, query_bytes, 28);
AT(detail_record, title, 32);
AT(detail_record, query, 1056);
_Static_assert(sizeof(struct cgroup_level) == 32, "cgroup_level");
_Static_assert(sizeof(struct kill_record) == 1304, "kill_record");
_Static_assert(sizeof(struct detail_record) == 2080, "detail_record");
#undef AT

/* Keys of the map `counters`. */
enum counter { COUNTER_KILLS_LOST, COUNTER_DETAILS_LOST, COUNTERS };

/* Keys of the map `fields`, whose values are offsets; PAGE_KIB is the size of a page. TracepointFields.java has them too. */
enum field {
  FIELD_PID,
  FIELD_COMM,
  FIELD_TOTAL_VM,
  FIELD_ANON,
  FIELD_FILE,
  FIELD_SHMEM,
  FIELD_UID,
  FIELD_PAGE_TABLES,
  FIELD_SCORE_ADJ,
  FIELD_SIGNAL,
  FIELD_CODE,
  FIELD_SIGNAL_PID,
  PAGE_KIB,
  FIELDS
};

/* Value of the map `postmasters`, whose key is the postmaster's pid. */
struct postmaster {
  unsigned long long start_ticks;    /* field 22 of /proc/<pid>/stat, 1/100 s */
  unsigned long long query_address;  /* of debug_query_string, the same in every child */
  unsigned long long status_address; /* of MyBEEntry, likewise; 0 when not known */
};

#endif
