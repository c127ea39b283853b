// Builds elements. Text always goes in as text, so nothing from the database is ever read as markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat(4)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/** A link that does not load the page anew. */
export const link = (href, ...children) => h('a', {href, 'data-link': true}, ...children);

/** A card with a heading, and its data to take away. */
export function panel(title, data, ...children) {
  const take = data && h('span', {class: 'take'},
    h('button', {type: 'button', onclick: () => save(data.name + '.csv', 'text/csv', csv(data.columns, data.rows())), 'aria-label': `${title} as CSV`}, 'CSV'),
    h('button', {type: 'button', onclick: () => save(data.name + '.json', 'application/json', json(data)), 'aria-label': `${title} as JSON`}, 'JSON'));
  return h('section', {class: 'panel'}, h('div', {class: 'head'}, h('h2', null, title), take), ...children);
}

/** A table; a column is {label, get, field?, number?, wide?, show?}. */
export function table(caption, columns, rows, tall) {
  return h('div', {class: tall ? 'scroll tall' : 'scroll', tabindex: 0, role: 'region', 'aria-label': caption},
    h('table', null, h('caption', {class: 'visually-hidden'}, caption),
      h('thead', null, h('tr', null, columns.map(c => h('th', {scope: 'col', class: c.number ? 'n' : c.wide && 'w'}, c.label)))),
      h('tbody', null, rows.map(row => h('tr', null, columns.map(c =>
        h('td', {class: c.number ? 'n' : c.wide && 'w'}, (c.show || c.get)(row) ?? '–')))))));
}

/** A table behind a chart. */
export function behind(caption, columns, rows) {
  const details = h('details', null, h('summary', null, 'As a table'));
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) details.append(table(caption, columns, rows(), true));
  });
  return details;
}

export const chip = (text, kind) => h('span', {class: 'chip ' + (kind || '')}, text);

function csv(columns, rows) {
  const cell = value => {
    const text = value === null || value === undefined ? '' : String(value);
    // A spreadsheet would run a text that starts like a formula.
    const safe = typeof value === 'string' && /^[=+@\t\r-]/.test(text) ? "'" + text : text;
    return /[",\n\r]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
  };
  return [columns.map(c => c.field || c.label), ...rows.map(row => columns.map(c => c.get(row)))]
    .map(line => line.map(cell).join(',')).join('\r\n') + '\r\n';
}

function json({columns, rows}) {
  return JSON.stringify(rows().map(row => Object.fromEntries(columns.map(c => [c.field || c.label, c.get(row) ?? null]))), null, 1);
}

/** Has the browser keep a text as a file. */
export function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], {type}));
  const a = h('a', {href: url, download: name});
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
