// What comes due in the life of an access token.
import { emit } from './events.js';
import { now, renewalFailed, session, whenHeard } from './session.js';
import { settings } from './settings.js';
import { renewSilently } from './silent.js';
import { MINUTE, ms, SECOND } from './time.js';
import { addChore } from './timers.js';

/** @import * as Bff from './index.js' */

// By Bff's clock; what has been done is at Infinity.
let plan = { token: /** @type {string|undefined} */ (''), expires: Infinity, expiring: Infinity, silent: Infinity };

export const watchLifetime = () => {
  const known = session();
  if (known) makePlan(known);
  whenHeard(makePlan);
  addChore(act);
};

/** @param {Bff.Session} news */
const makePlan = ({ accessTokenExpiresAt: token }) => {
  if (token === plan.token) return;
  const expires = ms(token);
  const left = Math.max(0, expires - now());
  plan = { token, expires, expiring: expires - Math.min(30 * SECOND, left / 8), silent: expires - Math.min(10 * SECOND, left / 4) };
};

const act = () => {
  const current = session();
  const due = (what) => plan[what] <= now() && Boolean(plan[what] = Infinity);
  const [expired, expiring, silent] = [due('expires'), due('expiring'), due('silent')];
  if (current?.isLoggedIn && (expired || expiring)) emit(expired ? 'expired' : 'expiring', { session: current });
  if (silent && current?.renewal === 'silent' && settings.autoRenew) {
    renewSilently().catch((error) => {
      if (/^t|_una|unr/.test(error.code)) plan.silent = now() + MINUTE;
      renewalFailed(error);
    });
  }
  return Math.min(plan.expiring, plan.expires, plan.silent);
};
