import type { ReactNode } from 'react';
import type { configure, login, User } from './index.js';
import type { SessionState } from './session-state.js';

export type { Session, SignedIn, SignedOut, User } from './index.js';
export type { SessionState, SessionWarning } from './session-state.js';

/**
 * Says where Bff is (`url` and the other options of `configure`) and watches the session. Once, around everything that uses the session.
 * Options are read when it is first shown.
 */
export declare function BffProvider(props: Parameters<typeof configure>[0] & { children?: ReactNode }): ReactNode;

/** Who is signed in, and everything that is worth showing of it. Rendered on a server, or while hydrating, it is `loading`. */
export declare function useSession(): SessionState;

/** The user's claims, asked for when a component first wants them; null until they are there and while nobody is signed in. */
export declare function useUser(): User | null;

export interface RequireSessionProps {
  /** Shown only while somebody is signed in. */
  children?: ReactNode;
  /**
   * Shown while nothing is known or the page leaves for the sign-in. A function gets the state and decides for every case, also the one
   * where the user is asked to sign in. Default: nothing, and a plain "Sign in" button in that case.
   */
  fallback?: ReactNode | ((state: SessionState, signIn: () => void) => ReactNode);
  /** How to sign in; what `login` takes. */
  login?: Parameters<typeof login>[0];
}

/**
 * Its children need a session. A visitor who is not signed in is taken to the sign-in, once in a tab: after a sign-in that failed or was given up,
 * and after a session that ended or was signed out of, the user is asked instead.
 */
export declare function RequireSession(props: RequireSessionProps): ReactNode;
