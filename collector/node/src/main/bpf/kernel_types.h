/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few kernel types and fields the programs touch; the loader moves each access to where the running kernel has it.
 * A name with ___suffix is another shape of the same kernel type, for kernels that have that one.
 */
#ifndef HEADROOM_KERNEL_TYPES_H
#define HEADROOM_KERNEL_TYPES_H

typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

enum bpf_map_type { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_LRU_HASH = 9, BPF_MAP_TYPE_RINGBUF = 27 };
enum { BPF_ANY = 0 };
enum { BPF_RB_AVAIL_DATA = 0 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
  long counter;
} atomic_long_t;

struct percpu_counter {
  __s64 count;
};

struct mm_struct {
  unsigned long total_vm;
  unsigned long arg_start, arg_end;
  atomic_long_t pgtables_bytes;
  struct percpu_counter rss_stat[4];
};

struct mm_rss_stat___old {
  atomic_long_t count[4];
};

struct mm_struct___old {
  struct mm_rss_stat___old rss_stat;
};

struct upid {
  int nr;
};

struct pid {
  unsigned int level;
  struct upid numbers[1];
};

struct signal_struct {
  struct pid *pids[4];
  short oom_score_adj;
};

typedef struct {
  unsigned int val;
} kuid_t;

struct cred {
  kuid_t uid;
};

struct kernfs_node {
  const char *name;
  __u64 id;
};

struct cgroup {
  struct kernfs_node *kn;
};

struct cgroup_subsys_state {
  struct cgroup *cgroup;
  struct cgroup_subsys_state *parent;
};

struct page_counter {
  atomic_long_t usage;
  unsigned long max;
};

struct mem_cgroup {
  struct cgroup_subsys_state css;
  struct page_counter memory;
  bool oom_group;
  bool oom_lock;
};

enum cgroup_subsys_id { memory_cgrp_id = 4 };

struct css_set {
  struct cgroup_subsys_state *subsys[16];
};

struct task_struct {
  unsigned int flags;
  int pid;
  int tgid;
  __u64 start_boottime;
  struct task_struct *group_leader;
  struct task_struct *real_parent;
  struct mm_struct *mm;
  struct signal_struct *signal;
  const struct cred *cred;
  struct css_set *cgroups;
  char comm[16];
};

#pragma clang attribute pop

#endif
