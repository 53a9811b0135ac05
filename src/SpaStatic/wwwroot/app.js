// The token-renewal sample after its move behind Bff: the same function names, none of the tokens.
// Bff renews in the background and this page follows; a session without a refresh token is renewed by the page, through /silent.
import { wireApi } from './api.js';
import * as bff from './bff.js';
import { isFinal, meaningOf, unreachable } from './messages.js';
import { showProfile, wirePages } from './pages.js';
import { inTurn } from './turns.js';
import * as view from './view.js';

const LONGEST_DELAY = 2 ** 31 - 1; // ms; setTimeout counts in 32 bits and fires at once beyond
const LOOK_AFTER = 1_000;          // ms from a renewal planned by Bff to our look at its outcome
const SILENT_LEAD = 10_000;        // ms before expiry at which the page renews silently, at most a quarter of what is left
const LONGEST_PAUSE = 60;          // s between two tries

// All in memory; web storage stays empty. Times are ms by Bff's clock.
let session = null;                // Bff's last answer, while somebody is signed in
let expiresAt, renewsAt, sessionEndsAt;
let clockSkew = 0;                 // ms that Bff's clock is ahead of ours
let tokenRenewalTimeout;
let obstacle = null;               // 'unreachable': Bff; 'failed': a renewal, to be tried again; 'refused': only a login can help
let tries = 0;                     // in a row, without a new token
let notBefore = 0;                 // the earliest moment of the next try

const serverNow = () => Date.now() + clockSkew;

/** Takes in what Bff said: its clock, the token's times, and from them the next renewal. */
function setSession(answer, how = 'by Bff, in the background') {
  const before = session;
  session = answer.isLoggedIn ? answer : null;
  clockSkew = Date.parse(answer.now) - Date.now();

  const sameUser = before !== null && before.sub === session?.sub;
  const sameToken = sameUser && before.accessTokenExpiresAt === session.accessTokenExpiresAt;
  if (!sameToken || obstacle === 'unreachable') startAfresh();
  if (session) readTimes(sameToken);
  show();

  if (sameUser && !sameToken) {
    view.addRenewal(how, Date.now(), expiresAt - clockSkew);
    notBefore = serverNow() + 2 * LOOK_AFTER; // tokens born expired must not make us spin
  } else if (session && !before) {
    view.hush();
  } else if (before && !session) {
    view.say('warning', meaningOf({ code: 'session_ended' }));
  }
  scheduleRenewal();
}

function readTimes(sameToken) {
  const ms = (time) => (time ? Date.parse(time) : Infinity);
  expiresAt = ms(session.accessTokenExpiresAt);
  sessionEndsAt = ms(session.sessionExpiresAt);
  if (session.renewsAt) {
    renewsAt = ms(session.renewsAt);
  } else if (!sameToken) {
    renewsAt = expiresAt - Math.min(SILENT_LEAD, Math.max(0, expiresAt - serverNow()) / 4);
  }
}

/** Plans the next renewal, or the next look at Bff's. What is overdue happens at once. */
function scheduleRenewal() {
  clearTimeout(tokenRenewalTimeout);
  const planned = plannedAt();
  if (planned > serverNow()) tries = 0;
  const delay = Math.max(planned, notBefore) - serverNow();
  if (delay === Infinity) return;
  tokenRenewalTimeout = setTimeout(delay > LONGEST_DELAY ? scheduleRenewal : act, Math.min(Math.max(0, delay), LONGEST_DELAY));
}

function plannedAt() {
  if (obstacle === 'unreachable' || obstacle === 'failed') return 0;
  if (!session) return Infinity;
  return Math.min(obstacle === 'refused' ? Infinity : renewalDue(), sessionEndsAt + LOOK_AFTER);
}

const renewalDue = () => (session.renewal === 'silent' ? renewsAt : renewsAt + LOOK_AFTER);

function act() {
  const ourTurn = obstacle === 'failed' || (obstacle === null && session.renewal === 'silent' && renewalDue() <= serverNow());
  pause();
  if (ourTurn) renewToken();
  else checkSession();
}

/** Waits 1, 2, 4 … seconds before the next try, or as long as Bff says. */
function pause(seconds = 0) {
  notBefore = serverNow() + 1_000 * Math.max(seconds, Math.min(2 ** tries++, LONGEST_PAUSE));
}

function startAfresh() {
  if (obstacle) view.hush();
  obstacle = null;
  tries = notBefore = 0;
}

/**
 * Renews the token now: Bff does it, or, for a session without a refresh token, the silent page.
 * @param {(error: Error|null, session?: object|null) => void} [cb]
 */
function renewToken(cb = () => {}) {
  return inTurn('renewToken', renew).then((error) => (error ? cb(error) : cb(null, session)));
}

async function renew() {
  view.busy('#renew', true);
  try {
    if (session?.renewal === 'silent' || !await renewedByBff()) await renewSilently();
  } catch (error) {
    fail(error, error.code === 'unreachable' ? 'unreachable' : 'failed');
    return error;
  } finally {
    view.busy('#renew', false);
  }
}

async function renewedByBff() {
  try {
    const answer = await bff.renew();
    startAfresh();
    setSession(answer, 'by the button');
    return true;
  } catch (error) {
    if (error.code === 'renewal_not_possible') return false;
    throw error;
  }
}

/** In one tab at a time: the second finds the token renewed by the first and leaves the provider alone. */
function renewSilently() {
  const work = async () => {
    let latest = await bff.getSession();
    if (latest.isLoggedIn && latest.accessTokenExpiresAt === session?.accessTokenExpiresAt) {
      await bff.silentLogin();
      latest = await bff.getSession();
    }
    setSession(latest, 'by this page, silently');
  };
  return navigator.locks ? navigator.locks.request('bff:silent', work) : work();
}

/** Reads the session: at the start, after a renewal of Bff's, when the tab is looked at, when the network is back. */
function checkSession() {
  return inTurn('checkSession', async () => {
    try {
      setSession(await bff.getSession());
    } catch (error) {
      fail(error, 'unreachable');
    }
  });
}

async function logout() {
  clearTimeout(tokenRenewalTimeout);
  try {
    if (!await bff.logout()) await checkSession();
  } catch (error) {
    fail(error, 'unreachable');
  }
}

/** Says what went wrong and plans the next try, if another try can help. */
function fail(error, kind) {
  if (error.status === 401) {
    if (session) checkSession(); // it will tell that the session is over
    else view.say('warning', meaningOf({ code: 'signed_out' }));
    return;
  }
  obstacle = isFinal(error) ? 'refused' : kind;
  if (error.retryAfter || notBefore <= serverNow()) pause(error.retryAfter);
  show();
  if (obstacle === 'refused') view.say('warning', meaningOf(error));
  else view.say('error', obstacle === 'unreachable' ? unreachable(error) : meaningOf(error), notBefore - clockSkew);
  scheduleRenewal();
}

function show() {
  const state = obstacle === 'unreachable' ? 'unreachable' : session ? 'signed-in' : 'signed-out';
  view.showSession(state, session, { expiresAt, renewsAt, sessionEndsAt, clockSkew });
  showProfile(session);
}

/** Timers sleep with the machine and in hidden tabs: look again when somebody looks at us. */
function wakeUp() {
  if (document.visibilityState === 'hidden') return;
  if (obstacle === 'refused') startAfresh(); // the user may have logged in at the provider meanwhile
  notBefore = 0;
  checkSession();
}

/** The code a failed login came back with; taken out of the address so that a reload does not show it again. */
function takeLoginError() {
  const url = new URL(location.href);
  const code = url.searchParams.get('error');
  if (code === null) return null;
  url.searchParams.delete('error');
  history.replaceState(null, '', url);
  return /^[\w.-]{1,64}$/.test(code) ? code : 'unknown_error'; // anybody can write an address: only names may reach the page
}

window.addEventListener('load', async () => {
  const loginError = takeLoginError();
  $('#login, #log-in-again').on('click', () => bff.login());
  $('#logout').on('click', logout);
  $('#renew').on('click', () => renewToken());
  $('#try-again').on('click', wakeUp);
  const onSignedOut = () => session && checkSession();
  wireApi({ onSignedOut });
  wirePages({ onSignedOut });
  setInterval(() => view.tick(serverNow()), 1_000);
  document.addEventListener('visibilitychange', wakeUp);
  window.addEventListener('online', wakeUp);
  window.addEventListener('pageshow', (event) => event.persisted && wakeUp()); // back from elsewhere, with a page of old
  await checkSession();
  if (loginError && obstacle === null) view.say('warning', meaningOf({ code: loginError }));
});

// For the console, and for tests.
window.app = {
  renewToken, scheduleRenewal, setSession, checkSession, logout,
  get tokenRenewalTimeout() { return tokenRenewalTimeout; },
  get session() { return session; },
};
