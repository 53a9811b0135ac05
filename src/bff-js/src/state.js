// The session as a framework shows it: one state for the whole page, replaced at every change.
import { getUser, login, loginError, on, session } from './core.js';
import { ms } from './time.js';

/** @import { Session, User } from './index.js' */
/** @import { SessionState } from './session-state.js' */

/** @type {SessionState} */
export const nothingKnown = Object.freeze({ status: 'loading', session: null, error: null, sessionExpiring: null });

/** @type {SessionState} */
let state = nothingKnown;
let started = false;

/** @type {Set<() => void>} */
const followers = new Set();

export const currentState = () => state;

/** Starts the watch; where there is no page, on a server, nothing is ever known. @param {() => void} follower @returns stops following */
export const follow = (follower) => {
  if (typeof document === 'undefined') return () => {};
  if (!started) start();
  followers.add(follower);
  return () => { followers.delete(follower); };
};

/** @param {Partial<SessionState>} changes */
const change = (changes) => {
  state = /** @type {SessionState} */ (Object.freeze({ ...state, ...changes }));
  for (const follower of [...followers]) follower();
};

const start = () => {
  started = true;
  let failed = loginError();
  /** @param {Session} news @param {SessionState['sessionExpiring']} [warning] */
  const hear = (news, warning = null) => {
    if (!news.isLoggedIn) return change({ status: 'signedOut', session: news, error: failed, sessionExpiring: null });
    noteVisit();
    failed = null;
    change({ status: 'signedIn', session: news, error: null, sessionExpiring: warning });
  };
  on('sessionChanged', ({ session: news }) => {
    const warning = state.sessionExpiring;
    hear(news, warning && news.isLoggedIn && ms(news.sessionExpiresAt) <= warning.endsAt ? warning : null);
  });
  on('sessionExpiring', ({ session: news, endsAt, canExtend }) => hear(news, { endsAt, canExtend }));
  on('connection', ({ state: connection, error = null }) => {
    if (!session() && (connection === 'unreachable' || connection === 'offline')) change({ status: 'unreachable', error });
  });
  const hearAgain = () => {
    const news = session();
    if (news) hear(news);
  };
  addEventListener('pageshow', ({ persisted }) => { if (persisted) hearAgain(); }); // back from the provider's page without a sign-in
  hearAgain();
};

/** @returns {Promise<SessionState>} the state, once it is known whether somebody is signed in */
export const whenKnown = () => new Promise((resolve) => {
  const look = () => {
    if (!state.session) return;
    stop();
    resolve(state);
  };
  const stop = follow(look);
  look();
});

// A guard signs in by itself once in a tab: not after a sign-in that failed or was given up, nor after a session that ended. The user decides then.
const VISITED = 'bff:visited';

const noteVisit = () => { try { sessionStorage.setItem(VISITED, '1'); } catch { /* a page may be denied storage */ } };
const visited = () => { try { return sessionStorage.getItem(VISITED) !== null; } catch { return true; } };

/** Whether a guard may leave for the sign-in without being asked. */
export const maySignIn = () => state.status === 'signedOut' && !state.error && !state.session.reason && !visited();

/** @type {unknown} */
let firstGuarded;

/**
 * What a route's guard does. Who goes to a guarded route by a link may always be taken to the sign-in.
 * @param {object} navigation the same one for all guards of one navigation
 * @param {boolean} isLoad whether it may be the one that came with the page
 * @returns {Promise<'enter' | 'signIn' | 'stay'>}
 */
export const decide = async (navigation, isLoad) => {
  firstGuarded ??= navigation;
  const { status } = await whenKnown();
  if (status === 'signedIn') return 'enter';
  return isLoad && navigation === firstGuarded && !maySignIn() ? 'stay' : 'signIn';
};

/** Leaves for the sign-in. @param {Parameters<typeof login>[0]} [options] */
export const leaveToSignIn = (options) => {
  noteVisit();
  change({ status: 'loading', session: null });
  login(options);
};

/** @type {Promise<User | null>} */
let asked = Promise.resolve(null);
/** @type {string | undefined} */
let askedFor;

/** The user's claims, asked for once for each user. @param {SessionState} of @returns {Promise<User | null>} */
export const userOf = ({ session: news }) => {
  if (!news?.isLoggedIn) return Promise.resolve(null);
  if (askedFor !== news.sub) {
    askedFor = news.sub;
    asked = getUser().catch(() => {
      askedFor = undefined;
      return null;
    });
  }
  return asked;
};
