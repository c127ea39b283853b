// Rollouts: how far each policy is, who moved it and why, and the button that stops everything.
import {h, link, panel, table, chip} from '../dom.js';
import {get, post} from '../api.js';
import {labels, shortId, time, words} from '../format.js';

const LADDER = [['off'], ['shadow'], ['canary', 1], ['canary', 5], ['canary', 10], ['canary', 25], ['canary', 50], ['enforce']];

export async function rollouts(page) {
  page.title('Rollouts');
  const answer = await get('/api/v1/rollouts', page.signal);
  follow(page);
  return [h('h1', null, 'Rollouts'), h('p', {class: 'sub'}, 'How far each policy has been promoted.'), stop(page, answer.stop),
    ...answer.rollouts.map(r => card(r)), answer.rollouts.length === 0 && panel('No rollout yet', null, h('p', {class: 'empty'}, 'A policy that passed a backtest is promoted with: backtest promote RUN --policy NAME --to shadow'))].filter(Boolean);
}

function follow(page) {
  let seen = null;
  page.onChange(marks => {
    const mark = marks.rollout_events + '/' + marks.guard_stops;
    if (seen !== null && seen !== mark && document.activeElement?.tagName !== 'INPUT') page.set({});
    seen = mark;
  });
}

function ladder(r) {
  const at = LADDER.findIndex(([stage, percent]) => stage === r.stage && (percent === undefined || percent === r.canary_percent));
  const end = r.stage === 'rolled_back' || r.stage === 'retired';
  return h('ol', {class: 'ladder', 'aria-label': 'Ladder'}, LADDER.map(([stage, percent], i) => h('li', {class: i < at ? 'done' : null, 'aria-current': i === at ? 'step' : null}, percent ? percent + '%' : stage)), end && h('li', {'aria-current': 'step'}, words(r.stage)));
}

const card = r => panel(r.name, null, h('p', null, link('/rollouts/' + r.rollout_id, r.policy_id), ' · ', labels(r.instance_labels) || 'all instances', ' · since ', time(r.changed_at), ' ', r.paused && chip('paused', 'warn')), ladder(r));

function reasoned(label, kind, go) {
  const input = h('input', {class: 'grow', required: true, maxlength: 500, 'aria-label': 'Reason: ' + label, placeholder: 'why? it is kept for ever'});
  const say = h('span', {role: 'alert'});
  return h('form', {class: 'row', onsubmit: async event => {
    event.preventDefault();
    try { await go(input.value.trim()); } catch (e) { say.textContent = e.message + (e.nextStep ? '; ' + e.nextStep : ''); }
  }}, input, h('button', {class: kind}, label), say);
}

function stop(page, state) {
  return panel(state ? '■ Every guard is stopped' : 'Stop everything', null,
    state ? h('p', null, chip('stopped', 'bad'), state) : h('p', {class: 'note'}, 'Turns every guard off everywhere within a tick. Nodes without the database: headroom stop-all --node.'),
    reasoned(state ? 'Let the rollouts hold again' : '■ Stop every guard', state ? 'primary' : 'danger', async reason => { await post('/api/v1/guard-stop', {stopped: !state, reason}, page.signal); page.set({}); }));
}

export async function rollout(page, id) {
  const r = await get('/api/v1/rollouts/' + encodeURIComponent(id), page.signal);
  page.title(r.rollout.name);
  follow(page);
  const columns = [{label: 'when', field: 'occurred_at', get: e => e.occurred_at, show: e => time(e.occurred_at)}, {label: 'what', get: e => e.kind}, {label: 'from', get: e => step(e.from_stage, e.from_percent)}, {label: 'to', get: e => step(e.to_stage, e.to_percent)}, {label: 'who', get: e => e.actor}, {label: 'approved by', field: 'approver', get: e => e.approver}, {label: 'why', wide: true, get: e => e.reason},
    {label: 'evidence', field: 'run_id', get: e => e.run_id, show: e => [e.run_id && link('/backtests/' + e.run_id, shortId(e.run_id)), e.evidence !== '{}' && h('details', null, h('summary', null, 'gates'), h('pre', null, JSON.stringify(JSON.parse(e.evidence), null, 1)))]}];
  return [h('h1', null, r.rollout.name), h('p', {class: 'sub'}, `${r.rollout.policy_id} on ${labels(r.rollout.instance_labels) || 'all instances'}, revision ${r.rollout.revision}`),
    panel('Where it is', null, ladder(r.rollout), r.rollout.paused && chip('paused', 'warn'), h('p', {class: 'note'}, `since ${time(r.rollout.changed_at)}`), r.formula && h('pre', null, r.formula)),
    panel('History', {name: 'rollout-' + shortId(id), columns, rows: () => r.history}, table('History', columns, r.history, true))];
}

const step = (stage, percent) => stage ? words(stage) + (percent ? ` ${percent}%` : '') : '–';
