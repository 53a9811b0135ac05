// The session as a framework shows it: one state for the whole page, replaced at every change.
import { getUser, login, loginError, on, session } from './core.js';
import { ms, SECOND } from './time.js';

/** @import { Session, User } from './index.js' */
/** @import { SessionState } from './session-state.js' */

/** @type {SessionState} */
export const nothingKnown = Object.freeze({ status: 'loading', session: null, error: null, sessionExpiring: null });

/** @type {SessionState} */
let state = nothingKnown;
let started = false;
/** Why the sign-in that led here failed, until one works. @type {SessionState['error']} */
let failed = null;

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
  failed = loginError();
  on('sessionChanged', ({ session: news }) => {
    const warning = state.sessionExpiring;
    show(news, warning && news.isLoggedIn && ms(news.sessionExpiresAt) <= warning.endsAt ? warning : null);
  });
  on('sessionExpiring', ({ session: news, endsAt, canExtend }) => show(news, { endsAt, canExtend }));
  on('connection', ({ state: connection, error = null }) => {
    if (!session() && (connection === 'unreachable' || connection === 'offline')) change({ status: 'unreachable', error });
  });
  addEventListener('pageshow', ({ persisted }) => { if (persisted) showAgain(); }); // back from the provider's page without a sign-in
  showAgain();
};

/** @param {Session} news @param {SessionState['sessionExpiring']} [warning] */
const show = (news, warning = null) => {
  if (!news.isLoggedIn) return change({ status: 'signedOut', session: news, error: failed, sessionExpiring: null });
  noteVisit();
  failed = null;
  change({ status: 'signedIn', session: news, error: null, sessionExpiring: warning });
};

const showAgain = () => {
  const news = session();
  if (news) show(news);
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
 * @param {boolean} isLoad no navigation has succeeded yet: it may be the one that came with the page
 * @param {boolean} hasExit there is a route for those who stay; it should not lead back to a guard
 * @returns {Promise<'enter' | 'signIn' | 'stay' | 'cancel'>}
 */
export const decide = async (navigation, isLoad, hasExit) => {
  firstGuarded ??= navigation;
  const isFirst = navigation === firstGuarded;
  const { status } = await whenKnown();
  if (status === 'signedIn') return 'enter';
  if (!isLoad || maySignIn()) return 'signIn';
  if (isFirst) return 'stay';
  if (!hasExit) return 'signIn'; // the first was cancelled, and this is a link
  console.error('`signedOut` leads to a guarded route, so nothing is shown. It needs an open one.');
  return 'cancel';
};

const LEAVE_TIMEOUT = 10 * SECOND;

/** Leaves for the sign-in. Who stops that, or refuses to leave the page, sees how things stand. @param {Parameters<typeof login>[0]} [options] */
export const leaveToSignIn = (options) => {
  noteVisit();
  change(nothingKnown);
  login(options);
  setTimeout(() => { if (state.status === 'loading') showAgain(); }, LEAVE_TIMEOUT);
};

/** @type {Promise<User | null> | undefined} */
let asked;
/** @type {string | undefined} */
let askedFor;

/** The user's claims, asked for once for each user. @param {SessionState} of @returns {Promise<User | null>} */
export const loadUser = ({ session: news }) => {
  if (!news?.isLoggedIn) return Promise.resolve(null);
  const { sub } = news;
  if (asked && askedFor === sub) return asked;
  askedFor = sub;
  const mine = asked = getUser().catch(() => null).then((user) => {
    if (user && user.sub === (sub ?? user.sub)) return user;
    if (asked === mine) asked = undefined; // at the next change again: it failed, or the session has changed meanwhile
    return null;
  });
  return mine;
};
