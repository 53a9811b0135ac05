// Asking Bff how things are, and whether it answers.
import { emit } from './events.js';
import { askSession, latest, now, whenHeard } from './session.js';
import { backOff, MINUTE, ms, SECOND } from './time.js';
import { addChore, onWake } from './timers.js';

/** @import * as Bff from './index.js' */

/** @type {Promise<Bff.Session | null> | undefined} */
let checking;
let lookAt = Infinity; // when to ask next, by Bff's clock
let failedLooks = 0;
/** @type {Bff.Events['connection']['state'] | ''} */
export let connection = '';

/** News that come by themselves, from the event stream or the tab that hears it: stream.js and watch.js say how it stands. */
export const link = { isOpen: () => false, isOpening: () => false, onFailedCheck: () => {}, onChange: () => {} };


/** @param {Bff.Events['connection']['state']} state @param {any} [error] */
export const connected = (state, error) => {
  if (connection === state) return;
  connection = state;
  emit('connection', { state, error });
  link.onChange();
};

/** What the page was not told is said again. */
export const forgetConnection = () => { connection = ''; };

/** @type {typeof Bff.check} */
export const check = (how) => {
  if (checking) return checking;
  const mine = checking = askSession(how).then(
    (known) => {
      if (connection || !link.isOpening()) connected(link.isOpen() ? 'live' : 'polling');
      return known;
    },
    (error) => {
      lookAt = now() + backOff(failedLooks++);
      link.onFailedCheck();
      connected(globalThis.navigator?.onLine === false ? 'offline' : 'unreachable', error);
      return null;
    },
  ).finally(() => { if (checking === mine) checking = undefined; });
  return mine;
};

/** Asks again although an answer is under way: it may be older. @param {{ reason?: string }} how */
export const checkAnew = (how) => {
  checking = undefined;
  return check(how);
};

/** Asks by itself in so many ms, if not before. @param {number} delay */
const lookIn = (delay) => { lookAt = Math.min(lookAt, now() + delay); };

/** Nothing comes by itself any more. While Bff does not answer either, that is known. @param {number} delay until it is asked why, in ms */
export const lost = (delay) => {
  if (failedLooks) return;
  connected('polling');
  lookIn(delay);
};

/** How often a page asks that hears nothing by itself. */
const pace = () => {
  if (!latest?.isLoggedIn) return 5 * MINUTE;
  return document.hidden ? MINUTE : 20 * SECOND;
};

/** Asks when a renewal or the end of the session should have been heard of, after sleep, and now and then while nothing is heard at all. */
export const watchForSilence = () => {
  whenHeard((news) => {
    failedLooks = 0;
    const late = now() - Math.min(ms(news.renewsAt), ms(news.sessionExpiresAt));
    lookAt = now() + 2 * SECOND + Math.max(-late, Math.min(MINUTE, late / 2));
    if (!link.isOpen()) lookIn(pace());
  });
  onWake(check);
  addChore(() => {
    if (lookAt <= now()) {
      lookAt = Infinity;
      check();
    }
    return lookAt;
  });
};
