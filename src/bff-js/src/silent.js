// Signing in without a word to the user, in an invisible frame.
import { BffError } from './errors.js';
import { getSession, session } from './session.js';
import { base, here, onBff, settings, toBff } from './settings.js';
import { pause, SECOND } from './time.js';

/** @import * as Bff from './index.js' */

/** @type {Promise<Bff.Session> | undefined} */
let running;

/** @type {typeof Bff.silentLogin} */
export const silentLogin = ({ timeout = 10 * SECOND } = {}) => {
  running ??= inFrame(onBff('/bff/silent-login', { returnUrl: toBff(settings.silentPage) }), timeout).then(getSession).finally(() => { running = undefined; });
  return running;
};

/** @param {string} address @param {number} timeout */
const inFrame = (address, timeout) => {
  const frame = document.createElement('iframe');
  frame.referrerPolicy = 'origin';
  frame.hidden = true;
  frame.src = address;
  const done = new AbortController();
  return new Promise((resolve, reject) => {
    addEventListener('message', ({ origin, source: from, data }) => {
      if (from !== frame.contentWindow || data?.type !== 'bff:silent') return;
      if (origin === here() && data.result === 'ok') resolve(undefined);
      else reject(new BffError({ code: origin === here() ? data.error ?? 'server_error' : 'origin_mismatch' }));
    }, { signal: done.signal });
    pause(timeout, done.signal).then(() => reject(new BffError({ code: 'timeout' })), () => {});
    document.body.append(frame);
  }).finally(() => {
    done.abort();
    frame.remove();
  });
};

/** In one tab at a time: the next finds the token renewed. @param {boolean} [revive] also when nobody is signed in @returns {Promise<Bff.Session>} */
export const renewSilently = (revive) => {
  const known = session()?.accessTokenExpiresAt;
  const work = async () => {
    const latest = await getSession();
    if (!latest.isLoggedIn && !revive) throw new BffError({ code: 'session_expired', status: 401 });
    return latest.isLoggedIn && known && latest.accessTokenExpiresAt !== known ? latest : silentLogin();
  };
  return navigator.locks ? navigator.locks.request(`bff silent ${base()}`, work) : work();
};
