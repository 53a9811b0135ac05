// Calls to the APIs behind Bff.
import { ask } from './requests.js';
import { session } from './session.js';
import { renewSilently } from './silent.js';
import { MINUTE, pause, SECOND, secondsUntil } from './time.js';

/** @import * as Bff from './index.js' */

/** @type {Promise<unknown>} */
let silentTry;
let silentTryEnd = -Infinity;

/** @type {typeof Bff.fetch} */
export const bffFetch = async (path, init = {}) => {
  const giveUpAt = Date.now() + 30 * SECOND;
  for (;;) {
    const sent = Date.now();
    const response = await ask(path, init);
    if (init.body instanceof ReadableStream) return response;
    if (response.status === 401) {
      if (sent > silentTryEnd + MINUTE && session()?.isLoggedIn !== false) { // no frame a call
        const user = session()?.sub;
        silentTryEnd = Infinity;
        silentTry = renewSilently(true).then(({ sub }) => sub && sub === (user ?? sub), () => {}).finally(() => { silentTryEnd = Date.now(); });
      }
      if (sent < silentTryEnd && await silentTry) continue;
    } else if (response.status === 503) {
      const wait = SECOND * Math.max(1, secondsUntil(response) ?? Infinity);
      if (Date.now() + wait <= giveUpAt && await mayRepeat(response, init)) {
        await pause(wait, init.signal);
        continue;
      }
    }
    return response;
  }
};

/** Bff's own 503 comes before anything was forwarded. @param {Response} response @param {RequestInit} init */
const mayRepeat = async (response, init) => /^(GET|HEAD|OPTIONS)$/i.test(init.method ?? 'GET')
  || /^(provider|store)_un/.test((await response.clone().json().catch(() => null))?.code);
