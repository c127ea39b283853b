// The fleet: which instances die, of what, and what the guard did about it.
import {h, s, link, panel, table, behind, chip} from '../dom.js';
import {get} from '../api.js';
import {bytes, duration, labels, number, shortId, time, words} from '../format.js';

const KINDS = [['client_backends', 'query backends', 'bar1'], ['parallel_workers', 'parallel workers', 'bar2'], ['others', 'others', 'bar3']];
const LATE_MS = 60_000;
const DAY_MS = 86_400_000;

export async function fleet(page) {
  page.title('Fleet');
  const range = new URLSearchParams({from: page.from, to: page.to});
  const search = page.query.get('search') || '';
  const list = new URLSearchParams([...range, ['limit', '100'], ...(search ? [['search', search]] : [])]);
  const [answer, instances] = await Promise.all([
    get('/api/v1/fleet?' + range, page.signal), get('/api/v1/instances?' + list, page.signal)]);
  const all = answer.fleet;
  let seen = null;
  page.onChange(marks => {
    const mark = [marks.kills, marks.blocks, marks.rollout_events, marks.guard_stops].join();
    if (seen !== null && seen !== mark) page.refresh();
    seen = mark;
  });
  return [
    h('h1', null, 'Fleet'),
    h('p', {class: 'sub'}, `${time(answer.range.from)} to ${time(answer.range.to)}`),
    h('ul', {class: 'tiles'},
      tile(all.kills, 'OOM kills', all.kills > 0), tile(all.incidents, 'incidents'),
      tile(duration(all.outage_ms), 'of outage', all.outage_ms > 0), tile(all.blocks, 'blocks: clean errors'),
      tile(all.would_blocks, 'would-blocks in shadow'), tile(all.lost_sessions, 'sessions lost to the guard', all.lost_sessions > 0),
      tile(all.instances, 'instances')),
    kills(all, answer.range), worst(instances, page, search), refusals(range, page),
    h('div', {class: 'grid'}, collectors(all, answer.range), parity(all))];
}

const tile = (value, text, bad) => h('li', {class: bad ? 'tile bad' : 'tile'},
  h('b', null, typeof value === 'number' ? number(value) : value), h('span', null, text));

function kills(all, range) {
  const buckets = everyBucket(all.kills_over_time, range, all.bucket_ms);
  const every = span(all.bucket_ms);
  const columns = [{label: all.bucket_ms === DAY_MS ? 'day (UTC)' : 'from', field: 'starts_at', get: b => b.starts_at, show: b => all.bucket_ms === DAY_MS ? b.starts_at.slice(0, 10) : time(b.starts_at)},
    ...KINDS.map(([field, label]) => ({label, field, number: true, get: b => b[field]}))];
  const total = field => buckets.reduce((sum, bucket) => sum + bucket[field], 0);
  const sum = KINDS.reduce((n, [field]) => n + total(field), 0);
  return panel(`Kills per ${every} by what was killed`, {name: 'kills', columns, rows: () => buckets},
    sum === 0 && all.rollout_steps.length === 0 ? h('p', {class: 'empty'}, 'Nothing was killed in this range.') : bars(buckets, all.bucket_ms, every, all.rollout_steps),
    h('ul', {class: 'legend'}, KINDS.map(([field, label, style], i) => h('li', null, swatch(style, i),
      `${label}: `, h('b', null, `${number(total(field))}${sum ? ` (${Math.round(100 * total(field) / sum)}%)` : ''}`))),
      all.rollout_steps.length > 0 && h('li', null, s('svg', {width: 14, height: 14, 'aria-hidden': true}, s('line', {x1: 7, x2: 7, y1: 0, y2: 14, class: 'step'})), 'step of a rollout')),
    all.rollout_steps.length > 0 && h('details', null, h('summary', null, `${all.rollout_steps.length} steps of rollouts`),
      table('Steps of rollouts', [{label: 'when', get: e => time(e.occurred_at)}, {label: 'rollout', get: e => e.rollout_name, show: e => link('/rollouts/' + e.rollout_id, e.rollout_name)},
        {label: 'step', get: stepText}], all.rollout_steps)),
    behind(`Kills per ${every}`, columns, () => buckets));
}

const stepText = e => (e.kind === 'transition' ? '' : e.kind + ' in ') + words(e.stage) + (e.percent ? ` ${e.percent}%` : '');

// Patterns besides colours: full, striped, dotted.
function patterns() {
  return s('defs', null,
    s('pattern', {id: 'p1', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)'}, s('rect', {width: 6, height: 6, class: 'bar2'}), s('rect', {width: 2, height: 6, fill: 'var(--card)', opacity: .55})),
    s('pattern', {id: 'p2', width: 6, height: 6, patternUnits: 'userSpaceOnUse'}, s('rect', {width: 6, height: 6, class: 'bar3'}), s('circle', {cx: 3, cy: 3, r: 1.2, fill: 'var(--card)', opacity: .7})));
}

const paint = (style, i) => i === 0 ? {class: style} : {fill: `url(#p${i})`};
const swatch = (style, i) => s('svg', {width: 14, height: 14, 'aria-hidden': true}, s('rect', {width: 14, height: 14, rx: 3, ...paint(style, i)}));

function everyBucket(known, range, bucketMs) {
  const byStart = new Map(known.map(bucket => [Date.parse(bucket.starts_at), bucket]));
  const buckets = [];
  for (let at = Math.floor(Date.parse(range.from) / bucketMs) * bucketMs; at < Date.parse(range.to) && buckets.length < 400; at += bucketMs) {
    buckets.push(byStart.get(at) || {starts_at: new Date(at).toISOString(), client_backends: 0, parallel_workers: 0, others: 0});
  }
  return buckets;
}

const span = ms => ms === DAY_MS ? 'day' : ms < 60_000 ? ms / 1000 + ' s' : ms < 3_600_000 ? ms / 60_000 + ' min' : ms / 3_600_000 + ' h';
const edge = (at, bucketMs) => bucketMs === DAY_MS ? at.slice(5, 10) : time(at).slice(11, bucketMs < 60_000 ? 19 : 16);

function bars(buckets, bucketMs, every, steps) {
  const width = 1000, height = 220, left = 36, bottom = 24, top = 22;
  const most = Math.max(1, ...buckets.map(b => KINDS.reduce((n, [f]) => n + b[f], 0)));
  const wide = (width - left) / buckets.length;
  const bar = Math.max(1, Math.min(wide * .72, 90));
  const y = n => height - bottom - (height - bottom - top) * n / most;
  const ticks = [...new Set([0, Math.ceil(most / 2), most])];
  const labelEvery = Math.ceil(buckets.length / 10);
  // A word beside its line where there is room between the words before and the edge.
  let end = 0;
  const word = (x, text) => {
    const long = text.length * 7.5;
    const start = x + 3 + long > width ? x - 3 - long : x + 3;
    return start > end && ((end = start + long + 8), s('text', {x: start, y: top - 8, class: 'step-text'}, text));
  };
  const drawn = s('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Kills per ${every}: ${buckets.length} bars, at most ${most} kills in one. The table below has every number.`},
    patterns(),
    ticks.map(n => [s('line', {x1: left, x2: width, y1: y(n), y2: y(n), class: 'svg-line'}), s('text', {x: left - 6, y: y(n) + 4, 'text-anchor': 'end', class: 'svg-text'}, String(n))]),
    buckets.map((bucket, i) => {
      let below = 0;
      return s('g', null, s('title', null, `${edge(bucket.starts_at, bucketMs)}: ${KINDS.map(([f, label]) => `${bucket[f]} ${label}`).join(', ')}`),
        KINDS.map(([field, , style], k) => {
          const from = below;
          below += bucket[field];
          return bucket[field] > 0 && s('rect', {x: left + (i + .5) * wide - bar / 2, width: bar, y: y(below), height: y(from) - y(below), ...paint(style, k)});
        }),
        i % labelEvery === 0 && (i === 0 || left + (i + .5) * wide < width - 30) && s('text', {x: left + (i + .5) * wide, y: height - 7, 'text-anchor': 'middle', class: 'svg-text'}, edge(bucket.starts_at, bucketMs)));
    }),
    steps.slice(0, 40).toReversed().map(step => {
      const x = left + (Date.parse(step.occurred_at) - Date.parse(buckets[0].starts_at)) / bucketMs * wide;
      return s('g', null, s('title', null, `${time(step.occurred_at)} ${step.rollout_name}: ${stepText(step)}`),
        s('line', {x1: x, x2: x, y1: top - 6, y2: height - bottom, class: 'step'}),
        word(x, `${step.rollout_name} ${stepText(step)}`));
    }));
  return h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Kills per ${every}`}, drawn);
}

function worst(answer, page, search) {
  const columns = [
    {label: 'instance', field: 'instance_id', get: i => i.instance_id, show: i => link(`/instances/${i.instance_id}?${range(page, i)}`, name(i))},
    {label: 'node', field: 'node', get: i => i.node},
    {label: 'kills', field: 'kills', number: true, get: i => i.kills, show: i => i.kills > 0 ? chip('▼ ' + i.kills, 'bad') : '0'},
    {label: 'outage', field: 'outage_ms', number: true, get: i => i.outage_ms, show: i => i.outage_ms ? duration(i.outage_ms) : '–'},
    {label: 'blocks', field: 'blocks', number: true, get: i => i.blocks},
    {label: 'would-blocks', field: 'would_blocks', number: true, get: i => i.would_blocks},
    {label: 'memory', field: 'memory_current_bytes', number: true, get: i => i.memory_current_bytes, show: i => bytes(i.memory_current_bytes)},
    {label: 'of', field: 'memory_max_bytes', number: true, get: i => i.memory_max_bytes, show: i => bytes(i.memory_max_bytes)},
    {label: 'last sample', field: 'sampled_at', get: i => i.sampled_at, show: i => time(i.sampled_at)}];
  const input = h('input', {id: 'search', type: 'search', class: 'grow', value: search, placeholder: 'node, label, id or path'});
  return panel('Instances, those with the most kills first', {name: 'instances', columns, rows: () => answer.instances},
    h('form', {class: 'row', role: 'search', onsubmit: e => { e.preventDefault(); page.set({search: input.value.trim() || null}); }},
      h('label', {for: 'search', class: 'visually-hidden'}, 'Search instances'), input, h('button', null, 'Search')),
    answer.instances.length === 0
      ? h('p', {class: 'empty'}, search ? 'No instance fits.' : 'No collector has reported an instance yet: run headroom collect, or headroom demo.')
      : table('Instances', columns, answer.instances, true),
    h('p', {class: 'note'}, `${number(answer.instances.length)} of ${number(answer.found)}`));
}

const name = i => labels(i.labels) || (i.port ? 'port ' + i.port : shortId(i.instance_id));

// A link from a week to one instance lands where something happened.
function range(page, i) {
  if (!i.killed_at) return new URLSearchParams({from: page.from, to: page.to});
  const at = Date.parse(i.killed_at);
  return new URLSearchParams({from: new Date(at - 120_000).toISOString(), to: new Date(at + 60_000).toISOString()});
}

// Asked for when the page stands: nobody should wait for it.
function refusals(range, page) {
  let policies = [];
  const columns = [
    {label: 'policy', field: 'policy_id', get: p => p.policy_id, show: p => p.policy_id ?? 'a limit without a policy'},
    {label: 'blocks', field: 'blocks', number: true, get: p => p.blocks},
    {label: 'would-blocks', field: 'would_blocks', number: true, get: p => p.would_blocks},
    {label: 'justified: ran until a kill', field: 'justified', number: true, get: p => p.justified},
    {label: 'false: ended well', field: 'false_blocks', number: true, get: p => p.false_blocks,
      show: p => p.false_blocks > 0 ? chip('✕ ' + number(p.false_blocks), 'warn') : '0'},
    {label: 'undecided', field: 'undecided', number: true, get: p => p.undecided}];
  const place = h('div', {'aria-live': 'polite'}, h('p', {class: 'note'}, 'Looking at what became of refused statements…'));
  get('/api/v1/refusals?' + range, page.signal).then(answer => {
    policies = answer.policies;
    const known = policies.reduce((n, p) => n + p.justified + p.false_blocks + p.undecided, 0);
    const all = policies.reduce((n, p) => n + p.would_blocks, 0);
    place.replaceChildren(
      policies.length === 0 ? h('p', {class: 'empty'}, 'No guard refused a statement in this range, or would have.') : table('Blocks and false blocks', columns, policies),
      h('p', {class: 'note'}, 'A would-block is false when its statement ended and nothing was killed. Of a block nobody can know: its statement ended with it.'
        + (known < all ? ` Judged: the newest ${number(known)} of ${number(all)} would-blocks.` : '')));
  }, e => page.signal.aborted || place.replaceChildren(h('p', {class: 'empty'}, e.message)));
  return panel('Blocks and false blocks', {name: 'refusals', columns, rows: () => policies}, place);
}

function collectors(all, range) {
  const now = Math.min(Date.now(), Date.parse(range.to));
  const late = c => !c.sampled_at || now - Date.parse(c.sampled_at) > LATE_MS;
  const columns = [
    {label: 'node', field: 'node', get: c => c.node}, {label: 'last sample', field: 'sampled_at', get: c => c.sampled_at, show: c => [time(c.sampled_at), ' ', chip(late(c) ? 'late' : 'on time', late(c) ? 'warn' : 'ok')]},
    {label: 'gaps', field: 'gaps', number: true, get: c => c.gaps}, {label: 'drops', field: 'drops', number: true, get: c => c.drops},
    {label: 'miscounted kills', field: 'mismatches', number: true, get: c => c.mismatches}, {label: 'capture', field: 'capture_source', get: c => c.capture_source}];
  return panel('Collectors', {name: 'collectors', columns, rows: () => all.collectors},
    all.collectors.length === 0 ? h('p', {class: 'empty'}, 'No collector has reported its node yet.') : table('Collectors', columns, all.collectors, true));
}

function parity(all) {
  const latest = all.latest_parity;
  if (!latest) {
    return panel('Parity of replay and guard', null, h('p', {class: 'empty'}, 'No backtest of a recording with a guard is kept yet: nothing says whether the replay foretells the guard.'));
  }
  const p = JSON.parse(latest.parity_json);
  // Runs that were kept before it was counted by instance have no list.
  const drifting = (p.instances || []).filter(i => i.agreed < p.threshold * Math.max(i.predicted, i.logged))
    .toSorted((a, b) => share(a) - share(b));
  const columns = [
    {label: 'instance', field: 'instance_id', get: i => i.instance_id, show: i => link('/instances/' + i.instance_id, shortId(i.instance_id))},
    {label: 'foretold', field: 'predicted', number: true, get: i => i.predicted}, {label: 'logged', field: 'logged', number: true, get: i => i.logged},
    {label: 'the same', field: 'agreed', number: true, get: i => i.agreed}];
  return panel('Parity of replay and guard', {name: 'parity', columns, rows: () => p.instances || []},
    h('p', null, chip(p.is_below_threshold ? 'below its threshold' : 'holds', p.is_below_threshold ? 'bad' : 'ok'),
      ` foretold ${p.predicted}, logged ${p.logged}, the same ${p.agreed} (threshold ${p.threshold})`),
    p.instances && h('p', {class: 'note'}, `${number(drifting.length)} of ${number(p.instances.length)} instances drift: less is the same than the threshold asks`),
    drifting.length > 0 && table('Instances that drift from parity', columns, drifting, true),
    h('p', {class: 'note'}, link('/backtests/' + latest.run_id, `run ${shortId(latest.run_id)}`), `, ${time(latest.started_at)}${latest.recording_name ? ', ' + latest.recording_name : ''}`));
}

const share = i => i.agreed / Math.max(i.predicted, i.logged);
