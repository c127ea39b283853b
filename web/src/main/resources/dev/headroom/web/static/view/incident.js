// One decision of the OOM killer: who, with what, and what each policy would have done.
import {h, link, panel, table, chip} from '../dom.js';
import {get} from '../api.js';
import {bytes, duration, number, shortId, time, words} from '../format.js';

const GOOD = {prevented: 'ok', missed: 'bad'};
const PARTS = ['memory_max_bytes', 'memory_current_bytes', 'anon_bytes', 'shmem_bytes', 'file_bytes', 'page_tables_bytes', 'kernel_bytes', 'slab_unreclaimable_bytes', 'guard_allocated_bytes', 'guard_allocated_peak_bytes', 'guard_limit_bytes', 'shared_buffers_bytes'];

export async function incident(page, id) {
  const it = await get('/api/v1/incidents/' + encodeURIComponent(id), page.signal);
  const first = it.kills[0];
  page.title('Incident ' + shortId(it.incident_id));
  const at = Date.parse(first.killed_at);
  const around = new URLSearchParams({from: new Date(at - 60_000).toISOString(), to: new Date(at + 30_000).toISOString()});
  return [
    h('h1', null, `▼ ${it.kills.length === 1 ? first.victim.kind + ' killed' : it.kills.length + ' processes killed'}`),
    h('p', {class: 'sub'}, `${time(first.killed_at, true)} on ${it.node}`, it.instance_id && [' · ', link(`/instances/${it.instance_id}?${around}`, 'look at the minute around it')]),
    h('div', {class: 'grid'}, ...it.kills.slice(0, 4).map(victim), memory(it)),
    verdicts(it), processes(it), life(it)];
}

const facts = pairs => h('dl', {class: 'facts'}, pairs.filter(([, value]) => value !== null && value !== undefined && value !== '–').map(([name, value]) => [h('dt', null, name), h('dd', null, value)]));

function victim(kill) {
  const v = kill.victim;
  return panel(`Victim: pid ${v.pid}`, null,
    facts([['process', v.title || v.comm], ['kind', v.kind], ['database', v.database], ['user', v.user], ['anonymous', bytes(kill.anon_bytes)], ['shared', bytes(kill.shmem_bytes)], ['page tables', bytes(kill.page_tables_bytes)],
      ["the guard's account", bytes(kill.guard_victim_bytes)], ['limit hit', `${bytes(kill.memory_max_bytes)} of ${kill.limit_cgroup_path || 'its cgroup'}`], ['usage', bytes(kill.memory_usage_bytes)], ['oom_score_adj', kill.oom_score_adj],
      ['woken by', kill.invoker && `${kill.invoker.kind}, pid ${kill.invoker.pid}`], ['captured by', kill.capture_source], ['whole cgroup killed', kill.group_kill === null ? null : kill.group_kill ? 'yes' : 'no'], ["kernel's count agrees", kill.counter_agrees === null ? null : kill.counter_agrees ? 'yes' : 'no'], ['query id', v.query_id]]),
    v.query_text ? [h('h3', null, 'Statement'), h('pre', null, v.query_text)] : v.query_text_is_hidden && h('p', {class: 'note'}, 'The statement is kept, and hidden from viewers: it needs a token of scope operator.'),
    kill.victim_memory_contexts.length > 0 && [h('h3', null, 'Largest memory contexts'), table('Memory contexts', [{label: 'context', get: c => c.name}, {label: 'size', number: true, get: c => bytes(c.bytes)}], kill.victim_memory_contexts.slice(0, 10))]);
}

function memory(it) {
  const rows = PARTS.filter(p => it.memory[p] !== undefined).map(p => ({name: p.replace(/_bytes$/, ''), value: it.memory[p]}));
  const columns = [{label: 'part', get: r => r.name, show: r => words(r.name)}, {label: 'size', field: 'bytes', number: true, get: r => r.value, show: r => bytes(r.value)}];
  return panel('Memory at the last sample', {name: 'memory', columns, rows: () => rows},
    it.sampled_at ? h('p', {class: 'note'}, `${time(it.sampled_at, true)}, ${duration(Date.parse(it.kills[0].killed_at) - Date.parse(it.sampled_at))} before`) : h('p', {class: 'empty'}, 'No sample in the ten minutes before.'),
    rows.length > 0 && table('Memory by part', columns, rows));
}

function verdicts(it) {
  const columns = [{label: 'policy', get: v => v.policy}, {label: 'verdict', get: v => v.verdict, show: v => chip(words(v.verdict), GOOD[v.verdict])}, {label: 'at worst', field: 'pessimistic_verdict', get: v => v.pessimistic_verdict, show: v => words(v.pessimistic_verdict)},
    {label: 'limit then', field: 'limit_bytes', number: true, get: v => v.limit_bytes, show: v => bytes(v.limit_bytes)}, {label: 'would have freed', field: 'relief_bytes', number: true, get: v => v.relief_bytes, show: v => bytes(v.relief_bytes)},
    {label: 'earlier by', field: 'lead_ms', number: true, get: v => v.lead_ms, show: v => duration(v.lead_ms)}, {label: 'why', wide: true, get: why}, {label: 'run', field: 'run_id', get: v => v.run_id, show: v => link('/backtests/' + v.run_id, shortId(v.run_id))}];
  return panel('What each policy would have done', {name: 'verdicts', columns, rows: () => it.verdicts},
    it.verdicts.length ? table('Verdicts', columns, it.verdicts) : h('p', {class: 'empty'}, 'No backtest has judged this kill yet. ', link('/backtests', 'Run one')));
}

function why(v) {
  switch (v.verdict) {
    case 'prevented': return 'what it refused in time was more than the margin';
    case 'missed': return v.limit_bytes === null ? 'it had no limit yet' : v.relief_bytes > 0 ? 'what it refused was too little' : 'it refused nothing before the kill: its limit was not reached';
    case 'unpreventable': return 'queries held too little for any limit to help';
    case 'undecided_gap': return 'there was no sample close enough before the kill';
    case 'undecided_censored': return 'the live guard had already denied under a lower limit';
    case 'undecided_thin': return 'it freed something, but less than the margin';
    default: return 'it followed from another kill';
  }
}

function processes(it) {
  const columns = [{label: 'pid', number: true, get: p => p.pid}, {label: 'kind', get: p => p.kind, show: p => [p.kind, ' ', it.kills.some(k => k.victim.pid === p.pid) && chip('▼ killed', 'bad')]}, {label: 'blockable', get: p => p.blockable ? 'yes' : 'no'}, {label: 'database', get: p => p.database}, {label: 'user', get: p => p.user},
    {label: 'anonymous', field: 'resident_anon_bytes', number: true, get: p => p.resident_anon_bytes, show: p => bytes(p.resident_anon_bytes)}, {label: "guard's account", field: 'guard_allocated_bytes', number: true, get: p => p.guard_allocated_bytes, show: p => bytes(p.guard_allocated_bytes)},
    {label: 'its peak', field: 'guard_allocated_peak_bytes', number: true, get: p => p.guard_allocated_peak_bytes, show: p => bytes(p.guard_allocated_peak_bytes)}, {label: 'page tables', field: 'page_tables_bytes', number: true, get: p => p.page_tables_bytes, show: p => bytes(p.page_tables_bytes)}];
  return panel('Processes at the last sample', {name: 'processes', columns, rows: () => it.processes}, it.processes.length ? table('Processes', columns, it.processes, true) : h('p', {class: 'empty'}, 'None was sampled.'), h('p', {class: 'note'}, `${number(it.processes.length)} processes`));
}

function life(it) {
  const columns = [{label: 'when', get: e => e.occurred_at, show: e => time(e.occurred_at, true)}, {label: 'what', get: e => e.kind}, {label: 'outage', field: 'outage_ms', number: true, get: e => e.outage_ms, show: e => duration(e.outage_ms)}, {label: 'log', wide: true, get: e => e.detail}];
  return panel('The instance two minutes before and after', {name: 'instance-events', columns, rows: () => it.instance_events}, it.instance_events.length ? table('Events of the instance', columns, it.instance_events) : h('p', {class: 'empty'}, 'Nothing was logged.'));
}
