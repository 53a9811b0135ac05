// The token-renewal sample after its move behind Bff: the same function names, none of the tokens.
// bff.js tells what happens to the session; this page shows it, and renews a session without a refresh token the sample's way, through /silent.
import { forgetAnswer, wireApi } from './api.js';
import * as bff from './bff.js';
import { bffUrl } from './config.js';
import * as ending from './ending.js';
import { wireFetched } from './fetched.js';
import * as life from './life.js';
import { isFinal, isUnreachable } from './messages.js';
import { showProfile, wirePages } from './pages.js';
import { wireTry } from './try.js';
import * as view from './view.js';

const SILENT_LEAD = 10_000; // ms before expiry at which this page renews silently, at most a quarter of what is left
const LONGEST_PAUSE = 60;   // s between two tries

// All in memory. Times are ms by Bff's clock.
let session = null;         // Bff's last answer, while somebody is signed in
let expiresAt, renewsAt;
let tokenRenewalTimeout;
let renewal = null;         // { how, outcome } while this page renews
let failures = 0;           // in a row, without a new token
let lastError = null;
let notBefore = 0;          // the earliest moment of the next try

// What else the view goes by.
const facts = { asked: false, leaving: false, expiring: false, connection: { state: 'live' }, trouble: null, news: null };

/** Takes in what Bff said: who is signed in, and the times of a token that this page never sees. */
function setSession(answer) {
  const before = session;
  session = answer.isLoggedIn ? answer : null;
  facts.asked = true;
  if (!session && answer.reason) facts.news ??= { code: answer.reason };
  if (before && session?.sub !== before.sub) forgetAnswer();
  if (session?.sub !== before?.sub || session?.accessTokenExpiresAt !== before?.accessTokenExpiresAt) takeToken(before);
  if (session?.renewsAt) renewsAt = Date.parse(session.renewsAt);
  if (session) life.follow(session, before, bff.now());
  scheduleRenewal();
  show();
}

function takeToken(before) {
  const now = bff.now();
  const planned = before?.renewal === 'background' ? renewsAt : Infinity;
  Object.assign(facts, { expiring: false, trouble: null, news: session ? null : facts.news });
  failures = 0;
  notBefore = now + 2_000; // tokens born expired must not make us spin
  if (!session) return life.forget();

  expiresAt = session.accessTokenExpiresAt ? Date.parse(session.accessTokenExpiresAt) : Infinity;
  renewsAt = expiresAt - Math.min(SILENT_LEAD, Math.max(0, expiresAt - now) / 4);
  if (before?.sub !== session.sub) life.begin(now, expiresAt, view.comesBack() ? 'sign-in' : 'seen');
  else life.renewed(now, expiresAt, renewal?.how ?? life.howOf(planned, now));
}

/** Plans the silent renewal of a session without a refresh token. The others are renewed by Bff, and `renewsAt` only follows its plan. */
function scheduleRenewal() {
  bff.clearTimer(tokenRenewalTimeout);
  tokenRenewalTimeout = undefined;
  if (session?.renewal !== 'silent' || plannedAt() === Infinity) return;
  tokenRenewalTimeout = bff.setTimer(() => renewToken(undefined, 'silent'), plannedAt());
}

/**
 * Renews the token now: Bff does it, or, for a session without a refresh token, the silent page.
 * @param {(error: Error|null, session?: object) => void} [cb]
 */
function renewToken(cb = () => {}, how = 'button') {
  view.busy('#renew', true);
  renewal ??= { how, outcome: bff.renew().finally(() => { view.busy('#renew', false); }) };
  const mine = renewal;
  return mine.outcome
    .then((answer) => { setSession(answer); cb(null, answer); }, (error) => { fail(error); cb(error); })
    .finally(() => { if (renewal === mine) renewal = null; });
}

/** Says what went wrong and plans the next try, if another try can help. The event and the call bring the same error. */
function fail(error) {
  if (error === lastError) return;
  lastError = error;
  if (error.status === 401 || isUnreachable(error)) bff.check(); // it will tell that the session is over, or Bff away
  else facts.trouble = error;
  life.failed(bff.now(), error);
  notBefore = bff.now() + 1_000 * (error.retryAfter ?? Math.min(2 ** failures++, LONGEST_PAUSE));
  scheduleRenewal();
  show();
}

function login() {
  facts.leaving = true;
  show();
  bff.login({ returnTo: view.addressToComeBackTo() });
}

async function logout() {
  bff.clearTimer(tokenRenewalTimeout);
  tokenRenewalTimeout = undefined;
  try {
    if (!await bff.logout()) await bff.check();
  } catch (error) {
    fail(error);
  }
}

/** When the token is renewed next; never, when only the user can do it. */
function plannedAt() {
  if (isFinal(facts.trouble)) return Infinity;
  return session?.renewal === 'silent' ? Math.max(renewsAt, notBefore) : renewsAt;
}

function show() {
  view.show({ ...facts, session, expiresAt, renewsAt: plannedAt(), now: bff.now() });
  showProfile(session);
  ending.show(session);
}

const learn = (news) => { Object.assign(facts, news); show(); };

window.addEventListener('load', () => {
  bff.configure({ url: bffUrl, autoRenew: false });
  facts.news = bff.loginError();
  view.arrive();
  $('#login, #log-in-again').on('click', login);
  $('#logout').on('click', logout);
  $('#renew').on('click', () => renewToken());
  $('#try-again').on('click', () => bff.check());
  wireApi();
  wirePages();
  wireTry();
  wireFetched();
  ending.wire({ login, logout });

  bff.on('sessionChanged', (event) => setSession(event.session));
  bff.on('expiring', () => learn({ expiring: true }));
  bff.on('renewError', ({ error }) => fail(error));
  bff.on('signedOut', ({ reason }) => learn({ news: { code: reason } }));
  bff.on('connection', (connection) => learn({ connection }));
  window.addEventListener('pageshow', () => learn({ leaving: false })); // back from the sign-in page by the browser's own button
  setInterval(show, 1_000);
  show();
});

// For the console, and for tests.
window.app = {
  renewToken, scheduleRenewal, setSession, logout,
  get tokenRenewalTimeout() { return tokenRenewalTimeout; },
  get session() { return session; },
};
