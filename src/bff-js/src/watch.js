// The watch over the session, which the first listener starts: one tab of a browser hears Bff's event stream and tells the others.
import { check, connected, watchForSilence } from './check.js';
import { addListener } from './events.js';
import { watchLifetime } from './lifetime.js';
import { hear, session, skewNow, whenHeard } from './session.js';
import { base } from './settings.js';
import { lead, watchStream } from './stream.js';
import { tick } from './timers.js';

/** @import * as Bff from './index.js' */

/** @type {BroadcastChannel | undefined} */
let channel;
let leaving = new AbortController();

/** @type {typeof Bff.on} */
export const on = (event, handler) => {
  const stop = addListener(event, handler);
  watch();
  return stop;
};

const watch = () => {
  if (channel) return;
  channel = new BroadcastChannel(`bff ${base()}`);
  channel.onmessage = ({ data }) => { data.news.now > (session()?.now ?? '') ? hear(data.news, data) : check(data); };
  watchLifetime();
  watchForSilence();
  watchStream();
  whenHeard((news, { changed, reason, skewed }) => {
    if (!changed) return;
    if (skewed === undefined) channel?.postMessage({ news, reason, skewed: skewNow() });
    queueMicrotask(tick);
  });
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

/** Leads now, or as soon as the tab that does is closed. */
const strive = () => {
  const { signal } = leaving = new AbortController();
  const reign = () => new Promise((resolve) => {
    lead(true);
    signal.onabort = () => {
      lead(false);
      resolve(0);
    };
  });
  if (navigator.locks) navigator.locks.request(`bff leader ${base()}`, { signal }, reign).catch(() => {});
  else reign();
};
