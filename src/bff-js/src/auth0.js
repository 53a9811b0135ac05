// Callbacks as code written for auth0.js has them.
import { renew } from './renewal.js';
import { getSession, now } from './session.js';
import { silentLogin } from './silent.js';
import { ms, SECOND } from './time.js';

/** @import * as Bff from './index.js' */

/** @type {typeof Bff.renewAuth} */
export const renewAuth = (options, cb) => {
  getSession().then(({ isLoggedIn }) => (isLoggedIn ? renew() : silentLogin())).then(
    ({ accessTokenExpiresAt, sub, name }) => {
      const expiresAt = ms(accessTokenExpiresAt);
      cb(null, { expiresIn: Math.round((expiresAt - now()) / SECOND), expiresAt, idTokenPayload: { sub, name } });
    },
    ({ code, message }) => cb({ error: code, code, errorDescription: message, description: message }, null),
  );
};
