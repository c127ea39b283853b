// Rollouts: how far each policy is, what its gates say, when it goes on, who moved it and why.
import {h, s, link, panel, table, chip} from '../dom.js';
import {get} from '../api.js';
import {remember} from '../keep.js';
import {duration, labels, number, shortId, time, words} from '../format.js';
import {actions, place, sign, stop} from './decide.js';

const LOOK_MS = 10_000;
const SETTLED_MS = 4_000;

export async function rollouts(page) {
  page.title('Rollouts');
  const all = await get('/api/v1/rollouts', page.signal);
  follow(page);
  const ended = all.rollouts.filter(isEnded);
  const live = all.rollouts.filter(r => !isEnded(r));
  return [h('h1', null, 'Rollouts'), h('p', {class: 'sub'}, `How far each policy has been promoted. A policy is in force on ${number(all.instances_in_force)} of ${number(all.instances)} instances${all.stop === null ? '' : ' once the stop is lifted'}.`),
    stop(page, all), live.map(card),
    live.length === 0 && panel('No rollout goes on', null, h('p', {class: 'empty'}, 'A policy that passed a backtest is promoted with: backtest promote RUN --policy NAME --to shadow')),
    ended.length > 0 && h('details', {class: 'panel'}, h('summary', null, `${ended.length} that ${ended.length === 1 ? 'has' : 'have'} ended`), ended.map(r => h('p', null, link('/rollouts/' + r.rollout_id, r.name), ` · ${r.policy_id} · ${words(r.stage)} ${time(r.changed_at)}`)))].flat().filter(Boolean);
}

const isEnded = r => r.stage === 'rolled_back' || r.stage === 'retired';

function follow(page) {
  let seen = null;
  page.onChange(marks => {
    const mark = marks.rollout_events + '/' + marks.guard_stops;
    if (seen !== null && seen !== mark) page.refresh();
    seen = mark;
  });
}

const card = r => h('section', {class: 'panel'}, h('div', {class: 'head'}, h('h2', null, link('/rollouts/' + r.rollout_id, r.name)), state(r)),
  h('p', {class: 'note'}, `${r.policy_id} · ${labels(r.instance_labels) || 'all instances'} · here since ${time(r.changed_at)}`), ladder(r));

const state = r => h('span', null, isEnded(r) && chip('✕ ' + words(r.stage), 'bad'), r.paused && chip('‖ paused', 'warn'), !isEnded(r) && chip(r.automatic ? 'goes on by itself' : 'a person takes it on'));

/** A person may have taken a rollout to a percentage that is no step of its ladder: places are compared by this. */
const height = (stage, percent) => ({off: 0, shadow: 1, enforce: 101})[stage] ?? (percent ? 1 + percent : -1);

/** The places from off to enforce; with an outlook also how many instances each means, and when. Of one that has ended, how high it came. */
function ladder(r, outlook, history) {
  const over = isEnded(r);
  const at = over ? Math.max(...(history || []).map(e => height(e.to_stage, e.to_percent))) : height(r.stage, r.canary_percent);
  const places = r.ladder.map((p, i) => ({...p, known: outlook && !over && {...outlook.ladder[i], of: outlook.instances}}));
  const here = {stage: r.stage, canary_percent: r.canary_percent, known: outlook && !over && {in_force: outlook.in_force, of: outlook.instances}};
  if (over) places.push(here);
  else if (!places.some(p => height(p.stage, p.canary_percent) === at)) places.splice(places.findIndex(p => height(p.stage, p.canary_percent) > at), 0, here);
  const where = p => {
    const h = height(p.stage, p.canary_percent);
    return h < 0 ? 'over' : h === at && !over ? 'here' : h <= at ? 'done' : 'ahead';
  };
  return h('ol', {class: 'rungs', 'aria-label': 'Ladder'}, places.map(p => rung(p, where(p), p.known)));
}

const RUNG = {here: ['▶', 'here'], done: ['✓', 'passed'], ahead: ['○', 'ahead'], over: ['✕', 'here it ended']};

function rung(p, where, known) {
  const [mark, word] = RUNG[where];
  const share = known ? known.of && known.in_force / known.of : p.stage === 'enforce' ? .95 : p.stage === 'canary' ? .95 * p.canary_percent / 100 : 0;
  return h('li', {class: where, 'aria-current': where === 'here' || where === 'over' ? 'step' : null},
    h('b', null, h('span', {'aria-hidden': 'true'}, mark + ' '), place(p.stage, p.canary_percent)), h('span', {class: 'visually-hidden'}, ` ${word}, `),
    s('svg', {viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true'}, s('rect', {width: 100, height: 6, class: 'rung-all'}), share > 0 && s('rect', {width: Math.max(1.5, 100 * share), height: 6, class: 'rung-share'})),
    h('span', {class: 'note'}, p.stage === 'off' ? 'judged nowhere' : p.stage === 'shadow' ? 'refuses nothing' : known ? `in force on ${number(known.in_force)} of ${number(known.of)}` : where === 'over' ? 'in force nowhere' : share ? `${(100 * share).toFixed(share < .1 ? 1 : 0)}% of instances` : 'in force nowhere'),
    known?.earliest_at && Date.parse(known.earliest_at) > Date.now() && h('span', {class: 'note'}, 'not before ' + time(known.earliest_at).slice(5, 16)));
}

export async function rollout(page, id) {
  const path = '/api/v1/rollouts/' + encodeURIComponent(id);
  const [it, all, first] = await Promise.all([get(path, page.signal), get('/api/v1/rollouts', page.signal), get(path + '/outlook', page.signal)]);
  const r = it.rollout;
  page.title(r.name);
  follow(page);
  const now = h('div');
  const clock = countdown(page);
  const draw = outlook => {
    const restore = remember(now);
    now.replaceChildren(whereItIs(r, outlook, clock, all.stop, it.history), ...isEnded(r) ? [] : [gates(r, outlook), panel('What can be done', null, actions(page, r, outlook, all.stop !== null))]);
    restore();
    clock.until(outlook.soak_ends_at);
  };
  draw(first);
  const looking = setInterval(async () => {
    if (document.hidden) return;
    try {
      const outlook = await get(path + '/outlook', page.signal);
      if (outlook.revision === r.revision) draw(outlook);
      else page.refresh();
    } catch (e) { if (!page.signal.aborted) console.info('could not look again:', e.message); }
  }, LOOK_MS);
  page.signal.addEventListener('abort', () => clearInterval(looking));
  return [h('h1', null, r.name), h('p', {class: 'sub'}, `${r.policy_id} on ${labels(r.instance_labels) || 'all instances'} · revision ${r.revision} · `, state(r)),
    now, history(id, it), h('div', {class: 'grid'}, it.formula && panel('Formula of ' + r.policy_id, null, h('pre', null, it.formula)), settings(it.settings)), stop(page, all)].filter(Boolean);
}

function whereItIs(r, o, clock, stopped, history) {
  return panel('Where it is', null,
    stopped !== null && h('p', {class: 'refused'}, h('b', null, '■ Every guard is stopped: '), `nothing is in force anywhere. ${stopped}`),
    h('p', null, h('b', null, `${place(r.stage, r.canary_percent)}${r.paused ? ', paused' : ''}`), ` since ${time(r.changed_at)}${isEnded(r) ? '.' : `: ${stopped === null ? '' : 'without the stop '}in force on ${number(o.in_force)} of ${number(o.instances)} instances; ${number(o.held_out)} stay in shadow for ever.`}`),
    ladder(r, o, history), next(r, o, clock));
}

/** What happens next, in a sentence, and the clock if there is something to wait for. */
function next(r, o, clock) {
  if (isEnded(r)) return h('p', null, 'It has ended; a new promotion needs a new rollout.');
  if (!o.next) return h('p', null, 'It is at the top. The guardrails watch it, and take it back if it does harm.');
  const to = place(o.next.stage, o.next.canary_percent);
  const held = o.gates.filter(g => g.outcome !== 'open');
  const who = r.paused ? `It is paused: it goes to ${to} only after somebody resumes it.`
    : held.length ? `It goes to ${to} when ${held.length === 1 ? 'this gate opens' : `these ${held.length} gates open`}: ${held.map(g => g.gate).join(', ')}.`
      : r.automatic && r.stage !== 'off' ? `Every gate is open: it goes to ${to} by itself within seconds.` : `Every gate is open: it goes to ${to} when a person takes it on.`;
  return h('div', {class: 'next'}, h('p', null, h('b', null, 'Next: ' + to + '. '), who), o.soak_ends_at && clock.element);
}

/** Ticks to a moment every second; screen readers hear it at round times only. */
function countdown(page) {
  const text = h('span', {class: 'countdown', role: 'timer'});
  const until = h('span', {class: 'note'});
  const heard = h('span', {class: 'visually-hidden', 'aria-live': 'polite'});
  const element = h('p', null, text, ' ', until, heard);
  let end = null;
  let last = null;
  let over = false;
  const tick = () => {
    if (end === null) return;
    const left = Math.ceil((end - Date.now()) / 1000);
    text.textContent = left > 0 ? `${clockText(left)} until it has soaked` : 'It has soaked long enough.';
    const round = roundTime(left);
    if (last !== null && round !== last) heard.textContent = left > 0 ? `${spoken(left)} until it has soaked` : 'It has soaked long enough.';
    last = round;
    // The gates are asked again a little later, when their last answer no longer stands.
    if (left <= 0 && over === false) { over = true; setTimeout(() => { if (!page.signal.aborted) page.refresh(); }, SETTLED_MS); }
  };
  const ticking = setInterval(tick, 1000);
  page.signal.addEventListener('abort', () => clearInterval(ticking));
  return {element, until: moment => {
    end = moment === null ? null : Date.parse(moment);
    over ||= end !== null && end <= Date.now();
    until.textContent = end === null ? '' : `(${over ? 'since' : 'at'} ${time(moment)})`;
    tick();
  }};
}

const pad = n => String(n).padStart(2, '0');
const clockText = seconds => (seconds >= 86_400 ? Math.floor(seconds / 86_400) + ' d ' : '') + `${pad(Math.floor(seconds / 3600) % 24)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
const spoken = seconds => seconds >= 5400 ? `${Math.round(seconds / 3600)} hours` : seconds >= 90 ? `${Math.round(seconds / 60)} minutes` : `${seconds} seconds`;
/** Changes each hour, then every ten minutes, each minute, every 15 seconds, and at the end. */
const roundTime = left => left <= 0 ? 0 : Math.ceil(left / (left > 3600 ? 3600 : left > 600 ? 600 : left > 60 ? 60 : 15)) * (left > 3600 ? 3600 : left > 600 ? 600 : left > 60 ? 60 : 15);

/** What a gate looked at, against what it asks for. */
const AGAINST = {
  backtest: f => f.recording_age_hours === undefined ? [words(f.verdict), 'PASS'] : [`${words(f.verdict)}, ${f.recording_age_hours} h old`, `PASS, at most ${f.maximum_age_hours} h old`],
  parity: f => [f.parity, 'trusted, or nothing to compare'],
  data: f => [`${number(f.decisions ?? 0)} evaluations, ${number(f.silent_instances ?? 0)} silent`, f.minimum_decisions === undefined ? 'an instance' : `${number(f.minimum_decisions)} evaluations`],
  panics: f => [number(f.panics), '0'],
  soak: f => [duration(1000 * f.soaked_s), duration(1000 * f.needed_s)],
  signals: f => [number(f.lapsed_leases + f.collector_troubles), 'below ' + f.troubles_to_pause],
  'canary against control': f => f.p_value === undefined ? [`${f.canary_instances} and ${f.control_instances} instances`, '–'] : [`p = ${f.p_value}`, 'p ≥ 0.05'],
  'sample ratio': f => [`${f.under_canary} of ${f.instances_seen}, p = ${f.p_value}`, `share ${f.assignment_probability}`]};
const guardrail = f => f.observed === undefined ? ['–', '–'] : [`${f.observed}, expected ${f.expected}`, `below ${f.alarm_from_events}`];
const against = g => (AGAINST[g.gate] || guardrail)(g.figures);

const GATES = [{label: 'gate', get: g => g.gate, show: g => h('b', null, g.gate)}, {label: 'says', field: 'outcome', get: g => g.outcome, show: g => sign(g.outcome)},
  {label: 'because', field: 'reason', wide: true, get: g => g.reason}, {label: 'value', get: g => against(g)[0]}, {label: 'asked for', get: g => against(g)[1]},
  {label: 'figures', get: g => JSON.stringify(g.figures), show: g => h('details', null, h('summary', {'aria-label': 'Figures of ' + g.gate}, String(Object.keys(g.figures).length)), figures(g.figures))}];

const figures = map => h('dl', {class: 'facts'}, Object.entries(map).map(([name, value]) => [h('dt', null, words(name)), h('dd', null, typeof value === 'number' ? number(value) : String(value))]));

function gates(r, o) {
  const open = o.gates.filter(g => g.outcome === 'open').length;
  const title = o.next ? `Gates to ${place(o.next.stage, o.next.canary_percent)}` : 'Guardrails';
  return panel(title, o.gates.length > 0 && {name: 'gates-' + r.name, columns: GATES, rows: () => o.gates},
    o.gates.length === 0 ? h('p', {class: 'empty'}, 'No gate has a say here.') : [h('p', null, sign(o.outcome), `${open} of ${o.gates.length} open. `, h('span', {class: 'note'}, `Looked at ${time(o.evaluated_at)}; again every ${LOOK_MS / 1000} s.`)), table(title, GATES, o.gates)]);
}

function settings(given) {
  const rows = Object.entries(given).filter(([, value]) => value !== null);
  return panel('What its steps ask for', null, h('dl', {class: 'facts'}, rows.map(([name, value]) => [h('dt', null, words(name.replace(/_ms$/, ''))), h('dd', null, name.endsWith('_ms') ? duration(value) : Array.isArray(value) ? value.join(', ') : String(value))])));
}

function history(id, it) {
  const columns = [{label: 'when', field: 'occurred_at', get: e => e.occurred_at, show: e => time(e.occurred_at)}, {label: 'what', get: e => e.kind, show: e => what(e)},
    {label: 'from', get: e => place(e.from_stage, e.from_percent)}, {label: 'to', get: e => place(e.to_stage, e.to_percent)}, {label: 'who', field: 'actor', get: e => e.actor}, {label: 'answered for by', field: 'approver', get: e => e.approver}, {label: 'why', field: 'reason', wide: true, get: e => e.reason},
    {label: 'run', field: 'run_id', get: e => e.run_id, show: e => e.run_id && link('/backtests/' + e.run_id, shortId(e.run_id))}, {label: 'evidence', get: e => e.evidence, show: evidence}];
  return panel('History', {name: 'rollout-' + shortId(id), columns, rows: () => it.history}, table('History', columns, it.history, true));
}

const what = e => e.kind === 'transition' ? (e.from_stage === null ? 'made' : 'moved') : e.kind === 'pause' ? '‖ paused' : '▶ resumed';

function evidence(e) {
  const looked = JSON.parse(e.evidence).gates || [];
  return looked.length > 0 && h('details', null, h('summary', {'aria-label': `Gates at ${time(e.occurred_at)}`}, `${looked.length} gate${looked.length === 1 ? '' : 's'}`), table(`Gates at ${time(e.occurred_at)}`, GATES, looked));
}
