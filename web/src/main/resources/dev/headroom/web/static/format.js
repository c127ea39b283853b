// Numbers and moments as people read them.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(value) {
  if (value === null || value === undefined) return '–';
  let unit = 0;
  let size = Math.abs(value);
  while (size >= 1024 && unit < UNITS.length - 1) { size /= 1024; unit++; }
  const digits = unit === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return (value < 0 ? '-' : '') + size.toFixed(digits) + ' ' + UNITS[unit];
}

export function duration(ms) {
  if (ms === null || ms === undefined) return '–';
  if (ms < 1000) return Math.round(ms) + ' ms';
  if (ms < 60_000) return (ms / 1000).toFixed(1) + ' s';
  if (ms < 3_600_000) return (ms / 60_000).toFixed(1) + ' min';
  return ms < 172_800_000 ? (ms / 3_600_000).toFixed(1) + ' h' : (ms / 86_400_000).toFixed(1) + ' d';
}

export const number = value => value === null || value === undefined ? '–' : value.toLocaleString('en-US');
export const isUtc = () => localStorage.getItem('headroom.zone') !== 'local';

/** A moment from ISO text or milliseconds. */
export function time(moment, withMs) {
  if (moment === null || moment === undefined) return '–';
  const date = new Date(moment);
  const pad = (n, width = 2) => String(n).padStart(width, '0');
  const utc = isUtc();
  const get = name => utc ? date['getUTC' + name]() : date['get' + name]();
  return `${get('FullYear')}-${pad(get('Month') + 1)}-${pad(get('Date'))} ${pad(get('Hours'))}:${pad(get('Minutes'))}:${pad(get('Seconds'))}`
    + (withMs ? '.' + pad(get('Milliseconds'), 3) : '') + (utc ? ' UTC' : '');
}

export const words = text => text === null || text === undefined ? '–' : text.replaceAll('_', ' ');
export const labels = map => Object.entries(map || {}).map(([name, value]) => `${name}=${value}`).join(' ');
export const shortId = id => id.slice(0, 8);
