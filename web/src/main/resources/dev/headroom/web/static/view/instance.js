// One instance: the picture, and beside it what another formula would have done.
import {h, link, panel, chip, table, behind} from '../dom.js';
import {get, post} from '../api.js';
import {bytes, duration, labels, number, shortId, time, words} from '../format.js';
import {picture, MARKS} from './picture.js';

const TYPING_MS = 200;
const LIVE_MS = 1000;

export async function instance(page, id) {
  const range = new URLSearchParams({from: page.hasRange ? page.from : '1h', to: page.to});
  const wide = Math.max(100, Math.min(1000, Math.floor(window.innerWidth * .8)));
  const [about, timeline] = await Promise.all([
    get(`/api/v1/instances/${encodeURIComponent(id)}`, page.signal),
    get(`/api/v1/instances/${encodeURIComponent(id)}/timeline?${range}&buckets=${wide}`, page.signal)]);
  const name = labels(about.labels) || shortId(about.instance_id);
  page.title(name);
  const go = {
    onRange: ([from, to]) => page.set({from: new Date(from).toISOString(), to: new Date(Math.max(to, from + 100)).toISOString()}),
    onKill: incident => page.go('/incidents/' + incident)};
  const lines = [...live(timeline), ...timeline.limits.map(l => ({label: l.policy_id, atMs: l.at_ms, bytes: l.limit_min_bytes, upTo: l.limit_max_bytes}))];
  const place = h('div');
  let drawn = null;
  const draw = whatIf => {
    drawn?.close();
    drawn = picture(timeline, whatIf ? [...lines, whatIf] : lines, go);
    place.replaceChildren(drawn.element);
  };
  draw(null);
  page.signal.addEventListener('abort', () => drawn.close());
  page.onTheme(() => drawn.redraw());
  follow(page, timeline);
  const span = Date.parse(timeline.to) - Date.parse(timeline.from);
  const centre = (Date.parse(timeline.from) + Date.parse(timeline.to)) / 2;
  return [
    h('h1', null, name),
    h('p', {class: 'sub'}, `${about.node} · ${about.cgroup_path} · cgroup ${about.cgroup_version}${about.port ? ' · port ' + about.port : ''}${about.postgres_version ? ' · Postgres ' + about.postgres_version : ''}`),
    panel('Memory, limits and kills', {name: 'memory-' + shortId(id), get columns() { return drawn.columns; }, rows: () => drawn.rows()},
      h('div', {class: 'row'},
        h('button', {type: 'button', onclick: () => go.onRange([centre - span / 4, centre + span / 4])}, 'Zoom in'),
        h('button', {type: 'button', onclick: () => go.onRange([centre - span, centre + span])}, 'Zoom out'),
        h('button', {type: 'button', 'aria-label': 'Earlier', onclick: () => go.onRange([centre - span, centre])}, '◀'),
        h('button', {type: 'button', 'aria-label': 'Later', onclick: () => go.onRange([centre, centre + span])}, '▶'),
        h('span', {class: 'note'}, `${time(timeline.from)} to ${time(timeline.to)} · ${number(timeline.samples)} samples · buckets of ${duration(timeline.bucket_ms)}${timeline.source === 'SAMPLES' ? '' : ', each layer at its largest'}`)),
      timeline.at_ms.length === 0 && h('p', {class: 'empty'}, 'Nothing was sampled in this range. ', link(`/instances/${id}?from=30d`, 'Look at the last 30 days')),
      place,
      timeline.marks_left_out && h('p', {class: 'note'}, 'There are more marks than are drawn: choose a shorter range.')),
    whatIf(page, id, timeline, draw),
    events(timeline)];
}

/** A kill is shown at once. Samples come all the time from somewhere: for them a picture that ends now is drawn anew once for each of its buckets. */
function follow(page, timeline) {
  if (page.to !== 'now') return;
  const drawnAt = Date.now();
  let seen = null;
  let due = null;
  const refresh = () => {
    due = null;
    if (document.activeElement?.tagName !== 'TEXTAREA') page.refresh();
  };
  page.onChange(marks => {
    if (seen && (seen.kills !== marks.kills || seen.blocks !== marks.blocks)) refresh();
    else if (seen && seen.sampled_at !== marks.sampled_at) due ??= setTimeout(refresh, Math.max(0, drawnAt + Math.max(timeline.bucket_ms, LIVE_MS) - Date.now()));
    seen = marks;
  });
  page.signal.addEventListener('abort', () => clearTimeout(due));
}

/** The limit that was really in the guard: its lower and upper edge in each bucket. */
function live(timeline) {
  const values = timeline.columns.guard_limit_min_bytes;
  return values.some(v => v !== null) ? [{label: 'limit in the guard', live: true, atMs: timeline.at_ms, bytes: values, upTo: timeline.columns.guard_limit_max_bytes}] : [];
}

function events(timeline) {
  const columns = [
    {label: 'when', field: 'at', get: e => e.at, show: e => time(e.at, true)},
    {label: 'what', field: 'what', get: e => e.what, show: e => [MARKS[e.what] ? MARKS[e.what].sign + ' ' : '', words(e.what)]},
    {label: 'details', wide: true, field: 'details', get: e => e.details, show: e => e.incident ? link('/incidents/' + e.incident, e.details) : e.details}];
  const rows = [
    ...timeline.kills.map(k => ({at: k.killed_at, what: 'kill', incident: k.incident_id, details: `${k.kind}, ${bytes(k.anon_bytes)} anonymous`})),
    ...timeline.guard_events.map(e => ({at: e.occurred_at, what: e.kind, details: `pid ${e.pid}${e.policy_id ? ', policy ' + e.policy_id : ''}, asked for ${bytes(e.requested_bytes)} at ${bytes(e.allocated_bytes)} of ${bytes(e.limit_bytes)}`})),
    ...timeline.instance_events.map(e => ({at: e.occurred_at, what: e.kind, details: [e.outage_ms === null ? null : 'after ' + duration(e.outage_ms), e.detail].filter(Boolean).join(': ') || '–'}))
  ].sort((a, b) => a.at < b.at ? 1 : -1);
  return panel('What happened', {name: 'events', columns, rows: () => rows},
    rows.length ? table('What happened, latest first', columns, rows, true) : h('p', {class: 'empty'}, 'No kill, no event.'));
}

function whatIf(page, id, timeline, draw) {
  const url = `/api/v1/instances/${encodeURIComponent(id)}/what-if`;
  const range = {from: timeline.from, to: timeline.to};
  const asker = Array.from(crypto.getRandomValues(new Uint32Array(4)), n => n.toString(36)).join('-');
  const input = h('textarea', {id: 'formula', spellcheck: 'false', value: page.query.get('formula') || '', 'aria-describedby': 'formula-note', placeholder: 'memory_max - (shmem + page_tables + 100MiB)'});
  const result = h('div', {'aria-live': 'polite'});
  const status = h('p', {class: 'note', role: 'status'});
  let timer = null;
  let loading = null;
  let current = null;
  const refuse = e => result.replaceChildren(h('p', {class: 'chip bad'}, e.message), h('p', {class: 'note'}, e.nextStep || ''));

  /** Has the samples read as soon as somebody seems about to type, so that the first letter does not wait for them. */
  function load() {
    loading ??= (async () => {
      status.textContent = `Reading ${number(timeline.samples)} samples…`;
      try {
        const known = await post(url + '/load', range, page.signal);
        status.textContent = `${number(known.samples)} samples at hand.`;
      } catch (e) {
        loading = null;
        status.textContent = '';
        if (!page.signal.aborted) refuse(e);
      }
    })();
  }

  async function ask() {
    const formula = input.value.trim();
    current?.abort();
    const mine = current = new AbortController();
    page.keep({formula: formula || null});
    if (!formula) { result.replaceChildren(); draw(null); return; }
    const begin = performance.now();
    try {
      const answer = await post(url, {...range, formula, asker}, AbortSignal.any([page.signal, mine.signal]));
      if (mine !== current) return;
      result.replaceChildren(...[verdict(answer)].flat().filter(Boolean));
      if (!answer.problem) status.textContent = `${number(answer.samples)} samples replayed, answered in ${Math.round(performance.now() - begin)} ms.`;
      draw(answer.problem ? null : {label: 'what if', whatIf: true, atMs: answer.at_ms, bytes: answer.limit_bytes});
    } catch (e) {
      if (mine === current && !mine.signal.aborted && !page.signal.aborted) refuse(e);
    }
  }
  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(ask, TYPING_MS); });
  input.addEventListener('focus', load);
  if (input.value) setTimeout(ask, 0);
  const box = panel('What if: another formula over this range', null,
    h('label', {for: 'formula', class: 'visually-hidden'}, 'Formula'), input,
    h('p', {class: 'note', id: 'formula-note'}, 'It is replayed as you type; nothing is changed. Try ',
      ...['talk', 'neon', 'static-75'].flatMap(name => [h('button', {type: 'button', onclick: async () => { input.value = name; input.dispatchEvent(new Event('input')); }}, name), ' '])),
    status, result);
  box.addEventListener('pointerenter', load);
  return box;
}

function verdict(answer) {
  if (answer.problem) return h('pre', {role: 'alert', class: 'problem'}, answer.problem.text);
  const k = answer.kills, b = answer.blocks;
  const columns = [{label: 'kill', field: 'kill_id', get: v => v.kill_id, show: v => link('/incidents/' + v.kill_id, shortId(v.kill_id))}, {label: 'verdict', get: v => v.verdict, show: v => words(v.verdict)},
    {label: 'limit', field: 'limit_bytes', number: true, get: v => v.limit_bytes, show: v => bytes(v.limit_bytes)}, {label: 'relief', field: 'relief_bytes', number: true, get: v => v.relief_bytes, show: v => bytes(v.relief_bytes)}, {label: 'lead', field: 'lead_ms', number: true, get: v => v.lead_ms, show: v => duration(v.lead_ms)}];
  return [h('p', null, chip(`${k.prevented} of ${k.preventable} kills prevented`, k.preventable && k.prevented === k.preventable ? 'ok' : ''), chip(`${k.missed} missed`, k.missed ? 'bad' : ''),
    chip(`${b.false_blocks} false blocks`, b.false_blocks ? 'warn' : 'ok'), chip(`${b.justified} justified`), answer.slack_gib_hours !== null && chip(`slack ${answer.slack_gib_hours.toPrecision(3)} GiB·h`),
    answer.over_promise_gib_hours !== null && chip(`over-promise ${answer.over_promise_gib_hours.toPrecision(3)} GiB·h`), answer.no_decisions > 0 && chip(`${answer.no_decisions} times no decision`, 'warn')),
    answer.warnings.length > 0 && h('pre', null, answer.warnings.join('\n')), answer.verdicts.length > 0 && behind('Verdict on each kill', columns, () => answer.verdicts)];
}
