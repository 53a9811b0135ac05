// The session as Bff has told it last, and the events that come of news.
import { BffError } from './errors.js';
import { emit, isMuted } from './events.js';
import { noteSignOut, signedOutOf } from './memory.js';
import { requestOf, send, unreachable } from './requests.js';
import { secondsUntil, SECOND, timeout } from './time.js';

/** @import * as Bff from './index.js' */
/** @typedef {{ reason?: string, skewed?: number, since?: number }} How  skewed: another tab's skew; since: how much was heard when it was asked */
/** @typedef {(news: Bff.Session, how: How & { changed: boolean }) => void} Hearer */

/** As Bff has told it last. @type {Bff.Session | null} */
export let latest = null;
/** @type {Bff.Session | null} */
let shown = null;
export let skew = 0; // ms that Bff's clock is ahead of ours
let heard = 0; // how often

/** As the page knows it: while the user is signing out nothing changes. */
export const session = () => shown;
export const now = () => Date.now() + skew;

/** @type {Hearer[]} */
const hearers = [];

/** Calls back with whatever was and is heard of the session, changed or not, before the page's own listeners. @param {Hearer} hearer */
export const whenHeard = (hearer) => {
  hearers.push(hearer);
  if (latest) hearer(latest, { changed: false });
};

/** @param {Bff.Session | null} one @param {Bff.Session | null} other */
const same = (one, other) => JSON.stringify({ ...one, now: 0 }) === JSON.stringify({ ...other, now: 0 });

/** @param {Bff.Session} told @param {How} [how] */
export const hear = (told, how = {}) => {
  if (latest && /** @type {any} */ (how.since) < heard && told.now < latest.now) return latest; // a late response; Bff's clock may be set back in between
  heard++;
  const before = latest;
  const news = latest = told.isLoggedIn ? told : { ...told, reason: told.reason ?? how.reason ?? reasonAfter(before) };
  if (news.isLoggedIn && (signedOutOf() ?? news.logoutUrl) !== news.logoutUrl) noteSignOut();
  skew = how.skewed ?? Date.parse(news.now) - Date.now();
  const changed = !same(before, news);
  for (const hearer of hearers) hearer(news, { ...how, changed });
  publish();
  return news;
};

/** @param {Bff.Session | null} before */
const reasonAfter = (before) => {
  if (!before?.isLoggedIn) return before?.reason;
  return before.logoutUrl && before.logoutUrl === signedOutOf() ? 'signed_out' : 'unknown';
};

/** Tells the page what it does not know yet. */
export const publish = () => {
  const [before, news] = [shown, latest];
  if (isMuted() || !news || same(before, news)) return;
  shown = news;
  if (before?.isLoggedIn && news.isLoggedIn && news.sub === before.sub && news.accessTokenExpiresAt !== before.accessTokenExpiresAt) {
    emit('renewed', { session: news, before });
  }
  if (news.renewalError && !before?.renewalError) renewalFailed(new BffError({ code: news.renewalError }));
  if (before?.isLoggedIn && !news.isLoggedIn) emit('signedOut', { reason: news.reason ?? 'unknown', before });
  emit('sessionChanged', { session: news, before });
};

/** @param {any} error @returns the same */
export const renewalFailed = (error) => {
  if (latest?.isLoggedIn) emit('renewError', { error, session: latest });
  return error;
};

/** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} what an endpoint of Bff's answers @throws {BffError} its problem */
export const askJson = async (path, init) => {
  const signal = timeout(15 * SECOND);
  const response = await send(requestOf(path, { cache: 'no-store', ...init, signal })).catch((error) => { throw signal.aborted ? unreachable() : error; });
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  throw new BffError({ code: nameOf(body?.code), status: response.status, detail: body?.detail ?? body?.title, retryAfter: secondsUntil(response) });
};

const nameOf = (code) => {
  if (code === 'provider_unavailable') return 'idp_unavailable';
  if (code === 'session_ended' || (code === 'session_required' && (latest?.isLoggedIn || latest?.reason))) return 'session_expired';
  return code === 'session_required' ? 'login_required' : code ?? 'unexpected_answer';
};

/** Asks an endpoint that responds with the session. @param {How} [how] @param {string} [path] @param {RequestInit} [init] */
export const askSession = async (how, path = '/bff/session', init) => {
  const since = heard;
  const told = await askJson(path, init);
  if (!Date.parse(told.now)) throw new BffError({ code: 'unexpected_answer', status: 200 });
  return hear(told, { ...how, since });
};

/** @type {typeof Bff.getSession} */
export const getSession = () => askSession();
