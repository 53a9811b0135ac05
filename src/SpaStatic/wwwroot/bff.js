// All the page says to Bff. No token comes this way: the browser sends Bff's cookie, and Bff adds the token to calls under /api.
import { bffUrl } from './config.js';

const ANSWER_WITHIN = 15_000; // ms; Bff gives up on the provider well before this

/**
 * What `GET /bff/session` and `POST /bff/renew` answer. Times are ISO 8601 in UTC, by Bff's clock.
 * @typedef {object} Session
 * @property {boolean} isLoggedIn  false: only `now` comes with it
 * @property {string} now  when Bff wrote this answer
 * @property {string} name  how to greet the user
 * @property {string} sub  who the user is to the provider
 * @property {string} accessTokenExpiresAt
 * @property {string|null} renewsAt  when Bff renews the token; null when renewal is 'silent'
 * @property {string} sessionExpiresAt  when the user has to log in again, if nothing is called until then
 * @property {'background'|'silent'} renewal  who renews: Bff by itself, or this page through `silentLogin`
 * @property {string} logoutUrl
 */

/** A refusal by name. `code` is the problem's code, an OAuth error, or one of ours: `unreachable`, `timeout`. */
export class BffError extends Error {
  /** @param {{code: string, status?: number, detail?: string, retryAfter?: number}} problem  status 0: nobody answered; retryAfter: seconds */
  constructor({ code, status = 0, detail = code, retryAfter }) {
    super(detail);
    Object.assign(this, { name: 'BffError', code, status, retryAfter });
  }
}

/**
 * `fetch` through Bff: brings the cookie and the header that proves the call is ours.
 * @param {string} path  on Bff, such as `/api/private`
 * @param {RequestInit} [init]
 * @returns {Promise<Response>} whatever the status
 * @throws {BffError} `unreachable`
 */
async function bffFetch(path, init = {}) {
  const headers = new Headers(init.headers);
  headers.set('X-CSRF', '1');
  try {
    return await fetch(onBff(path), { ...init, headers, credentials: 'include' });
  } catch (error) {
    if (error.name === 'AbortError') throw error; // the caller's own wish
    throw new BffError({ code: 'unreachable', detail: `No answer from ${bffUrl}.` });
  }
}
export { bffFetch as fetch };

/**
 * Who is signed in and how long the token lives. Asking does not keep the session alive.
 * @returns {Promise<Session>}
 * @throws {BffError} `unreachable`, or the problem's code
 */
export function getSession() {
  return answerOf('/bff/session', { cache: 'no-store' });
}

/**
 * Renews the access token now.
 * @returns {Promise<Session>}
 * @throws {BffError} status 401: the session is over; code `renewal_not_possible`: use `silentLogin`;
 *   status 503: the provider is not reachable, ask again after `retryAfter` seconds; `unreachable`
 */
export function renew() {
  return answerOf('/bff/renew', { method: 'POST' });
}

/**
 * Leaves the page to sign in. The user comes back to `returnUrl`, with `?error=code` when it did not work.
 * @param {{returnUrl?: string, prompt?: string, loginHint?: string}} [options]
 */
export function login({ returnUrl = pageUrl(), prompt, loginHint } = {}) {
  location.assign(onBff('/bff/login', { returnUrl, prompt, login_hint: loginHint }));
}

/**
 * Leaves the page to sign out here and at the provider.
 * @param {{returnUrl?: string}} [options]
 * @returns {Promise<boolean>} false: there was nobody to sign out, the page stays
 * @throws {BffError} `unreachable`, or the problem's code
 */
export async function logout({ returnUrl = pageUrl() } = {}) {
  const { isLoggedIn, logoutUrl } = await getSession(); // another tab may have a newer session than this one knows
  if (isLoggedIn) location.assign(onBff(logoutUrl, { returnUrl }));
  return isLoggedIn;
}

/**
 * Signs in again without a word to the user, in an invisible frame. Calls made meanwhile share one frame.
 * @param {{timeout?: number}} [options]  how long to wait, in ms
 * @returns {Promise<void>} the session has a new token: `getSession` shows it
 * @throws {BffError} the provider's word (`login_required`, `consent_required`, `interaction_required` …) or `timeout`
 */
export function silentLogin({ timeout = 10_000 } = {}) {
  silentLogin.running ??= inFrame(onBff('/bff/silent-login', { returnUrl: `${location.origin}/silent` }), timeout)
    .finally(() => { silentLogin.running = undefined; });
  return silentLogin.running;
}

function inFrame(address, timeout) {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.title = 'Silent sign-in';
  frame.src = address;

  let hear, timer;
  return new Promise((resolve, reject) => {
    hear = ({ origin, source, data }) => {
      if (origin !== location.origin || source !== frame.contentWindow || data?.type !== 'bff:silent') return;
      if (data.result === 'ok') resolve();
      else reject(new BffError({ code: data.error ?? 'server_error' }));
    };
    window.addEventListener('message', hear);
    timer = setTimeout(() => reject(new BffError({ code: 'timeout' })), timeout);
    document.body.append(frame);
  }).finally(() => {
    clearTimeout(timer);
    window.removeEventListener('message', hear);
    frame.remove();
  });
}

async function answerOf(path, init) {
  const response = await bffFetch(path, { ...init, signal: AbortSignal.timeout(ANSWER_WITHIN) });
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  throw new BffError({
    code: body?.code ?? 'unexpected_answer',
    status: response.status,
    detail: body?.detail ?? body?.title,
    retryAfter: secondsUntil(response.headers.get('Retry-After')),
  });
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, section 10.2.3). */
function secondsUntil(retryAfter) {
  if (!retryAfter) return undefined;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function onBff(path, query = {}) {
  const url = new URL(path, bffUrl);
  if (url.origin !== new URL(bffUrl).origin) throw new TypeError(`${path} does not lead to Bff.`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}

function pageUrl() {
  const url = new URL(location.href);
  url.hash = '';
  url.searchParams.delete('error');
  return url.href;
}
