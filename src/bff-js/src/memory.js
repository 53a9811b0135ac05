// That the user signed out in this browser. Bff forgets the session with its cookie, and the provider may not have heard of it:
// a silent sign-in would undo it on the next page.
import { base } from './settings.js';

const key = () => `bff sign-out ${base()}`;

/** @param {string} [logoutUrl] of the session; nothing once there is another */
export const noteSignOut = (logoutUrl = '') => {
  try {
    if (logoutUrl) localStorage[key()] = logoutUrl;
    else delete localStorage[key()];
  } catch { /* a page may be denied storage */ }
};

/** @returns {string | undefined} the `logoutUrl` of the session that was signed out of, when no sign-in has followed */
export const signedOutOf = () => {
  try { return localStorage[key()]; } catch { /* nothing is known */ }
};
