// Draws a page anew under whoever uses it: focus, what was typed, what was open and how far it was scrolled stay.

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]';

/** The same thing in two drawings of a page: by its id, or by what it is and says; what a picture says changes. */
function nameOf(element) {
  return element.id || element.getAttribute('role') === 'figure' && 'figure' || element.tagName + '|' + (element.getAttribute('aria-label') || element.getAttribute('href') || element.name || element.textContent.trim().slice(0, 80));
}

function all(root, selector) {
  const counted = new Map();
  return [...root.querySelectorAll(selector)].map(element => {
    const name = nameOf(element);
    const nth = counted.get(name) || 0;
    counted.set(name, nth + 1);
    return [name + '|' + nth, element];
  });
}

/** Where somebody is on the page below root; call what it returns when the page has been drawn anew. */
export function remember(root) {
  const refocus = rememberFocus(root);
  const inputs = new Map(all(root, 'input, textarea, select').map(([name, e]) => [name, e.type === 'checkbox' ? e.checked : e.value]));
  const open = new Set(all(root, 'details').filter(([, e]) => e.open).map(([name]) => name));
  const scrolled = new Map(all(root, '.scroll').map(([name, e]) => [name, [e.scrollLeft, e.scrollTop]]));
  const y = window.scrollY;
  return () => {
    all(root, 'details').forEach(([name, e]) => { if (open.has(name)) e.open = true; });
    all(root, 'input, textarea, select').filter(([name]) => inputs.has(name)).forEach(([name, e]) => {
      if (e.type === 'checkbox') { if (e.checked !== inputs.get(name)) e.click(); }
      else if (e.value !== inputs.get(name)) e.value = inputs.get(name);
    });
    all(root, '.scroll').forEach(([name, e]) => { const [left, top] = scrolled.get(name) || [0, 0]; e.scrollTo(left, top); });
    window.scrollTo(window.scrollX, y);
    refocus();
  };
}

/** Where the focus is below root, if it is there; what it returns puts it back, to the page's start if its place is gone. */
export function rememberFocus(root) {
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  if (!focused) return () => {};
  const key = all(root, FOCUSABLE).find(([, element]) => element === focused)?.[0];
  const caret = focused.tagName === 'TEXTAREA' || ['search', 'text'].includes(focused.type) ? [focused.selectionStart, focused.selectionEnd] : null;
  return () => {
    const same = all(root, FOCUSABLE).find(([name]) => name === key)?.[1];
    const target = same && !same.disabled ? same : document.getElementById('view');
    target.focus({preventScroll: true});
    if (caret && target === same) same.setSelectionRange(...caret);
  };
}
