// Everything the page asks of the ops port. The token lives in this module's memory and nowhere else.
let token = null;

export const PAGE = 10;

export class Problem extends Error {
  constructor(status, { code, title, detail } = {}) {
    super([title ?? `The ops port responded with ${status}.`, detail].filter(Boolean).join(' '));
    this.status = status;
    this.code = code;
  }
}

export const useToken = (value) => { token = value; };

async function ask(path, method = 'GET') {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  let answer;
  try {
    answer = await fetch(path, { method, headers, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(15_000) });
  } catch {
    throw new Problem(0, { code: 'no_answer', title: 'Bff is not responding.' });
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, body);
  return body;
}

export const overview = () => ask('/overview');
export const search = ({ user, frontEnd, provider, troubled }, after) =>
  ask(`/sessions?${new URLSearchParams({ user, take: PAGE, ...(frontEnd && { frontEnd }), ...(provider && { provider }), ...(troubled && { troubled }), ...(after && { after }) })}`);
export const show = (handle) => ask(`/sessions/${handle}`);
export const end = (handle) => ask(`/sessions/${handle}`, 'DELETE');
export const endAll = (user, provider) => ask(`/sessions?${new URLSearchParams({ user, ...(provider && { provider }) })}`, 'DELETE');
export const renew = (handle) => ask(`/sessions/${handle}/renew`, 'POST');
