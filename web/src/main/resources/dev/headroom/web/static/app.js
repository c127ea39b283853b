// The address decides what is shown; everything a view shows can be had again from its address.
import {h, link} from './dom.js';
import {get, listen, signIn, Problem} from './api.js';
import {remember} from './keep.js';
import {fleet} from './view/fleet.js';
import {instance} from './view/instance.js';
import {incident} from './view/incident.js';
import {backtests, backtest} from './view/backtests.js';
import {rollouts, rollout} from './view/rollouts.js';

const VIEWS = [
  [/^\/$/, 'fleet', fleet], [/^\/instances$/, 'fleet', fleet], [/^\/instances\/([^/]+)$/, 'fleet', instance],
  [/^\/incidents\/([^/]+)$/, 'fleet', incident], [/^\/backtests$/, 'backtests', backtests],
  [/^\/backtests\/([^/]+)$/, 'backtests', backtest], [/^\/rollouts$/, 'rollouts', rollouts],
  [/^\/rollouts\/([^/]+)$/, 'rollouts', rollout]];

const SAID_MS = 12_000;
const main = document.getElementById('view');
const $ = id => document.getElementById(id);
let current = null;
let shown = 0;
let silence = null;

/** What a view is given: the range, ways to go on, and a signal that it is left. */
function context(page, abort) {
  const query = new URLSearchParams(location.search);
  return {
    query, signal: abort.signal, page,
    from: query.get('from') || '7d', to: query.get('to') || 'now',
    hasRange: query.has('from'),
    go: (path, replace) => navigate(path, replace),
    set: values => {
      const next = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(values)) value === null ? next.delete(name) : next.set(name, value);
      navigate(location.pathname + (next.size ? '?' + next : ''), false);
    },
    keep: values => {
      const next = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(values)) value === null ? next.delete(name) : next.set(name, value);
      history.replaceState(null, '', location.pathname + (next.size ? '?' + next : ''));
    },
    refresh: () => show(false, true),
    say,
    title: text => { document.title = text + ' · Headroom'; },
    onChange: handler => { current.onChange = handler; },
    onTheme: handler => { current.onTheme = handler; }
  };
}

/** Says what was done; it stands beside the page, which may be drawn anew meanwhile. */
function say(text) {
  $('said').textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { $('said').textContent = ''; }, SAID_MS);
}

/** Shows what the address says; anew with the same address keeps everybody where they are. */
async function show(focus, anew) {
  current?.abort.abort();
  const abort = new AbortController();
  current = {abort, onChange: null, onTheme: null};
  const mine = ++shown;
  if (!anew) main.setAttribute('aria-busy', 'true');
  const found = VIEWS.map(([pattern, page, view]) => [pattern.exec(location.pathname), page, view]).find(([match]) => match);
  document.querySelectorAll('nav a').forEach(a =>
    a.dataset.page === found?.[1] ? a.setAttribute('aria-current', 'page') : a.removeAttribute('aria-current'));
  showRange();
  let content;
  try {
    content = found ? await found[2](context(found[1], abort), found[0][1]) : notFound();
  } catch (e) {
    if (abort.signal.aborted) return;
    content = problem(e);
  }
  if (mine !== shown) return;
  const restore = anew && remember(main);
  main.replaceChildren(...[content].flat());
  main.setAttribute('aria-busy', 'false');
  main.dispatchEvent(new Event('shown'));
  if (restore) restore();
  else if (focus) main.focus({preventScroll: true});
}

const notFound = () => h('section', {class: 'panel problem'}, h('h1', null, 'There is nothing here'), link('/', 'Go to the fleet'));

function problem(e) {
  if (e instanceof Problem && e.status === 401) return askToken();
  console.info('could not show this page:', e.message);
  return h('section', {class: 'panel problem', role: 'alert'}, h('h1', null, 'This could not be shown'),
    h('p', null, e.message), e.nextStep && h('p', {class: 'note'}, 'What to do: ' + e.nextStep),
    h('button', {type: 'button', onclick: () => show()}, 'Try again'));
}

function askToken() {
  const input = h('input', {id: 'token', type: 'password', autocomplete: 'off', class: 'grow'});
  return h('section', {class: 'panel'}, h('h1', null, 'Who are you?'),
    h('p', {class: 'sub'}, 'This dashboard asks for a token. An admin makes one: headroom token create NAME'),
    h('form', {class: 'row', onsubmit: event => { event.preventDefault(); signIn(input.value.trim()); show(true); }},
      h('label', {for: 'token'}, 'Token'), input, h('button', {class: 'primary'}, 'Go on')));
}

function navigate(path, replace) {
  history[replace ? 'replaceState' : 'pushState'](null, '', path);
  show(true);
  window.scrollTo(0, 0);
}

function showRange() {
  const from = new URLSearchParams(location.search).get('from') || '7d';
  const to = new URLSearchParams(location.search).get('to');
  const known = [...$('range').options].some(o => o.value === from) && (!to || to === 'now');
  $('range').value = known ? from : 'custom';
}

// The skip link: an address of its own would be another view.
document.querySelector('.skip').addEventListener('click', event => { event.preventDefault(); main.focus(); });
document.addEventListener('click', event => {
  const a = event.target.closest?.('a[data-link]');
  if (!a || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  navigate(a.getAttribute('href'));
});
window.addEventListener('popstate', () => show(true));
$('range').addEventListener('change', event => {
  const next = new URLSearchParams(location.search);
  next.set('from', event.target.value);
  next.delete('to');
  navigate(location.pathname + '?' + next);
});
$('zone').value = localStorage.getItem('headroom.zone') || 'utc';
$('zone').addEventListener('change', event => { localStorage.setItem('headroom.zone', event.target.value); show(); });
$('theme').value = document.documentElement.dataset.theme;
$('theme').addEventListener('change', event => {
  localStorage.setItem('headroom.theme', event.target.value);
  document.documentElement.dataset.theme = event.target.value;
  current?.onTheme?.();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => current?.onTheme?.());

show();
listen(marks => current?.onChange?.(marks), isOn => {
  $('live').textContent = isOn ? '● live' : '○ not live';
  $('live').classList.toggle('on', isOn);
});
get('/api/v1/me').then(me => { document.documentElement.dataset.scope = me.scope; }, () => {});
