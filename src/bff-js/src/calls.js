// Calls to the APIs behind Bff.
import { isMuted } from './events.js';
import { requestOf, send } from './requests.js';
import { latest, whenHeard } from './session.js';
import { settings } from './settings.js';
import { mayRevive, renewSilently } from './silent.js';
import { elapsed, MINUTE, orAborted, pause, SECOND, secondsUntil } from './time.js';

/** @import * as Bff from './index.js' */

/** @type {Promise<boolean>} */
let silentTry;
let tryEnd = -Infinity; // by `elapsed`
let rest = MINUTE;      // from one try to the next: more of it while an API refuses new tokens, too
let user;               // who is signed in, or has lost the session and was not brought back in vain

whenHeard((news) => { if (news.sub || !mayRevive(news)) user = news.sub; });

const trySilently = () => {
  const who = user ?? latest?.sub;
  tryEnd = Infinity;
  silentTry = renewSilently(true).then(({ sub }) => {
    rest = Math.min(2 * rest, 16 * MINUTE);
    return !!sub && sub === (who ?? sub);
  }, ({ code }) => {
    if (code !== 'unreachable') user = undefined;
    return false;
  }).finally(() => { tryEnd = elapsed(); });
};

/**
 * For one call with its tries: whether the next is worth it; waits until its time has come.
 * @param {{ method: string, signal?: AbortSignal }} request
 * @returns {(response: Response, sent: number) => Promise<boolean>} sent: when, by `elapsed`
 */
export const repeats = ({ method, signal }) => {
  const giveUpAt = elapsed() + 30 * SECOND;
  let hasNewToken = false;
  return async (response, sent) => {
    if (response.status === 401) {
      if (hasNewToken || isMuted() || response.headers.get('Bff-Step-Up') || !settings.silentSignIn) return false;
      if (sent > tryEnd + rest && (user || latest?.isLoggedIn !== false)) trySilently(); // no frame a call
      return hasNewToken = sent < tryEnd && await orAborted(silentTry, signal);
    }
    if (hasNewToken) rest = MINUTE;
    if (response.status !== 503) return false;
    const wait = SECOND * Math.max(1, secondsUntil(response) ?? Infinity);
    return elapsed() + wait <= giveUpAt && await mayRepeat(method, response) && (await pause(wait, signal), true);
  };
};

/** @type {typeof Bff.fetch} */
export const bffFetch = async (input, init) => {
  const request = requestOf(input, init);
  if (/** @type {any} */ (init?.body)?.getReader) return send(request); // a stream
  const repeat = repeats(request);
  for (;;) {
    const sent = elapsed();
    const response = await send(request.clone());
    if (!await repeat(response, sent)) return response;
  }
};

/** Bff's own 503 comes before anything was done. @param {string} method @param {Response} response */
const mayRepeat = async (method, response) => /^(GET|HEAD|OPTIONS)$/.test(method)
  || /^(provider_unavailable|store_unavailable|proof_outdated|token_replaced)$/.test((await response.clone().json().catch(() => null))?.code);
