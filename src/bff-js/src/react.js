'use client';

// For React 18 and later: bff-js/react.
import { createElement, useEffect, useState, useSyncExternalStore } from 'react';
import { configure } from './core.js';
import { currentState, follow, leaveToSignIn, maySignIn, nothingKnown, loadUser } from './state.js';

/** @import * as BffReact from './react.js' */

/** @type {typeof BffReact.BffProvider} */
export const BffProvider = ({ children, ...options }) => {
  useState(() => { if (typeof document !== 'undefined') configure(options); }); // before the children ask
  useEffect(() => follow(() => {}), []);
  return children;
};

/** @type {typeof BffReact.useSession} */
export const useSession = () => useSyncExternalStore(follow, currentState, () => nothingKnown);

/** @type {typeof BffReact.useUser} */
export const useUser = () => {
  const state = useSession();
  const sub = state.session?.isLoggedIn ? state.session.sub : undefined;
  const [known, setKnown] = useState(/** @type {{ sub?: string, user: BffReact.User | null }} */ ({ user: null }));
  useEffect(() => {
    let wanted = true;
    const keep = (user) => setKnown((before) => (before.sub === sub && before.user === user ? before : { sub, user }));
    loadUser(state).then((user) => { if (wanted) keep(user); });
    return () => { wanted = false; };
  }, [sub, state]); // at every change, for a request that failed
  return sub !== undefined && known.sub === sub ? known.user : null; // never the user before
};

/** @type {typeof BffReact.RequireSession} */
export const RequireSession = ({ children, fallback = null, login: options }) => {
  const state = useSession();
  const leaves = maySignIn();
  useEffect(() => { if (leaves && maySignIn()) leaveToSignIn(options); }, [leaves]); // another one may have left already; options are read then
  if (state.status === 'signedIn') return children;
  const signIn = () => leaveToSignIn(options);
  if (typeof fallback === 'function') return fallback(leaves ? nothingKnown : state, signIn);
  if (state.status !== 'signedOut' || leaves) return fallback;
  const button = createElement('button', { type: 'button', onClick: signIn }, 'Sign in');
  return createElement('p', { role: 'status' }, state.error && `${state.error.message} `, button);
};
