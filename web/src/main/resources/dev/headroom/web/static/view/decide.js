// What can be done to a rollout, and to all of them: each with what is going to happen to how many instances.
import {h, panel, chip} from '../dom.js';
import {post} from '../api.js';
import {ask} from '../dialog.js';
import {number, words} from '../format.js';

export const place = (stage, percent) => stage ? words(stage) + (percent ? ` ${percent}%` : '') : '–';
const goal = rung => rung.stage === 'canary' ? 'canary:' + rung.canary_percent : rung.stage;
const text = (...parts) => h('p', null, parts);
const instances = n => `${number(n)} instance${n === 1 ? '' : 's'}`;

/** How many instances a place means, beside how many now. */
function effect(outlook, there) {
  if (there.stage === 'shadow') return text(`Its policy is judged in shadow on ${instances(outlook.instances)} and refuses nothing.`);
  return [text(h('b', null, `Its policy is in force on ${number(there.in_force)} of ${instances(outlook.instances)}`), `, now on ${number(outlook.in_force)}. `,
    `${number(outlook.instances - there.in_force)} others stay as they are: in shadow, or under a newer rollout.`),
  there.stage === 'enforce' && text('Rollouts in force that reach nobody beyond its instances are retired.')];
}

const end = (outlook, why) => [text(h('b', null, `Its policy is in force nowhere any more`), `, now on ${instances(outlook.in_force)}; ${outlook.taken_over
  ? `on ${number(outlook.taken_over)} of them another rollout's policy is in force instead` : 'no other policy takes over'}. The guards follow within a tick of their collectors.`),
text(`${why} This ends the rollout for good: another try is a new promotion.`)];

const ACTIONS = {
  advance: {
    label: o => o.next ? `Go on to ${place(o.next.stage, o.next.canary_percent)}` : 'Go on', kind: 'primary', about: 'The next step, because every gate is open.',
    title: (r, o) => `Take ${r.name} to ${place(o.next.stage, o.next.canary_percent)}?`, lines: (r, o) => effect(o, ahead(o)[0])},
  approve: {
    label: () => 'Approve a step', about: 'A step that gates hold back: you answer for it by name. Needs scope admin.', title: r => `Answer for a step of ${r.name}?`, lines: approval},
  pause: {
    label: () => 'Pause', about: 'Goes no further; what is in force stays.', title: r => `Pause ${r.name}?`,
    lines: (r, o) => text(h('b', null, `Nothing changes on any instance: it stays in force on ${number(o.in_force)} of ${instances(o.instances)}. `), 'It goes no further until somebody resumes it. The guardrails still watch, and take it back if it does harm.')},
  resume: {
    label: () => 'Resume', about: 'Goes on after a pause.', title: r => `Resume ${r.name}?`,
    lines: (r, o) => text(h('b', null, `Nothing changes on any instance now: it is in force on ${number(o.in_force)} of ${instances(o.instances)}. `), r.automatic ? 'It goes on by itself as soon as every gate is open.' : 'A person may take it on when its gates are open.')},
  rollback: {
    label: () => 'Roll back', kind: 'danger', about: 'Its policy is in force nowhere any more.', title: r => `Roll ${r.name} back?`, lines: (r, o) => end(o, 'The audit will say that it was taken back.')},
  retire: {
    label: () => 'Retire', about: 'No longer wanted, or replaced.', title: r => `Retire ${r.name}?`, lines: (r, o) => end(o, 'The audit will say that it is no longer wanted.')}};

const ahead = o => o.ladder.filter(p => p.earliest_at !== null);

function approval(r, o, choice) {
  const places = ahead(o);
  const holding = o.gates.filter(g => g.outcome !== 'open');
  const means = h('div', {'aria-live': 'polite'});
  const target = h('select', {id: 'to', onchange: () => show()}, places.map(p => h('option', {value: goal(p)}, place(p.stage, p.canary_percent))));
  const show = () => { choice.to = target.value; means.replaceChildren(...[effect(o, places[target.selectedIndex])].flat().filter(Boolean)); };
  show();
  return [h('p', {class: 'row'}, h('label', {for: 'to'}, 'Take it to'), target), means,
    holding.length ? [text(h('b', null, 'You answer for what holds it back:')), h('ul', {class: 'plain'}, holding.map(g => h('li', null, sign(g.outcome), ' ', h('b', null, g.gate), ': ', g.reason)))]
      : text('Every gate is open: “Go on” takes the next step without anybody answering for it.')];
}

const SIGNS = {open: ['✓', 'open', 'ok'], hold: ['…', 'hold', 'warn'], pause: ['‖', 'pause', 'warn'], roll_back: ['✕', 'roll back', 'bad']};

/** A gate's answer by sign, word and colour. */
export function sign(outcome) {
  const [mark, word, kind] = SIGNS[outcome] || ['?', words(outcome), ''];
  return chip(`${mark} ${word}`, kind);
}

/** Every action with its button; one that is refused says why, and keeps its place in the order of the keyboard. */
export function actions(page, r, o, stopped) {
  return h('ul', {class: 'actions'}, o.actions.map(({action, refusal}) => {
    const it = ACTIONS[action];
    return h('li', null,
      h('button', {id: 'do-' + action, type: 'button', class: it.kind, 'aria-disabled': refusal && 'true', 'aria-describedby': 'about-' + action, onclick: () => refusal ? page.say(`${it.label(o)}: ${refusal}`) : decide(page, r, o, action, stopped)}, it.label(o)),
      h('span', {id: 'about-' + action, class: 'note'}, refusal ? ['Not now: ', refusal] : it.about));
  }));
}

function decide(page, r, o, action, stopped) {
  const it = ACTIONS[action];
  const choice = {};
  ask({
    title: it.title(r, o), label: it.label(o), kind: it.kind || 'primary',
    lines: [it.lines(r, o, choice), stopped && text(h('b', null, '■ Every guard is stopped: '), 'nothing is in force anywhere until the stop is lifted.')],
    go: async reason => {
      const done = await post(`/api/v1/rollouts/${r.rollout_id}/${action}`, {reason, revision: o.revision, ...choice});
      page.say(`${r.name} is at ${place(done.rollout.stage, done.rollout.canary_percent)}${done.rollout.paused ? ', paused' : ''}: kept as revision ${done.rollout.revision}.`);
      page.refresh();
    }});
}

/** The button that stops every guard, or ends that. */
export function stop(page, all) {
  const stopped = all.stop !== null;
  const lines = stopped
    ? text(h('b', null, `On ${number(all.instances_in_force)} of ${instances(all.instances)} a policy is in force again`), ', as the rollouts say, within a tick of their collectors. The others are judged in shadow or left alone.')
    : text(h('b', null, `Every guard on all ${instances(all.instances)} goes off`), ` within a tick of its collector; a policy is in force on ${number(all.instances_in_force)} now. Nothing is refused and nothing is judged until somebody lifts the stop. The rollouts keep their places.`);
  const label = stopped ? '▶ Let the rollouts hold again' : '■ Stop every guard';
  const button = h('button', {id: 'stop-all', type: 'button', class: stopped ? 'primary big' : 'danger big', onclick: () => ask({
    title: stopped ? 'Let the rollouts hold again?' : 'Stop every guard everywhere?', label, kind: stopped ? 'primary' : 'danger', lines,
    go: async reason => {
      await post('/api/v1/guard-stop', {stopped: !stopped, reason});
      page.say(stopped ? 'The stop is lifted: the rollouts hold again.' : 'Every guard is stopped.');
      page.refresh();
    }})}, label);
  return panel(stopped ? '■ Every guard is stopped' : 'Stop everything', null, h('div', {class: 'row'}, button,
    h('span', {class: 'note'}, stopped ? [chip('■ stopped', 'bad'), all.stop] : `Turns every guard off on all ${instances(all.instances)}. Nodes without the database: headroom stop-all --node.`)));
}
