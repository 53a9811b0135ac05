// Asking Bff how things are, and whether it answers.
import { emit } from './events.js';
import { askJson, hear, now, whenHeard } from './session.js';
import { MINUTE, ms, SECOND } from './time.js';
import { addChore } from './timers.js';

/** @import * as Bff from './index.js' */

/** @type {Promise<Bff.Session | null> | undefined} */
let checking;
let lookAt = Infinity; // when to ask next, by Bff's clock
let failedLooks = 0;
/** @type {Bff.Events['connection']['state'] | ''} */
let connection = '';

/** The event stream's side of it. */
export const stream = { isDeaf: () => false, onFailedCheck: () => {} };

/** @param {Bff.Events['connection']['state']} state @param {any} [error] */
export const connected = (state, error) => {
  if (connection === state) return;
  connection = state;
  emit('connection', { state, error });
};

/** @type {typeof Bff.check} */
export const check = (how) => {
  checking ??= askJson('/bff/session').then(
    (news) => {
      connected(news.isLoggedIn && stream.isDeaf() ? 'polling' : 'live');
      return hear(news, how);
    },
    (error) => {
      lookAt = now() + Math.min(MINUTE, SECOND * 2 ** failedLooks++);
      stream.onFailedCheck();
      connected(navigator.onLine ? 'unreachable' : 'offline', error);
      return null;
    },
  ).finally(() => { checking = undefined; });
  return checking;
};

/** Asks again although an answer is under way: it may be older. @param {{ reason?: string }} how */
export const checkAnew = (how) => {
  checking = undefined;
  return check(how);
};

/** Asks by itself in so many ms, if not before. @param {number} delay */
export const lookIn = (delay) => { lookAt = Math.min(lookAt, now() + delay); };

/** Asks when a renewal or the end of the session should have been heard of, and after sleep. */
export const watchForSilence = () => {
  whenHeard((news) => {
    failedLooks = 0;
    const late = now() - Math.min(ms(news.renewsAt), ms(news.sessionExpiresAt));
    lookAt = now() + 2 * SECOND + Math.max(-late, Math.min(MINUTE, late / 2));
  });
  addChore((slept) => {
    if (slept || lookAt <= now()) {
      lookAt = Infinity;
      check();
    }
    return lookAt;
  });
};
