// Signing in without a word to the user, in an invisible frame.
import { BffError } from './errors.js';
import { FRAME } from './frame.js';
import { getSession, latestSession } from './session.js';
import { base, here, locks, onBff, settings, toBff } from './settings.js';
import { signOutIsOver } from './signout.js';
import { pause, SECOND } from './time.js';

/** @import * as Bff from './index.js' */

/** @type {Promise<Bff.Session> | undefined} */
let running;

/** @type {typeof Bff.silentLogin} */
export const silentLogin = ({ timeout = 10 * SECOND } = {}) => {
  running ??= (async () => {
    await signOutIsOver();
    await inFrame(onBff('/bff/silent-login', { returnUrl: toBff(settings.silentPage) }), timeout);
    return getSession();
  })().finally(() => { running = undefined; });
  return running;
};

/** @param {string} address @param {number} timeout */
const inFrame = (address, timeout) => {
  const frame = document.createElement('iframe');
  frame.referrerPolicy = 'origin';
  frame.name = FRAME;
  frame.hidden = true;
  frame.src = address;
  const done = new AbortController();
  return new Promise((resolve, reject) => {
    const giveUp = (code) => {
      const error = new BffError({ code });
      if (code === 'silent_page_missing') console.warn(error.hint);
      reject(error);
    };
    addEventListener('message', ({ origin, source: from, data }) => {
      if (from !== frame.contentWindow || origin !== here() || data?.type !== FRAME) return;
      if (data.result === 'ok') resolve(undefined); // the rest is for the console
      if (data.result !== 'ok' || data.error) giveUp(data.error ?? 'server_error');
    }, { signal: done.signal });
    frame.onload = () => { // the silent page reports before it is loaded
      if (isSilentPage(frame)) pause(2 * SECOND, done.signal).then(() => giveUp('silent_page_missing'), () => {});
    };
    pause(timeout, done.signal).then(() => giveUp('timeout'), () => {});
    document.body.append(frame);
  }).finally(() => {
    done.abort();
    frame.remove();
  });
};

/** @param {HTMLIFrameElement} frame */
const isSilentPage = ({ contentWindow }) => {
  try {
    return contentWindow?.location.pathname === new URL(settings.silentPage, location.href).pathname;
  } catch {
    return false; // another origin's
  }
};

/** Whether a session that ended so may be brought back without asking the user: nobody meant it to end. @param {Bff.Session} news */
const mayRevive = ({ reason = 'unknown' }) => ['unknown', 'session_ended'].includes(reason);

/** In one tab at a time: the next finds the token renewed. @param {boolean} [revive] also when nobody is signed in @returns {Promise<Bff.Session>} */
export const renewSilently = (revive) => {
  const known = latestSession()?.accessTokenExpiresAt;
  const work = async () => {
    const latest = await getSession();
    if (!latest.isLoggedIn && !(revive && mayRevive(latest))) throw new BffError({ code: 'session_expired', status: 401 });
    return latest.isLoggedIn && known && latest.accessTokenExpiresAt !== known ? latest : silentLogin();
  };
  return locks()?.request(`bff silent ${base()}`, work) ?? work();
};
