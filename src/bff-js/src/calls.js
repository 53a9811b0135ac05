// Calls to the APIs behind Bff.
import { isMuted } from './events.js';
import { requestOf, send } from './requests.js';
import { latestSession } from './session.js';
import { settings } from './settings.js';
import { renewSilently } from './silent.js';
import { MINUTE, pause, SECOND, secondsUntil } from './time.js';

/** @import * as Bff from './index.js' */

/** @type {Promise<unknown>} */
let silentTry;
let silentTryEnd = -Infinity;

/** @type {typeof Bff.fetch} */
export const bffFetch = async (input, init) => {
  const request = requestOf(input, init);
  if (globalThis.ReadableStream && init?.body instanceof ReadableStream) return send(request);
  const giveUpAt = Date.now() + 30 * SECOND;
  for (;;) {
    const sent = Date.now();
    const response = await send(request.clone());
    if (response.status === 401 && settings.silentSignIn && !isMuted()) {
      if (sent > silentTryEnd + MINUTE && latestSession()?.isLoggedIn !== false) { // no frame a call
        const user = latestSession()?.sub;
        silentTryEnd = Infinity;
        silentTry = renewSilently(true).then(({ sub }) => sub && sub === (user ?? sub), () => {}).finally(() => { silentTryEnd = Date.now(); });
      }
      if (sent < silentTryEnd && await silentTry) continue;
    } else if (response.status === 503) {
      const wait = SECOND * Math.max(1, secondsUntil(response) ?? Infinity);
      if (Date.now() + wait <= giveUpAt && await mayRepeat(request, response)) {
        await pause(wait, request.signal);
        continue;
      }
    }
    return response;
  }
};

/** Bff's own 503 comes before anything was forwarded. @param {Request} request @param {Response} response */
const mayRepeat = async ({ method }, response) => ['GET', 'HEAD', 'OPTIONS'].includes(method)
  || /^(provider|store)_un/.test((await response.clone().json().catch(() => null))?.code);
