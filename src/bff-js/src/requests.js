// One request to Bff, with the cookie and the header that proves it is ours.
import { BffError } from './errors.js';
import { base, here, onBff } from './settings.js';

/** @param {string} path @param {RequestInit} [init] @returns {Promise<Response>} */
export const ask = async (path, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set('X-CSRF', '1');
  try {
    return await fetch(onBff(path), { ...init, headers, credentials: 'include' });
  } catch (error) {
    if (init.signal?.aborted && init.signal.reason?.name !== 'TimeoutError') throw error;
    // Away, or not for this origin? A request that needs no permission tells.
    const answers = base() !== here() && !init.signal?.aborted && await fetch(onBff('/bff/session'), { mode: 'no-cors', credentials: 'omit' }).then(() => true, () => false);
    throw new BffError(answers ? { code: 'origin_mismatch' } : { code: 'unreachable', detail: `No answer from ${base()}.` });
  }
};
