// SPDX-License-Identifier: GPL-2.0
/*
 * OOM kills as the kernel sees them, for kernels with BTF and typed tracepoints.
 *
 * The kernel kills in this order, all in the invoker's context: it sends SIGKILL to the victim (signal_generate), then
 * marks it (mark_victim). A mark without a SIGKILL before it is a phantom: the task was exiting anyway. The victim then runs
 * once more, to die (signal_deliver), and still has its memory: there its title and statement are read. On another CPU that
 * may be before the mark, so a detail may precede its kill in the ring.
 */
#include "kernel_types.h"

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "oom_record.h"
#include "oom_maps.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { SIGKILL = 9, SENT_BY_KERNEL = 1, PF_EXITING = 4 };
enum { PIDTYPE_TGID = 1 };
enum { MM_FILEPAGES = 0, MM_ANONPAGES = 1, MM_SHMEMPAGES = 3 };
enum { NAME_BYTES = 256, TICK_NS = 10000000 };
#define GROUP_WINDOW_NS 1000000000ULL

/* pid -> when it started; whose details are wanted at their last signal */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, __u64);
} victims SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct postmaster);
} postmasters SEC(".maps");

/* A group kill in progress. */
struct group {
  __u64 cgroup;
  __u64 first_stamp_ns;
  __u64 last_stamp_ns;
  __u32 first_pid;
  __u32 reserved;
};

/* invoker (pid and tgid) -> its group kill */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u64);
  __type(value, struct group);
} groups SEC(".maps");

#define STATUS_PID 4
#define STATUS_ACTIVITY_TEXT 248

static __always_inline int namespace_pid(struct task_struct *task) {
  struct pid *pid = BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]);
  unsigned int level = BPF_CORE_READ(pid, level);
  int nr = 0;
  bpf_probe_read_kernel(&nr, sizeof(nr),
                        (char *)pid + bpf_core_field_offset(struct pid, numbers) +
                            level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, nr));
  return nr;
}

static __always_inline __u64 pages(struct mm_struct *mm, int which) {
  __s64 count = 0;
  if (bpf_core_field_exists(struct mm_struct, rss_stat[0].count)) {
    /* counters are wider in the kernel than here, so the running kernel's width counts */
    bpf_probe_read_kernel(&count, sizeof(count),
                          (char *)mm + bpf_core_field_offset(struct mm_struct, rss_stat) +
                              which * bpf_core_type_size(struct percpu_counter) +
                              bpf_core_field_offset(struct percpu_counter, count));
  } else {
    struct mm_struct___old *old = (void *)mm;
    long old_count = 0;
    bpf_core_read(&old_count, sizeof(old_count), &old->rss_stat.count[which].counter);
    count = old_count;
  }
  return count < 0 ? 0 : (__u64)count;
}

static __always_inline void read_memory(struct kill_record *kill, struct task_struct *victim) {
  struct mm_struct *mm = BPF_CORE_READ(victim, mm);
  if (!mm) {
    return;
  }
  kill->known |= KNOWN_MEMORY;
  kill->uid = BPF_CORE_READ(victim, cred, uid.val);
  kill->oom_score_adj = BPF_CORE_READ(victim, signal, oom_score_adj);
  kill->total_vm_pages = BPF_CORE_READ(mm, total_vm);
  kill->anon_pages = pages(mm, MM_ANONPAGES);
  kill->file_pages = pages(mm, MM_FILEPAGES);
  kill->shmem_pages = pages(mm, MM_SHMEMPAGES);
  kill->page_table_bytes = BPF_CORE_READ(mm, pgtables_bytes.counter);
}

/*
 * Reads the victim's memory cgroup and its ancestors; which of them was at its limit and whether a whole group dies is
 * told from that by the reader. Returns the topmost cgroup that dies as a group, 0 if none does.
 */
static __always_inline __u64 read_cgroups(struct kill_record *kill, struct task_struct *victim) {
  int id = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
  struct css_set *sets = BPF_CORE_READ(victim, cgroups);
  struct cgroup_subsys_state *css = NULL;
  bpf_probe_read_kernel(&css, sizeof(css),
                        (char *)sets + bpf_core_field_offset(struct css_set, subsys) + id * sizeof(void *));
  if (!css) {
    return 0;
  }
  kill->known |= KNOWN_CGROUP;
  if (bpf_core_field_exists(struct mem_cgroup, oom_lock)) {
    kill->known |= KNOWN_LOCK;
  }
  if (bpf_core_field_exists(struct mem_cgroup, oom_group)) {
    kill->known |= KNOWN_GROUP;
  }
  __u32 bytes = 0;
  __u64 group = 0;
  for (int i = 0; i < CGROUP_LEVELS; i++) {
    struct mem_cgroup *memcg = (void *)css;
    struct kernfs_node *node = BPF_CORE_READ(css, cgroup, kn);
    struct cgroup_level *level = &kill->levels[i];
    level->id = BPF_CORE_READ(node, id);
    level->max_pages = BPF_CORE_READ(memcg, memory.max);
    level->usage_pages = BPF_CORE_READ(memcg, memory.usage.counter);
    level->flags = 0;
    if (bpf_core_field_exists(memcg->oom_lock) && BPF_CORE_READ(memcg, oom_lock)) {
      level->flags |= LEVEL_LOCKED;
    }
    if (bpf_core_field_exists(memcg->oom_group) && BPF_CORE_READ(memcg, oom_group)) {
      level->flags |= LEVEL_GROUP;
      group = level->id;
    }
    if (bytes <= PATH_BYTES - NAME_BYTES) {
      long read = bpf_probe_read_kernel_str(&kill->path[bytes], NAME_BYTES, BPF_CORE_READ(node, name));
      if (read > 0 && read <= NAME_BYTES) {
        bytes += read;
      }
    }
    kill->level_count = i + 1;
    css = BPF_CORE_READ(css, parent);
    if (!css) {
      kill->known |= KNOWN_ROOT;
      break;
    }
  }
  kill->path_bytes = bytes;
  return group;
}

static __always_inline void remember_group(struct kill_record *kill, __u64 invoker, __u64 cgroup) {
  struct group now = {.cgroup = cgroup,
                      .first_stamp_ns = kill->boottime_ns,
                      .last_stamp_ns = kill->boottime_ns,
                      .first_pid = kill->pid};
  struct group *before = bpf_map_lookup_elem(&groups, &invoker);
  if (before && before->cgroup == cgroup && kill->boottime_ns - before->last_stamp_ns < GROUP_WINDOW_NS) {
    now.first_stamp_ns = before->first_stamp_ns;
    now.first_pid = before->first_pid;
  }
  bpf_map_update_elem(&groups, &invoker, &now, BPF_ANY);
  kill->first_stamp_ns = now.first_stamp_ns;
  kill->first_pid = now.first_pid;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(on_signal_generate, int sig, void *info, struct task_struct *task) {
  /* raw argument: the verifier takes `info` for a pointer to follow, the kernel passes a small number in it */
  if (sig != SIGKILL || ctx[1] != SENT_BY_KERNEL) {
    return 0;
  }
  __u64 invoker = bpf_get_current_pid_tgid();
  __u32 pid = task->tgid;
  bpf_map_update_elem(&killed, &invoker, &pid, BPF_ANY);
  /* An exiting task that kills in the kernel's name is the init of a pid namespace taking its children along. */
  struct task_struct *current = (void *)bpf_get_current_task();
  if (!(BPF_CORE_READ(current, flags) & PF_EXITING)) {
    __u64 start = BPF_CORE_READ(task, group_leader, start_boottime);
    bpf_map_update_elem(&victims, &pid, &start, BPF_ANY);
  }
  return 0;
}

SEC("tp_btf/mark_victim")
int BPF_PROG(on_mark_victim, struct task_struct *victim) {
  __u64 stamp = bpf_ktime_get_boot_ns();
  __u64 invoker = bpf_get_current_pid_tgid();
  __u32 pid = victim->tgid;
  __u32 *sent = bpf_map_lookup_elem(&killed, &invoker);
  bool phantom = !sent || *sent != pid;
  bpf_map_delete_elem(&killed, &invoker);

  struct kill_record *kill = bpf_ringbuf_reserve(&records, sizeof(*kill), 0);
  if (!kill) {
    count(COUNTER_KILLS_LOST);
    return 0;
  }
  kill->type = RECORD_KILL;
  kill->known = KNOWN_TASK | KNOWN_COMM | KNOWN_PHANTOM | (phantom ? IS_PHANTOM : 0);
  kill->boottime_ns = stamp;
  kill->first_pid = 0;
  kill->level_count = 0;
  kill->path_bytes = 0;
  kill->pid = pid;
  kill->namespace_pid = namespace_pid(victim);
  kill->start_ns = BPF_CORE_READ(victim, group_leader, start_boottime);
  bpf_core_read_str(kill->comm, sizeof(kill->comm), &victim->comm);

  struct task_struct *current = (void *)bpf_get_current_task();
  kill->invoker_pid = invoker >> 32;
  kill->invoker_namespace_pid = namespace_pid(current);
  kill->invoker_start_ns = BPF_CORE_READ(current, group_leader, start_boottime);
  kill->invoker_uid = BPF_CORE_READ(current, cred, uid.val);
  bpf_get_current_comm(kill->invoker_comm, sizeof(kill->invoker_comm));

  read_memory(kill, victim);
  __u64 group = read_cgroups(kill, victim);
  if (group && !phantom) {
    remember_group(kill, invoker, group);
  }
  bpf_ringbuf_submit(kill, 0);
  return 0;
}

static __always_inline __u32 read_title(char *title, struct mm_struct *mm) {
  unsigned long start = BPF_CORE_READ(mm, arg_start);
  __u64 bytes = BPF_CORE_READ(mm, arg_end) - start;
  if (bytes > TEXT_BYTES - 1) {
    bytes = TEXT_BYTES - 1;
  }
  if (bytes > 0 && bpf_probe_read_user(title, bytes, (void *)start) == 0) {
    return bytes;
  }
  /* the area may end in a page that was never touched; its first string is better than nothing */
  long read = bpf_probe_read_user_str(title, TEXT_BYTES, (void *)start);
  return read > 1 ? read - 1 : 0;
}

static __always_inline __u64 ticks(__u64 ns) { return ns / TICK_NS; }

static __always_inline struct postmaster *find_postmaster(struct task_struct *task) {
  struct task_struct *parent = BPF_CORE_READ(task, group_leader, real_parent);
  __u32 pid = BPF_CORE_READ(parent, tgid);
  struct postmaster *postmaster = bpf_map_lookup_elem(&postmasters, &pid);
  if (!postmaster) {
    parent = BPF_CORE_READ(task, group_leader);
    pid = BPF_CORE_READ(task, tgid);
    postmaster = bpf_map_lookup_elem(&postmasters, &pid);
  }
  if (!postmaster || ticks(BPF_CORE_READ(parent, group_leader, start_boottime)) != postmaster->start_ticks) {
    return 0;
  }
  return postmaster;
}

/* Reads the string that the pointer at this address of the victim points to. */
static __always_inline __u32 read_pointed_text(char *text, __u64 pointer_address) {
  void *from = NULL;
  if (!pointer_address || bpf_probe_read_user(&from, sizeof(from), (void *)pointer_address) != 0 || !from) {
    return 0;
  }
  long read = bpf_probe_read_user_str(text, TEXT_BYTES, from);
  return read > 1 ? read - 1 : 0;
}

/*
 * What a session runs or, while it is idle, ran last: the activity of its PgBackendStatus, which is believed only when the
 * entry names the victim's own pid. ServerGlobals.java has the same offsets, for Postgres 13 to 18.
 */
static __always_inline __u64 activity_address(struct task_struct *task, __u64 status_address) {
  void *status = NULL;
  int pid = 0;
  if (!status_address || bpf_probe_read_user(&status, sizeof(status), (void *)status_address) != 0 || !status ||
      bpf_probe_read_user(&pid, sizeof(pid), status + STATUS_PID) != 0 || pid != namespace_pid(task)) {
    return 0;
  }
  return (__u64)status + STATUS_ACTIVITY_TEXT;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(on_signal_deliver, int sig) {
  if (sig != SIGKILL) {
    return 0;
  }
  __u32 pid = bpf_get_current_pid_tgid() >> 32;
  __u64 *start = bpf_map_lookup_elem(&victims, &pid);
  if (!start) {
    return 0;
  }
  __u64 start_ns = *start;
  /* every thread of the victim comes here; the one that removes the mark reads */
  if (bpf_map_delete_elem(&victims, &pid) != 0) {
    return 0;
  }
  /* kills come before details: these may not take the last quarter of the ring */
  if (bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) > RING_BYTES / 4 * 3) {
    count(COUNTER_DETAILS_LOST);
    return 0;
  }
  struct detail_record *detail = bpf_ringbuf_reserve(&records, sizeof(*detail), 0);
  if (!detail) {
    count(COUNTER_DETAILS_LOST);
    return 0;
  }
  struct task_struct *task = (void *)bpf_get_current_task();
  struct mm_struct *mm = BPF_CORE_READ(task, mm);
  detail->type = RECORD_DETAIL;
  detail->pid = pid;
  detail->start_ns = start_ns;
  detail->boottime_ns = bpf_ktime_get_boot_ns();
  detail->title_bytes = 0;
  detail->query_bytes = 0;
  if (mm) {
    detail->title_bytes = read_title(detail->title, mm);
    struct postmaster *postmaster = find_postmaster(task);
    if (postmaster) {
      detail->query_bytes = read_pointed_text(detail->query, postmaster->query_address);
      if (!detail->query_bytes) {
        detail->query_bytes =
            read_pointed_text(detail->query, activity_address(task, postmaster->status_address));
      }
    }
  }
  bpf_ringbuf_submit(detail, 0);
  return 0;
}
