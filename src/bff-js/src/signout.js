// Signing out takes a while: Bff ends the session first, and then sends the browser to the provider. Until the provider knows, nobody may sign in again, or
// single sign-on would bring the user back.
import { check, forgetConnection, link } from './check.js';
import { mute } from './events.js';
import { expectEnd, publish } from './session.js';
import { base, locks } from './settings.js';
import { SECOND, timeout } from './time.js';

export const PATIENCE = 30 * SECOND; // with a page that is left, until it counts as one that stays

const lockName = () => `bff sign-out ${base()}`;

let begun = false;

/** Silences this page until it is left, and holds up the sign-ins of all tabs that long. */
export const beginSignOut = async () => {
  if (begun) return;
  begun = true;
  mute(true);
  expectEnd('signed_out', PATIENCE);
  link.onSignOut();
  let release = () => {};
  const left = new Promise((resolve) => { release = () => resolve(0); });
  const over = new AbortController();
  const { signal } = over;
  const stay = () => { // shown again, or never left
    if (signal.aborted) return;
    over.abort();
    begun = false;
    release();
    mute(false);
    forgetConnection();
    publish();
    check();
  };
  addEventListener('pagehide', release, { signal });
  addEventListener('pageshow', ({ persisted }) => persisted && stay(), { signal });
  setTimeout(stay, PATIENCE);
  await new Promise((resolve) => {
    locks()?.request(lockName(), { ifAvailable: true }, () => {
      resolve(0);
      return left;
    }).catch(resolve) ?? resolve(0);
  });
};

/** Waits for the tab that is signing out, if one is. @returns {Promise<unknown> | undefined} nothing when it cannot be known */
export const signOutIsOver = () => locks()?.request(lockName(), { mode: 'shared', signal: timeout(PATIENCE) }, () => {}).catch(() => {});
