// SPDX-License-Identifier: GPL-2.0
/*
 * OOM kills from the plain tracepoints, for kernels without typed ones: only what their fields hold, and those differ
 * between kernels, so their places come from the collector, which reads them from tracefs.
 */
#include "kernel_types.h"

#include <bpf/bpf_helpers.h>

#include "oom_record.h"
#include "oom_maps.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { SIGKILL = 9, SI_KERNEL = 0x80 };

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, FIELDS);
  __type(key, __u32);
  __type(value, __u64);
} fields SEC(".maps");

/* Where the field is in its tracepoint's record; 0 when the kernel has no such field. */
static __always_inline __u32 place(__u32 which) {
  __u64 *offset = bpf_map_lookup_elem(&fields, &which);
  return offset ? *offset & 0xfff : 0;
}

static __always_inline __u64 field(void *record, __u32 which, __u32 bytes) {
  __u64 value = 0;
  __u32 at = place(which);
  if (at) {
    bpf_probe_read_kernel(&value, bytes, record + at);
  }
  return value;
}

SEC("tp")
int on_signal_generate(void *record) {
  if (field(record, FIELD_SIGNAL, sizeof(__u32)) != SIGKILL || field(record, FIELD_CODE, sizeof(__u32)) != SI_KERNEL) {
    return 0;
  }
  __u64 invoker = bpf_get_current_pid_tgid();
  __u32 pid = field(record, FIELD_SIGNAL_PID, sizeof(__u32));
  bpf_map_update_elem(&killed, &invoker, &pid, BPF_ANY);
  return 0;
}

SEC("tp")
int on_mark_victim(void *record) {
  __u64 stamp = bpf_ktime_get_boot_ns();
  __u64 invoker = bpf_get_current_pid_tgid();
  __u32 pid = field(record, FIELD_PID, sizeof(__u32));
  __u32 *sent = bpf_map_lookup_elem(&killed, &invoker);
  bool phantom = !sent || *sent != pid;
  bpf_map_delete_elem(&killed, &invoker);

  struct kill_record *kill = bpf_ringbuf_reserve(&records, sizeof(*kill), 0);
  if (!kill) {
    count(COUNTER_KILLS_LOST);
    return 0;
  }
  kill->type = RECORD_KILL;
  kill->known = KNOWN_PHANTOM | (phantom ? IS_PHANTOM : 0);
  kill->boottime_ns = stamp;
  kill->pid = pid;
  kill->invoker_pid = invoker >> 32;
  bpf_get_current_comm(kill->invoker_comm, sizeof(kill->invoker_comm));
  kill->first_pid = 0;
  kill->level_count = 0;
  kill->path_bytes = 0;
  if (place(FIELD_COMM)) {
    /* the low half of the field is where the text is */
    __u32 text = field(record, FIELD_COMM, sizeof(__u32)) & 0xffff;
    if (bpf_probe_read_kernel_str(kill->comm, sizeof(kill->comm), record + text) > 0) {
      kill->known |= KNOWN_COMM;
    }
  }
  if (place(FIELD_TOTAL_VM)) {
    kill->known |= KNOWN_MEMORY;
    /* the tracepoint counts in KiB */
    __u32 page_kib = place(PAGE_KIB);
    if (!page_kib) {
      page_kib = 4;
    }
    kill->total_vm_pages = field(record, FIELD_TOTAL_VM, sizeof(__u64)) / page_kib;
    kill->anon_pages = field(record, FIELD_ANON, sizeof(__u64)) / page_kib;
    kill->file_pages = field(record, FIELD_FILE, sizeof(__u64)) / page_kib;
    kill->shmem_pages = field(record, FIELD_SHMEM, sizeof(__u64)) / page_kib;
    kill->page_table_bytes = field(record, FIELD_PAGE_TABLES, sizeof(__u64)) * 1024;
    kill->uid = field(record, FIELD_UID, sizeof(__u32));
    kill->oom_score_adj = (__s16)field(record, FIELD_SCORE_ADJ, sizeof(__u16));
  }
  bpf_ringbuf_submit(kill, 0);
  return 0;
}
