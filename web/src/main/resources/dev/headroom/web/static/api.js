// Asks the API. A token, where one is needed, lives as long as the tab.

export class Problem extends Error {
  constructor(status, message, nextStep) { super(message); this.status = status; this.nextStep = nextStep; }
}

const token = () => sessionStorage.getItem('headroom.token');

function headers(more) {
  return {...(token() ? {Authorization: 'Bearer ' + token()} : {}), ...more};
}

async function answer(response) {
  if (response.ok) return response.status === 204 ? null : response.json();
  const body = await response.json().catch(() => ({}));
  const error = body.error || {};
  throw new Problem(response.status, error.message || 'the answer was ' + response.status, error.next_step);
}

export const get = async (path, signal) => answer(await fetch(path, {headers: headers(), signal}));

/** The answer as text, whatever it is. */
export async function getText(path, signal) {
  const response = await fetch(path, {headers: headers(), signal});
  return response.ok ? response.text() : answer(response);
}

export const post = async (path, body, signal) => answer(await fetch(path,
  {method: 'POST', headers: headers({'Content-Type': 'application/json'}), body: JSON.stringify(body), signal}));

export function signIn(secret) { sessionStorage.setItem('headroom.token', secret); }

/** Calls back with each change, for ever: a stream that ends is opened again. */
export async function listen(onChange, onState) {
  for (let wait = 1000; ; wait = Math.min(wait * 2, 30_000)) {
    try {
      const response = await fetch('/api/v1/events', {headers: headers({Accept: 'text/event-stream'})});
      if (!response.ok) throw new Error(response.status);
      onState(true);
      wait = 1000;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        text += part.value;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const data = text.slice(0, end).split('\n').filter(l => l.startsWith('data:')).map(l => l.slice(5)).join('');
          text = text.slice(end + 2);
          if (data) onChange(JSON.parse(data));
        }
      }
    } catch { /* the next round tries again */ }
    onState(false);
    await new Promise(done => setTimeout(done, wait));
  }
}
