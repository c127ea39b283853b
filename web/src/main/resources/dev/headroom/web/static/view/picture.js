// The one picture: what fills memory, the limits over it, and what happened.
import {h, s, behind} from '../dom.js';
import {bytes, time, words} from '../format.js';

/** From the bottom up, with the name of the colour and of the column. */
const LAYERS = [['shmem_bytes', 'shared memory', '--shmem'], ['page_tables_bytes', 'page tables', '--page-tables'], ['kernel_bytes', 'kernel', '--kernel'],
  ['query_bytes', 'query memory', '--query'], ['retained_bytes', 'kept by the allocator', '--retained'], ['file_bytes', 'file cache', '--file']];
const DASHES = [[10, 4], [3, 3], [12, 3, 3, 3], [6, 2], [2, 5], [14, 5], [8, 3, 2, 3, 2, 3], [5, 5], [1, 3]];
const HIT_PX = 13;

export const MARKS = {
  kill: {sign: '▼', text: 'kill', colour: '--kill'}, block: {sign: '●', text: 'block', colour: '--block'},
  would_block: {sign: '◇', text: 'would-block', colour: '--would'}, fatal: {sign: '✖', text: 'session lost', colour: '--kill'}, panic: {sign: '✖', text: 'server lost', colour: '--kill'}};

/** As much of a moment as its place on the axis needs. */
function tick(seconds, span) {
  const [day, clock] = time(seconds * 1000, true).split(' ');
  if (span > 172_800) return day.slice(5);
  if (span > 1_200) return clock.slice(0, 5);
  return span > 20 ? clock.slice(0, 8) : clock.slice(3);
}

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const nameOf = line => line.live ? '--limit' : line.whatIf ? '--focus' : '--would';
const colourOf = line => colour(nameOf(line));
const faint = name => `color-mix(in srgb, ${name} 22%, transparent)`;

/** Whether a line has buckets in which its limit changed: there it is drawn as a band. */
const isWide = line => line.upTo?.some((v, i) => v !== null && v !== line.bytes[i]);

/**
 * Draws a timeline.
 * @param onRange called with [fromMs, toMs] to zoom; onKill with the id of an incident
 */
export function picture(timeline, lines, {onRange, onKill}) {
  const at = merged(timeline, lines);
  const wide = lines.filter(isWide);
  const data = columns(timeline, lines, wide, at);
  const marks = marksOf(timeline);
  const box = h('div', {class: 'chart', tabindex: 0, role: 'figure', 'aria-label':
    `Memory over time: ${at.length} buckets, ${timeline.kills.length} kills, ${timeline.guard_events.length} events of the guard. Arrow keys move the cursor, plus and minus zoom, Page keys move the range, K goes to the next kill, Enter opens it. The table below has every number.`});
  const say = h('p', {class: 'cursor', 'aria-live': 'polite'}, 'Point at the picture, or focus it and use the arrow keys.');
  const strip = h('div');
  let plot = null;
  let index = null;
  let hovered = null;
  const from = Date.parse(timeline.from) / 1000, to = Date.parse(timeline.to) / 1000;

  function options() {
    const ink = colour('--ink'), muted = colour('--muted'), grid = colour('--line');
    const axis = {stroke: muted, grid: {stroke: grid, width: 1}, ticks: {stroke: grid, width: 1}, font: '12px system-ui, sans-serif'};
    return {
      width: Math.max(260, box.clientWidth || 800), height: window.innerWidth < 620 ? 280 : 400,
      padding: [24, 26, 0, 0], legend: {show: false}, cursor: {drag: {x: true, y: false, setScale: false}, points: {show: false}, y: false},
      scales: {x: {time: true, min: from, max: to}, y: {range: (_, low, high) => [0, Math.max(high || 1, 1) * 1.06]}},
      tzDate: seconds => localStorage.getItem('headroom.zone') === 'local' ? new Date(seconds * 1000) : uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      axes: [{...axis, space: 80, values: (_, ticks) => ticks.map(t => tick(t, to - from))}, {...axis, size: 74, values: (_, ticks) => ticks.map(bytes),
        incrs: Array.from({length: 45}, (_, i) => 2 ** i)}],
      series: [{}, ...LAYERS.toReversed().map(([, label, name]) => ({label, stroke: colour(name), fill: colour(name), width: 0.5, points: {show: false}, spanGaps: false})),
        {label: 'memory.max', stroke: ink, width: 2.5, points: {show: false}, spanGaps: true},
        ...lines.map((line, i) => ({label: line.label, stroke: colourOf(line), width: line.whatIf ? 3 : 2,
          dash: line.live ? undefined : DASHES[i % DASHES.length], points: {show: false}, spanGaps: true, paths: uPlot.paths.stepped({align: 1})})),
        ...wide.map(line => ({label: line.label + ', largest', stroke: colourOf(line), width: 1, points: {show: false}, spanGaps: true, paths: uPlot.paths.stepped({align: 1})}))],
      // From the smallest to the largest limit of each bucket.
      bands: wide.map((line, i) => ({series: [LAYERS.length + 2 + lines.length + i, LAYERS.length + 2 + lines.indexOf(line)], fill: faint(colourOf(line))})),
      hooks: {
        draw: [drawMarks],
        setCursor: [u => { if (u.cursor.idx !== null && u.cursor.idx !== undefined && u.cursor.left >= 0) tell(u.cursor.idx, u.cursor.left); }],
        setSelect: [u => { if (u.select.width > 4) onRange([u.posToVal(u.select.left, 'x') * 1000, u.posToVal(u.select.left + u.select.width, 'x') * 1000]); }]
      }
    };
  }

  function drawMarks(u) {
    const g = u.ctx, ratio = devicePixelRatio;
    g.save();
    g.font = `${15 * ratio}px system-ui, sans-serif`;
    g.textAlign = 'center';
    for (const mark of marks) {
      if (mark.atMs < from * 1000 || mark.atMs > to * 1000) continue;
      const x = u.valToPos(mark.atMs / 1000, 'x', true);
      const style = MARKS[mark.kind];
      g.fillStyle = g.strokeStyle = colour(style.colour);
      if (mark.kind === 'kill') { g.globalAlpha = .55; g.fillRect(x - .5 * ratio, u.bbox.top, ratio, u.bbox.height); g.globalAlpha = 1; }
      g.fillText(style.sign, x, u.bbox.top - (mark.kind === 'kill' ? 6 : -14) * ratio);
    }
    g.restore();
  }

  /** The largest limit of a line in a bucket, where there is one. */
  function largest(line, i) {
    const n = wide.indexOf(line);
    return n < 0 ? null : data[LAYERS.length + 2 + lines.length + n][i] ?? null;
  }

  function tell(i, left) {
    index = i;
    const x = plot.posToVal(left, 'x') * 1000;
    hovered = nearest(marks, x, (to - from) * 1000 * HIT_PX / Math.max(1, plot.bbox.width / devicePixelRatio));
    box.classList.toggle('on-mark', Boolean(hovered));
    const parts = LAYERS.map(([column, label]) => [label, timeline.columns[column][rowAt(timeline, at[i])]]).filter(([, v]) => v !== null && v !== undefined).map(([label, v]) => `${label} ${bytes(v)}`);
    lines.forEach((line, n) => { const v = data[LAYERS.length + 2 + n][i]; if (v !== null && v !== undefined) { const top = largest(line, i); parts.push(`${line.label} ${bytes(v)}${top !== null && top !== v ? ' to ' + bytes(top) : ''}`); } });
    say.replaceChildren(h('b', null, time(at[i], true)), ' · ' + parts.join(' · ') + (hovered ? ` · ${MARKS[hovered.kind].sign} ${MARKS[hovered.kind].text}, ${hovered.text}` : ''));
  }

  function moveTo(i) {
    const next = Math.max(0, Math.min(at.length - 1, i));
    plot.setCursor({left: plot.valToPos(at[next] / 1000, 'x'), top: 10});
  }

  box.addEventListener('click', () => { if (hovered?.incident) onKill(hovered.incident); });
  box.addEventListener('keydown', event => {
    const span = (to - from) * 1000, centre = index === null ? (from + to) * 500 : at[index];
    const zoom = factor => onRange([centre - span * factor / 2, centre + span * factor / 2]);
    const step = event.shiftKey ? 10 : 1;
    const act = {
      ArrowRight: () => moveTo((index ?? -1) + step), ArrowLeft: () => moveTo((index ?? at.length) - step), Home: () => moveTo(0), End: () => moveTo(at.length - 1),
      '+': () => zoom(.5), '=': () => zoom(.5), '-': () => zoom(2), PageUp: () => onRange([from * 1000 - span / 2, to * 1000 - span / 2]), PageDown: () => onRange([from * 1000 + span / 2, to * 1000 + span / 2]),
      Enter: () => { if (hovered?.incident) onKill(hovered.incident); },
      k: () => { const next = marks.find(m => m.kind === 'kill' && (index === null || m.atMs > (hovered?.atMs ?? at[index]))); if (next) { plot.setCursor({left: plot.valToPos(next.atMs / 1000, 'x'), top: 10}); } }
    }[event.key];
    if (act && at.length && !event.ctrlKey && !event.metaKey) { event.preventDefault(); act(); }
  });

  function draw() {
    plot?.destroy();
    plot = new uPlot(options(), data, box);
    strip.replaceChildren(modes(timeline, plot));
  }

  const numbers = () => at.map((ms, i) => ({ms, row: rowAt(timeline, ms), timeline, values: lines.map((_, n) => data[LAYERS.length + 2 + n][i]), largest: wide.map(line => largest(line, i))}));
  const observer = new ResizeObserver(() => { if (box.isConnected && plot && Math.abs(plot.width - box.clientWidth) > 2) draw(); });
  const element = h('div', null, legend(timeline, lines), box, strip, say, behind('The picture in numbers', tableColumns(lines), numbers));
  requestAnimationFrame(() => { draw(); observer.observe(box); });
  return {element, redraw: draw, close: () => { observer.disconnect(); plot?.destroy(); }, columns: tableColumns(lines),
    rows: numbers};
}

function tableColumns(lines) {
  return [{label: 'time', field: 'at', get: r => new Date(r.ms).toISOString(), show: r => time(r.ms, true)},
    ...LAYERS.map(([column, label]) => ({label, field: column, number: true, get: r => r.row < 0 ? null : r.timeline.columns[column][r.row], show: r => bytes(r.row < 0 ? null : r.timeline.columns[column][r.row])})),
    {label: 'memory.max', field: 'memory_max_bytes', number: true, get: r => r.row < 0 ? null : r.timeline.columns.memory_max_bytes[r.row], show: r => bytes(r.row < 0 ? null : r.timeline.columns.memory_max_bytes[r.row])},
    ...lines.map((line, n) => ({label: line.label, field: line.label, number: true, get: r => r.values[n], show: r => bytes(r.values[n])})),
    ...lines.filter(isWide).map((line, n) => ({label: line.label + ', largest', field: line.label + ' largest', number: true, get: r => r.largest[n], show: r => bytes(r.largest[n])}))];
}

const rows = new WeakMap();

function rowAt(timeline, ms) {
  let known = rows.get(timeline);
  if (!known) { known = new Map(timeline.at_ms.map((t, i) => [t, i])); rows.set(timeline, known); }
  return known.get(ms) ?? -1;
}

/** All moments of buckets and of decisions, ascending: a plot wants one list. */
const merged = (timeline, lines) => [...new Set([...timeline.at_ms, ...lines.flatMap(line => line.atMs)])].sort((a, b) => a - b);

function columns(timeline, lines, wide, at) {
  const x = at.map(ms => ms / 1000);
  const sums = at.map(() => 0);
  const stacked = LAYERS.map(([column]) => at.map((ms, i) => {
    const row = rowAt(timeline, ms);
    if (row < 0) return undefined;
    sums[i] += timeline.columns[column][row] ?? 0;
    return sums[i];
  }));
  // A hole in the samples must show: nothing is drawn over more than a few buckets.
  at.forEach((ms, i) => {
    if (i > 0 && rowAt(timeline, ms) >= 0) {
      const before = timeline.at_ms[rowAt(timeline, ms) - 1];
      if (before !== undefined && ms - before > Math.max(5 * timeline.bucket_ms, 15_000)) stacked.forEach(layer => { layer[i - 1] = null; });
    }
  });
  const max = at.map(ms => { const row = rowAt(timeline, ms); return row < 0 ? undefined : timeline.columns.memory_max_bytes[row]; });
  // The last limit holds until the next would be due; beyond that nobody knows.
  const spread = (line, values) => {
    const known = new Map(line.atMs.map((ms, i) => [ms, values[i]]));
    const last = line.atMs.at(-1);
    const due = last + Math.max(timeline.bucket_ms, last - (line.atMs.at(-2) ?? last));
    return at.map(ms => known.has(ms) ? known.get(ms) : ms > last && ms <= due ? values.at(-1) : undefined);
  };
  return [x, ...stacked.toReversed(), max, ...lines.map(line => spread(line, line.bytes)), ...wide.map(line => spread(line, line.upTo))];
}

function marksOf(timeline) {
  return [
    ...timeline.kills.map(k => ({atMs: Date.parse(k.killed_at), kind: 'kill', incident: k.incident_id, text: `${k.kind}, ${bytes(k.anon_bytes)}: press Enter or click to open`})),
    ...timeline.guard_events.filter(e => MARKS[e.kind]).map(e => ({atMs: Date.parse(e.occurred_at), kind: e.kind, text: `pid ${e.pid}${e.policy_id ? ', ' + e.policy_id : ''}, limit ${bytes(e.limit_bytes)}`}))
  ].sort((a, b) => a.atMs - b.atMs);
}

function nearest(marks, ms, reach) {
  let best = null;
  for (const mark of marks) {
    const far = Math.abs(mark.atMs - ms) - (mark.kind === 'kill' ? reach / 2 : 0);
    if (far <= reach && (!best || far < best.far)) best = {...mark, far};
  }
  return best;
}

function legend(timeline, lines) {
  const some = column => timeline.columns[column].some(v => v !== null);
  const sign = kind => h('li', null, s('svg', {width: 16, height: 16, 'aria-hidden': true}, s('text', {x: 8, y: 13, 'text-anchor': 'middle', 'font-size': 14, fill: `var(${MARKS[kind].colour})`}, MARKS[kind].sign)), MARKS[kind].text);
  const counted = kind => kind === 'kill' ? timeline.kills.length : timeline.guard_events.filter(e => e.kind === kind).length;
  return h('ul', {class: 'legend', 'aria-label': 'Legend'},
    LAYERS.filter(([column]) => some(column)).map(([, label, name]) => h('li', null, s('svg', {width: 14, height: 14, 'aria-hidden': true}, s('rect', {width: 14, height: 14, rx: 3, fill: `var(${name})`})), label)),
    h('li', null, stroke('--ink', null, 3), 'memory.max'),
    lines.map((line, i) => h('li', null, stroke(nameOf(line), line.live ? null : DASHES[i % DASHES.length], line.whatIf ? 3 : 2), line.label)),
    Object.keys(MARKS).filter(kind => counted(kind) > 0).map(kind => { const item = sign(kind); item.append(` ×${counted(kind)}`); return item; }));
}

const stroke = (name, dash, width) => s('svg', {width: 30, height: 12, 'aria-hidden': true}, s('line', {x1: 0, x2: 30, y1: 6, y2: 6, stroke: `var(${name})`, 'stroke-width': width, 'stroke-dasharray': dash?.join(' ')}));

function modes(timeline, plot) {
  const width = plot.width, left = plot.bbox.left / devicePixelRatio, wide = plot.bbox.width / devicePixelRatio;
  const from = Date.parse(timeline.from), to = Date.parse(timeline.to);
  const x = ms => left + wide * (Math.max(from, Math.min(to, ms)) - from) / (to - from);
  const last = timeline.at_ms.at(-1) ?? to;
  const parts = timeline.modes.map((m, i) => ({...m, end: timeline.modes[i + 1]?.at_ms ?? Math.max(last + timeline.bucket_ms, m.at_ms + timeline.bucket_ms)}));
  const text = parts.length ? parts.map(p => `${p.mode} from ${time(p.at_ms)}`).join(', ') : 'no decision was logged here';
  return s('svg', {width, height: 24, role: 'img', 'aria-label': 'Mode of the guard: ' + text},
    s('text', {x: left - 6, y: 15, 'text-anchor': 'end', class: 'svg-text'}, 'guard'),
    s('rect', {x: left, y: 2, width: wide, height: 18, rx: 3, class: 'mode-off'}),
    parts.map(p => s('g', null, s('title', null, `${p.mode} from ${time(p.at_ms)}`), s('rect', {x: x(p.at_ms), y: 2, width: Math.max(1, x(p.end) - x(p.at_ms)), height: 18, class: 'mode-' + p.mode}),
      x(p.end) - x(p.at_ms) > 50 && s('text', {x: (x(p.at_ms) + x(p.end)) / 2, y: 15, 'text-anchor': 'middle', class: p.mode === 'off' ? 'mode-text' : 'on-mode'}, words(p.mode)))),
    parts.length === 0 && s('text', {x: left + 8, y: 15, class: 'mode-text'}, text));
}
