/* SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0) */
/* The maps of every variant. All are pinned, so that what was recorded outlives the collector. */
#ifndef HEADROOM_OOM_MAPS_H
#define HEADROOM_OOM_MAPS_H

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, RING_BYTES);
} records SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, COUNTERS);
  __type(key, __u32);
  __type(value, __u64);
} counters SEC(".maps");

/* invoker (pid and tgid) -> the pid the kernel last sent SIGKILL to in its name */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, __u32);
} killed SEC(".maps");

static __always_inline void count(__u32 which) {
  __u64 *counter = bpf_map_lookup_elem(&counters, &which);
  if (counter) {
    __sync_fetch_and_add(counter, 1);
  }
}

#endif
