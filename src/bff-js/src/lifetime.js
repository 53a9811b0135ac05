// What comes due in the life of an access token.
import { check } from './check.js';
import { emit, isMuted } from './events.js';
import { latest, now, renewalFailed, whenHeard } from './session.js';
import { settings } from './settings.js';
import { renewSilently } from './silent.js';
import { MINUTE, ms, SECOND } from './time.js';
import { addChore } from './timers.js';

/** @import * as Bff from './index.js' */

/** What trying again does not mend. */
const FINAL = /_(required|missing|expired)$/;

// By Bff's clock; what has been done is at Infinity.
let plan = { token: /** @type {string|undefined} */ (''), expired: Infinity, expiring: Infinity, silent: Infinity };
let clockIsSure = true;

export const watchLifetime = () => {
  whenHeard((news) => {
    clockIsSure = true;
    makePlan(news);
  });
  addChore(act);
};

/** @param {Bff.Session} news */
const makePlan = ({ accessTokenExpiresAt: token }) => {
  if (token === plan.token) return;
  const expired = ms(token);
  const left = Math.max(0, expired - now());
  plan = { token, expired, expiring: expired - Math.min(30 * SECOND, left / 8), silent: expired - Math.min(10 * SECOND, left / 4) };
};

/** @param {boolean} slept */
const act = (slept) => {
  if (slept) clockIsSure = false;
  if (plan.expired <= now()) {
    plan.expiring = Infinity;
    say('expired');
  } else if (plan.expiring <= now()) {
    say('expiring');
  }
  if (plan.silent <= now()) {
    plan.silent = Infinity;
    if (latest?.renewal === 'silent' && settings.autoRenew) {
      renewSilently().catch((error) => {
        if (!FINAL.test(error.code)) plan.silent = now() + MINUTE;
        renewalFailed(error);
      });
    }
  }
  return Math.min(plan.expiring, plan.expired, plan.silent);
};

/** Asks first: the token may have been renewed while this page slept, and the clock may be wrong. @param {'expiring' | 'expired'} what */
const say = async (what) => {
  const asked = plan;
  const at = asked[what];
  asked[what] = Infinity;
  await check();
  const session = latest;
  if (plan !== asked || !session?.isLoggedIn) return;
  if (!clockIsSure || isMuted()) {
    asked[what] = now() + 5 * SECOND;
  } else if (at > now()) { // the clock was wrong, and with it the plan
    asked.token = '';
    makePlan(session);
  } else {
    emit(what, { session });
  }
};
