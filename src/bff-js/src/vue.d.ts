import type { App, ComputedRef } from 'vue';
import type { RouteLocationNormalized, RouteLocationRaw } from 'vue-router';
import type { configure, User } from './index.js';
import type { SessionState } from './session-state.js';

export type { Session, SignedIn, SignedOut, User } from './index.js';
export type { SessionState, SessionWarning } from './session-state.js';

export type BffOptions = Parameters<typeof configure>[0] & {
  /**
   * Where `sessionGuard` leads when it may not sign in by itself: an open route with a "Sign in" button, which leads to no guard. Default: the navigation is
   * cancelled.
   */
  signedOut?: RouteLocationRaw;
};

/** `app.use(createBff({ url }))`: says where Bff is and watches the session. Before the router, if there is one. */
export declare function createBff(options?: BffOptions): { install(app: App): void };

/** Who is signed in, and everything that is worth showing of it. */
export declare function useSession(): ComputedRef<SessionState>;

/** The user's claims, asked for when a component first wants them; null until they are there and while nobody is signed in. */
export declare function useUser(): ComputedRef<User | null>;

/**
 * A route's `beforeEnter`: lets in who is signed in and takes the others to the sign-in, from where they come back to that route. When the page is loaded it
 * does so once in a tab: after a sign-in that failed or was given up, and after a session that ended, it leads to `signedOut`.
 * While Bff does not answer the guard waits, and the route with it: show the state `unreachable` outside the router's outlet.
 */
export declare function sessionGuard(to: RouteLocationNormalized, from: RouteLocationNormalized): Promise<boolean | RouteLocationRaw>;
