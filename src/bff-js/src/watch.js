// The watch over the session, which the first listener starts: one tab of a browser hears Bff's event stream and tells the others.
import { check, connected, connection, link, watchForSilence } from './check.js';
import { addListener } from './events.js';
import { isSilentFrame } from './frame.js';
import { watchIdle } from './idle.js';
import { watchLifetime } from './lifetime.js';
import { hear, latest, publish, skew, whenHeard } from './session.js';
import { withLock } from './locks.js';
import { base } from './settings.js';
import { isStreamOpen, lead, leads, SILENCE, watchStream } from './stream.js';
import { SECOND } from './time.js';
import { addChore, tick } from './timers.js';

/** @import * as Bff from './index.js' */

const BEAT = 15 * SECOND;

/** @type {BroadcastChannel | undefined} */
let channel;
let leaving = new AbortController();
let watching = false;
let leaderSays = '';  // the connection of the tab that leads
let leaderHeard = 0;
let toldAt = 0;

/** @type {typeof Bff.on} */
export const on = (event, handler) => {
  const stop = addListener(event, handler);
  watch();
  return stop;
};

const watch = () => {
  if (watching || !globalThis.document || isSilentFrame()) return;
  watching = true;
  leaderHeard = Date.now();
  link.isOpen = () => (leads ? isStreamOpen() : leaderSays === 'live' && Date.now() - leaderHeard < SILENCE);
  link.onChange = tell;
  watchLifetime();
  watchIdle();
  watchStream(tell);
  watchForSilence();
  whenHeard((news, { changed, reason, skewed }) => {
    if (!changed) return;
    if (skewed === undefined) channel?.postMessage({ news, reason, skewed: skew });
    queueMicrotask(tick);
  });
  addChore(beat);
  try {
    channel = new BroadcastChannel(`bff ${base()}`);
    channel.onmessage = ({ data }) => hearTab(data);
    channel.postMessage({}); // hello
  } catch { /* there is none, or the page may not use it */ }
  const wake = () => document.hidden || check();
  document.addEventListener('visibilitychange', wake);
  addEventListener('online', wake);
  addEventListener('offline', () => connected('offline'));
  addEventListener('pagehide', () => leaving.abort());
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    strive();
    check();
  });
  strive();
  queueMicrotask(check); // after the caller's other listeners
  tick();
};

/** As the tab that leads: how things stand. */
const tell = () => {
  const news = latest;
  if (!leads || !news) return;
  toldAt = Date.now();
  channel?.postMessage({ news, skewed: skew, state: connection });
};

const hearTab = ({ news, state, ...how }) => {
  if (!news) return tell();
  if (state !== undefined) {
    leaderHeard = Date.now();
    leaderSays = state;
  }
  if (news.now > (latest?.now ?? '')) hear(news, how);
  else if (state === undefined) check(how);
  if (state && !leads) connected(state);
};

/** The tab that leads says so now and then; of one that no longer does, a tab that is looked at takes over. @param {boolean} slept */
const beat = (slept) => {
  publish(); // another copy of the script may have muted this one
  const silence = Date.now() - leaderHeard;
  if (leads) {
    if (Date.now() - toldAt > BEAT) tell();
  } else if (slept || silence < 0) {
    leaderHeard = Date.now();
  } else if (channel && silence > SILENCE && latest?.isLoggedIn && !document.hidden) {
    leaderHeard = Date.now();
    leaving.abort();
    strive({ steal: true });
    check();
  }
  return Infinity;
};

/** Leads now, or as soon as the tab that does is closed. @param {LockOptions} [how] */
const strive = (how) => {
  const { signal } = leaving = new AbortController();
  const reign = () => new Promise((resolve) => {
    lead(true, tell);
    tell();
    signal.onabort = () => {
      lead(false, tell);
      resolve(0);
    };
  });
  withLock('leader', reign, how ?? { signal }).catch(() => {
    if (signal.aborted) return;
    lead(false, tell); // another tab took over
    leaderHeard = Date.now();
    strive();
  });
};
