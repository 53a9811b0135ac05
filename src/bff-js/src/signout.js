// Signing out takes a while: Bff ends the session first, and then sends the browser to the provider. Until the provider knows, nobody may sign in again, or
// single sign-on would bring the user back.
import { check, forgetConnection } from './check.js';
import { mute } from './events.js';
import { withLock } from './locks.js';
import { noteSignOut } from './memory.js';
import { publish } from './session.js';
import { SECOND, timeout } from './time.js';

const LEAVE_TIMEOUT = 30 * SECOND; // a page that is still there then counts as one that stays

const LOCK = 'sign-out';

let begun = false;

/** Silences this page until it is left, and holds up the sign-ins of all tabs that long. @param {string} logoutUrl of the session */
export const beginSignOut = async (logoutUrl) => {
  noteSignOut(logoutUrl);
  if (begun) return;
  begun = true;
  mute(true);
  const over = new AbortController();
  const { signal } = over;
  const stay = () => { // shown again, or never left
    if (signal.aborted) return;
    over.abort();
    begun = false;
    mute(false);
    forgetConnection();
    publish();
    check();
  };
  addEventListener('pageshow', ({ persisted }) => persisted && stay(), { signal });
  setTimeout(stay, LEAVE_TIMEOUT);
  await new Promise((begin) => {
    withLock(LOCK, () => new Promise((release) => {
      begin(0);
      signal.onabort = release;
      addEventListener('pagehide', release, { signal });
    }), { ifAvailable: true });
  });
};

/** Waits for the tab that is signing out, if one is. */
export const signOutIsOver = () => withLock(LOCK, () => {}, { mode: 'shared', signal: timeout(LEAVE_TIMEOUT) }).catch(() => {});
