// A question before something is done: what is going to happen, why, and what went wrong if it did not.
import {h} from './dom.js';
import {rememberFocus} from './keep.js';

const MOST_REASON = 500;

/**
 * Asks for a reason and does it. Whatever is refused is shown in the dialog, which stays; afterwards the focus is where it was.
 * @param title what is going to be done
 * @param lines what that means, as elements or text
 * @param label of the button that does it, kind its class
 * @param go does it with the reason; may throw
 */
export function ask({title, lines, label, kind, go}) {
  const returnFocus = rememberFocus(document.body);
  const reason = h('input', {id: 'reason', type: 'text', required: true, maxlength: MOST_REASON, autocomplete: 'off', placeholder: 'it is kept in the audit, with your name'});
  const problem = h('div', {role: 'alert'});
  const act = h('button', {class: kind}, label);
  const dialog = h('dialog', {class: 'ask', 'aria-labelledby': 'ask-title', 'aria-describedby': 'ask-lines'},
    h('form', {onsubmit: submit}, h('h2', {id: 'ask-title'}, title), h('div', {id: 'ask-lines'}, lines),
      h('label', {for: 'reason'}, 'Why?'), reason, problem,
      h('div', {class: 'row end'}, h('button', {type: 'button', onclick: () => dialog.close()}, 'Cancel'), act)));
  async function submit(event) {
    event.preventDefault();
    if (act.getAttribute('aria-disabled')) return;
    act.setAttribute('aria-disabled', 'true');
    problem.replaceChildren();
    try {
      await go(reason.value.trim());
      dialog.close();
    } catch (e) {
      problem.replaceChildren(h('p', {class: 'refused'}, h('b', null, '✕ Nothing was changed. '), e.message, e.nextStep && h('span', {class: 'note'}, ' What to do: ' + e.nextStep)));
    }
    act.removeAttribute('aria-disabled');
  }
  const leave = () => dialog.close();
  dialog.addEventListener('keydown', event => stayInside(dialog, event));
  dialog.addEventListener('close', () => {
    window.removeEventListener('popstate', leave);
    dialog.remove();
    returnFocus();
  });
  window.addEventListener('popstate', leave);
  document.body.append(dialog);
  dialog.showModal();
  reason.focus();
}

/** A browser would go on to its own bar after the last element. */
function stayInside(dialog, event) {
  if (event.key !== 'Tab') return;
  const stops = [...dialog.querySelectorAll('input, select, button, summary, a[href]')].filter(e => !e.disabled && e.offsetParent !== null);
  const at = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement === at) {
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }
}
