// Signing in without a word to the user, in an invisible frame.
import { BffError } from './errors.js';
import { FRAME } from './frame.js';
import { withLock } from './locks.js';
import { signedOutOf } from './memory.js';
import { getSession, latest } from './session.js';
import { here, onBff, silentPage, toBff } from './settings.js';
import { signOutIsOver } from './signout.js';
import { SECOND, timeout as after } from './time.js';

/** @import * as Bff from './index.js' */

/** @type {Promise<Bff.Session> | undefined} */
let running;

/** @type {typeof Bff.silentLogin} */
export const silentLogin = async ({ timeout } = {}) => {
  await signOutIsOver();
  return signIn(timeout);
};

/** Calls made meanwhile share one frame. */
const signIn = (timeout = 10 * SECOND) => {
  running ??= inFrame(onBff('/bff/silent-login', { returnUrl: toBff(silentPage()) }), timeout)
    .then(getSession)
    .finally(() => { running = undefined; });
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
      if (done.signal.aborted) return;
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
      if (isSilentPage(frame)) setTimeout(giveUp, 2 * SECOND, 'silent_page_missing');
    };
    setTimeout(giveUp, timeout, 'timeout');
    document.body.append(frame);
  }).finally(() => {
    done.abort();
    frame.remove();
  });
};

/** @param {HTMLIFrameElement} frame */
const isSilentPage = ({ contentWindow }) => {
  try {
    return contentWindow?.location.pathname === new URL(silentPage(), location.href).pathname;
  } catch {
    return false; // another origin's
  }
};

/** Whether a session that ended so may be brought back without asking the user: nobody meant it to end. @param {Bff.Session} news */
export const mayRevive = ({ reason = 'unknown' }) => ['unknown', 'session_ended'].includes(reason) && !signedOutOf();

/** In one tab at a time: the next finds the token renewed. @param {boolean} [revive] also when nobody is signed in @returns {Promise<Bff.Session>} */
export const renewSilently = (revive) => {
  const known = latest;
  return withLock('silent', async () => {
    await signOutIsOver(); // and only then: how does it stand?
    const current = await getSession();
    if (!current.isLoggedIn && !(revive && mayRevive(current))) throw new BffError({ code: 'session_expired', status: 401 });
    return current.isLoggedIn && known && current.accessTokenExpiresAt !== known.accessTokenExpiresAt ? current : signIn();
  }, { signal: after(30 * SECOND) });
};
