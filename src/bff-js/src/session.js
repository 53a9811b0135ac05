// The session as Bff has told it last, and the events that come of news.
import { BffError } from './errors.js';
import { emit } from './events.js';
import { ask } from './requests.js';
import { secondsUntil, SECOND } from './time.js';

/** @import * as Bff from './index.js' */
/** @typedef {{ reason?: string, skewed?: number }} How  skewed: another tab's skew */
/** @typedef {(news: Bff.Session, how: How & { changed: boolean }) => void} Hearer */

/** @type {Bff.Session|null} */
let current = null;
let skew = 0; // ms that Bff's clock is ahead of ours

export const session = () => current;
export const now = () => Date.now() + skew;
/** How far Bff's clock is ahead of ours, in ms. */
export const skewNow = () => skew;

/** @type {Hearer[]} */
const hearers = [];

/** Calls back with whatever is heard of the session, changed or not, before the page's own listeners. @param {Hearer} hearer */
export const whenHeard = (hearer) => { hearers.push(hearer); };

/** @param {Bff.Session} news @param {How} [how] */
export const hear = (news, how = {}) => {
  const before = current;
  current = news;
  skew = how.skewed ?? Date.parse(news.now) - Date.now();
  const changed = JSON.stringify({ ...before, now: 0 }) !== JSON.stringify({ ...news, now: 0 });
  for (const hearer of hearers) hearer(news, { ...how, changed });
  if (!changed) return news;

  if (before?.isLoggedIn && news.sub === before.sub && news.accessTokenExpiresAt !== before.accessTokenExpiresAt) emit('renewed', { session: news, before });
  if (news.renewalError && !before?.renewalError) renewalFailed(new BffError({ code: news.renewalError }));
  if (before?.isLoggedIn && !news.isLoggedIn) emit('signedOut', { reason: how.reason ?? 'unknown', before });
  emit('sessionChanged', { session: news, before });
  return news;
};

/** @param {any} error @returns the same */
export const renewalFailed = (error) => {
  if (current?.isLoggedIn) emit('renewError', { error, session: current });
  return error;
};

/** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} what an endpoint of Bff's answers @throws {BffError} its problem */
export const askJson = async (path, init) => {
  const response = await ask(path, { cache: 'no-store', ...init, signal: AbortSignal.timeout(15 * SECOND) });
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  throw new BffError({ code: nameOf(body?.code), status: response.status, detail: body?.detail ?? body?.title, retryAfter: secondsUntil(response) });
};

const nameOf = (code) => {
  if (code === 'provider_unavailable') return 'idp_unavailable';
  if (code === 'session_ended' || (code === 'session_required' && current?.isLoggedIn)) return 'session_expired';
  return code === 'session_required' ? 'login_required' : code ?? 'unexpected_answer';
};

/** @type {typeof Bff.getSession} */
export const getSession = async () => hear(await askJson('/bff/session'));
