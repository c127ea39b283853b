// Backtests: what was kept, a new one, two side by side.
import {h, s, link, panel, table, behind, chip, save} from '../dom.js';
import {get, getText, post} from '../api.js';
import {bytes, duration, number, shortId, time, words} from '../format.js';

const OUTCOME = {pass: 'ok', fail: 'bad', inconclusive: 'warn'};

export async function backtests(page) {
  page.title('Backtests');
  const [runs, setup, jobs] = await Promise.all([get('/api/v1/backtests', page.signal), get('/api/v1/backtest-setup', page.signal), get('/api/v1/backtest-jobs', page.signal)]);
  const picked = new Set();
  const compare = h('button', {id: 'compare', type: 'button', disabled: true, onclick: () => { const [a, b] = picked; page.go(`/backtests/${a}?against=${b}`); }}, 'Compare two');
  const pick = run => h('input', {type: 'checkbox', 'aria-label': 'compare run ' + shortId(run.run_id), onchange: e => { e.target.checked ? picked.add(run.run_id) : picked.delete(run.run_id); compare.disabled = picked.size !== 2; }});
  const columns = [{label: 'compare', get: () => null, show: r => r.kind === 'run' ? pick(r) : '–'}, {label: 'run', field: 'run_id', get: r => r.run_id, show: r => link('/backtests/' + r.run_id, shortId(r.run_id))}, {label: 'kind', get: r => r.kind}, {label: 'started', field: 'started_at', get: r => r.started_at, show: r => time(r.started_at)},
    {label: 'recording', get: r => r.recording_name, show: r => r.recording_name || 'a time range'}, {label: 'kills', number: true, get: r => r.kills}, {label: 'policies', wide: true, get: r => r.policies.map(p => `${p.name} ${p.outcome}`).join(', '), show: r => r.policies.slice(0, 8).map(p => chip(`${p.name}: ${words(p.outcome)}`, OUTCOME[p.outcome]))}];
  // What is followed here goes to its result by itself.
  const mark = {runs: null, followed: false};
  page.onChange(marks => { if (mark.runs !== null && mark.runs !== marks.runs && picked.size === 0 && !mark.followed) page.refresh(); mark.runs = marks.runs; });
  return [h('h1', null, 'Backtests'), h('p', {class: 'sub'}, 'Formulas replayed over recorded kills.'), starter(page, setup, jobs, mark),
    panel('Kept runs', {name: 'backtests', columns: columns.slice(1), rows: () => runs}, runs.length ? [h('div', {class: 'row'}, compare), table('Kept runs', columns, runs, true)] : h('p', {class: 'empty'}, 'None yet: start one above, or backtest run on the command line.'))];
}

function starter(page, setup, jobs, mark) {
  const where = h('select', {id: 'recording'}, setup.recordings.map(r => h('option', {value: r.name}, `${r.name}: ${r.instances} instances, ${time(r.starts_at)}`)));
  const text = h('textarea', {id: 'own', spellcheck: 'false', placeholder: 'mine: memory_max * 80%\none formula in each line; a name and a colon before it'});
  const boxes = setup.formulas.map(f => h('label', {class: 'chip', title: f.title}, h('input', {type: 'checkbox', value: f.name, checked: ['talk', 'neon', 'static-75'].includes(f.name)}), ' ' + f.name));
  const say = h('div', {'aria-live': 'polite'});
  const run = h('button', {class: 'primary'}, 'Run');
  async function start(event) {
    event.preventDefault();
    // Not disabled: a button that is loses the focus to nowhere.
    if (run.getAttribute('aria-disabled')) return;
    run.setAttribute('aria-disabled', 'true');
    try {
      const formulas = [...boxes.map(b => b.querySelector('input')).filter(i => i.checked).map(i => i.value), ...text.value.split('\n').map(l => l.trim()).filter(Boolean)];
      await follow(await post('/api/v1/backtests', {recording: where.value, formulas}, page.signal));
    } catch (e) { if (!page.signal.aborted) say.replaceChildren(h('pre', {role: 'alert'}, e.message + (e.nextStep ? '\n' + e.nextStep : ''))); }
    mark.followed = false;
    run.removeAttribute('aria-disabled');
  }
  async function follow(job) {
    mark.followed = true;
    const cancel = h('button', {type: 'button', class: 'danger', onclick: () => post(`/api/v1/backtest-jobs/${job.job_id}/cancel`, {})}, 'Cancel');
    const bar = h('progress', {max: job.instances, value: 0, 'aria-label': 'instances replayed'});
    const count = h('span');
    say.replaceChildren(h('div', {class: 'row'}, bar, count, cancel));
    for (;;) {
      const now = await get('/api/v1/backtest-jobs/' + job.job_id, page.signal);
      bar.value = now.done;
      count.textContent = `${now.done} of ${now.instances} instances of ${now.recording}`;
      if (now.state === 'done') { page.go('/backtests/' + now.run_id); return; }
      if (now.state !== 'running') {
        mark.followed = false;
        if (document.activeElement === cancel) run.focus();
        say.replaceChildren(h('p', {class: 'chip ' + (now.state === 'failed' ? 'bad' : 'warn')}, now.state), now.problem && h('pre', null, now.problem));
        return;
      }
      await new Promise(done => setTimeout(done, 300));
    }
  }
  const running = jobs.find(j => j.state === 'running');
  if (running) follow(running).catch(() => {});
  return panel('Run a backtest', null, setup.recordings.length === 0 ? h('p', {class: 'empty'}, 'There is no recording yet: headroom recording create NAME --from 1d names one.') :
    h('form', {onsubmit: start}, h('div', {class: 'row'}, h('label', {for: 'recording'}, 'Recording'), where), h('div', {class: 'row', role: 'group', 'aria-label': 'Formulas of the library'}, boxes), h('label', {for: 'own', class: 'note'}, 'and formulas of your own'), text, h('div', {class: 'row'}, run), say));
}

export async function backtest(page, id) {
  const against = page.query.get('against');
  const [run, other] = await Promise.all([get('/api/v1/backtests/' + encodeURIComponent(id), page.signal), against && get('/api/v1/backtests/' + encodeURIComponent(against), page.signal)]);
  page.title('Run ' + shortId(run.run_id));
  const result = run.result.policies ? run.result : run.result.on_hold_out;
  const head = [h('h1', null, `${run.kind === 'run' ? 'Backtest' : words(run.kind)} ${shortId(run.run_id)}`),
    h('p', {class: 'sub'}, `${run.recording_name || 'a time range'} · started ${time(run.started_at)} · engine ${run.engine_version} · ${run.recording_hash}`)];
  if (!result) return [...head, panel('Result', null, h('pre', null, JSON.stringify(run.result, null, 1).slice(0, 20000)))];
  const r = result.recording;
  return [...head,
    h('ul', {class: 'tiles'}, [[r.instances, 'instances'], [r.instance_days.toPrecision(3), 'instance-days'], [r.kills.length, 'kills'], [r.unpreventable_kills, 'unpreventable'], [result.formulas_tried, 'formulas tried'], [r.fidelity, 'fidelity']].map(([v, t]) => h('li', {class: 'tile'}, h('b', null, String(v)), h('span', null, t)))),
    result.parity && h('p', null, chip(result.parity.is_below_threshold ? 'parity is below its threshold: no verdict is trusted' : 'parity holds', result.parity.is_below_threshold ? 'bad' : 'ok')),
    policies(result, run), front(result), other ? comparison(run, result, other) : null, kills(result), run.kind === 'run' && reports(run, page)].filter(Boolean);
}

const REPORTS = [['html', 'HTML', 'text/html'], ['md', 'Markdown', 'text/markdown'], ['txt', 'Text', 'text/plain'], ['xml', 'JUnit', 'application/xml'], ['json', 'JSON', 'application/json']];

function reports(run, page) {
  const said = h('p', {class: 'note', role: 'status'});
  const take = async (format, type) => {
    said.textContent = '';
    try {
      const text = await getText(`/api/v1/backtests/${run.run_id}/report?format=${format}`, page.signal);
      save(`backtest-${shortId(run.run_id)}.${format}`, type, text);
    } catch (e) {
      if (!page.signal.aborted) said.textContent = [e.message, e.nextStep].filter(Boolean).join(': ');
    }
  };
  return panel('Reports to keep', null,
    h('p', {class: 'row'}, REPORTS.map(([format, label, type]) => h('button', {type: 'button', onclick: () => take(format, type)}, label))),
    said);
}

function policies(result, run) {
  const share = p => p.kills.preventable ? `${p.kills.prevented}/${p.kills.preventable}` : 'no data';
  const interval = e => e ? `${(100 * e.value).toFixed(0)}% [${(100 * e.lower).toFixed(0)}, ${(100 * e.upper).toFixed(0)}]` : '–';
  const columns = [{label: 'policy', get: p => p.name}, {label: 'prevented', get: share}, {label: 'share', get: p => p.prevented_share?.value, show: p => interval(p.prevented_share)}, {label: 'missed', number: true, get: p => p.kills.missed}, {label: 'undecided', number: true, get: p => p.kills.undecided_gap + p.kills.undecided_censored + p.kills.undecided_thin},
    {label: 'false blocks', number: true, get: p => p.blocks.false}, {label: 'over-promise GiB·h', number: true, get: p => p.over_promise_gib_hours, show: p => p.over_promise_gib_hours?.toPrecision(3)}, {label: 'slack GiB·h', number: true, get: p => p.slack_gib_hours, show: p => p.slack_gib_hours?.toPrecision(3)},
    {label: 'verdict', wide: true, get: p => p.verdict?.outcome, show: p => p.verdict ? [chip(words(p.verdict.outcome), OUTCOME[p.verdict.outcome]), h('span', {class: 'note'}, p.verdict.reasons.join('; '))] : h('span', {class: 'note'}, 'reference')}];
  return panel('Policies', {name: 'run-' + shortId(run.run_id), columns, rows: () => result.policies}, table('Policies', columns, result.policies));
}

function front(result) {
  const points = result.policies.filter(p => p.kills.preventable && p.instances && p.kind !== 'never').map(p => ({name: p.name, x: p.blocks.false, y: p.kills.prevented / p.kills.preventable, slack: p.slack_gib_hours, reference: p.kind !== 'candidate'}));
  const best = p => !p.reference && !points.some(q => !q.reference && q !== p && q.x <= p.x && q.y >= p.y && (q.slack ?? 0) <= (p.slack ?? 0) && (q.x < p.x || q.y > p.y || (q.slack ?? 0) < (p.slack ?? 0)));
  const w = 720, hh = 260, left = 46, bottom = 34, most = Math.max(1, ...points.map(p => p.x));
  const x = v => left + 14 + (w - left - 150) * v / most, y = v => hh - bottom - (hh - bottom - 20) * v;
  const placed = [];
  const columns = [{label: 'policy', get: p => p.name}, {label: 'prevented share', number: true, get: p => p.y, show: p => (100 * p.y).toFixed(0) + '%'}, {label: 'false blocks', number: true, get: p => p.x}, {label: 'slack GiB·h', number: true, get: p => p.slack, show: p => p.slack?.toPrecision(3)}, {label: 'on the front', get: p => best(p) ? 'yes' : p.reference ? 'reference' : 'no'}];
  return panel('Trade-off: prevented kills against false blocks', {name: 'trade-off', columns, rows: () => points}, points.length === 0 ? h('p', {class: 'empty'}, 'No kill could be prevented here.') : h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Trade-off'},
    s('svg', {viewBox: `0 0 ${w} ${hh}`, role: 'img', 'aria-label': 'Trade-off of ' + points.length + ' policies; the table below has every number.'}, [0, .5, 1].map(v => [s('line', {x1: left, x2: w, y1: y(v), y2: y(v), class: 'svg-line'}), s('text', {x: left - 6, y: y(v) + 4, 'text-anchor': 'end', class: 'svg-text'}, v * 100 + '%')]),
      s('text', {x: w / 2, y: hh - 4, 'text-anchor': 'middle', class: 'svg-text'}, 'false blocks'), [...new Set([0, Math.round(most / 2), most])].map(v => s('text', {x: x(v), y: hh - bottom + 16, 'text-anchor': 'middle', class: 'svg-text'}, String(v))),
      points.map(p => { const px = x(p.x), py = y(p.y); let ty = py + 4; while (placed.some(q => Math.abs(q.x - px) < 110 && Math.abs(q.y - ty) < 13)) ty += 13; placed.push({x: px, y: ty});
        return s('g', null, s('title', null, `${p.name}: ${(100 * p.y).toFixed(0)}% prevented, ${p.x} false blocks`), p.reference ? s('path', {d: `M${px - 5} ${py}L${px} ${py - 5}L${px + 5} ${py}L${px} ${py + 5}z`, fill: 'none', class: 'svg-ink'}) : best(p) ? s('circle', {cx: px, cy: py, r: 6, fill: 'var(--ok)'}) : s('rect', {x: px - 5, y: py - 5, width: 10, height: 10, fill: 'var(--muted)'}), s('text', {x: px + 10, y: ty, class: 'svg-text'}, p.name)); }))),
    h('p', {class: 'note'}, '● on the Pareto front · ■ beaten by another · ◇ reference'), behind('Trade-off', columns, () => points));
}

function comparison(run, result, other) {
  const theirs = other.result.policies ? other.result : other.result.on_hold_out;
  if (!theirs) return panel('Comparison', null, h('p', {class: 'empty'}, 'The other run has no verdicts of its own.'));
  const byName = new Map(theirs.policies.map(p => [p.name, p]));
  const rows = result.policies.map(p => ({name: p.name, a: p, b: byName.get(p.name)}));
  const of = (p, f) => p ? f(p) : null;
  const both = (label, f) => ({label, get: r => `${of(r.a, f)} / ${of(r.b, f) ?? '–'}`});
  const columns = [{label: 'policy', get: r => r.name}, both('prevented', p => p.kills.prevented), both('missed', p => p.kills.missed), both('false blocks', p => p.blocks.false), both('slack GiB·h', p => p.slack_gib_hours?.toPrecision(3) ?? '–')];
  return panel(`This run / run ${shortId(other.run_id)}`, {name: 'comparison', columns, rows: () => rows}, run.recording_hash !== other.recording_hash && h('p', {class: 'chip warn'}, 'The two replayed different data: their numbers do not compare.'), table('Comparison', columns, rows));
}

function kills(result) {
  const candidates = result.policies.filter(p => p.kind === 'candidate');
  const verdict = new Map(candidates.map(p => [p.name, new Map(p.kill_verdicts.map(v => [v.kill_id, v]))]));
  const columns = [{label: 'killed', field: 'killed_at', get: k => k.killed_at, show: k => link('/incidents/' + k.kill_id, time(k.killed_at))}, {label: 'victim', get: k => k.victim_kind}, {label: 'anonymous', field: 'victim_anon_bytes', number: true, get: k => k.victim_anon_bytes, show: k => bytes(k.victim_anon_bytes)},
    ...candidates.map(p => ({label: p.name, get: k => verdict.get(p.name).get(k.kill_id)?.verdict, show: k => { const v = verdict.get(p.name).get(k.kill_id); return v ? [v.verdict === 'prevented' ? '✓ ' : v.verdict === 'missed' ? '✗ ' : '', words(v.verdict), v.lead_ms !== null ? ` (${duration(v.lead_ms)})` : ''] : '–'; }}))];
  return panel('Verdict on each kill', {name: 'kills', columns, rows: () => result.recording.kills}, result.recording.kills.length ? table('Verdict on each kill', columns, result.recording.kills, true) : h('p', {class: 'empty'}, 'There is no kill in this recording.'), h('p', {class: 'note'}, `${number(result.recording.kills.length)} kills; a time in brackets is the lead`));
}
