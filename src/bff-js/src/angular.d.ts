import type { HttpInterceptorFn } from '@angular/common/http';
import type { EnvironmentProviders, InjectionToken, Signal } from '@angular/core';
import type { ActivatedRouteSnapshot, RouterStateSnapshot, UrlTree } from '@angular/router';
import type { configure, User } from './index.js';
import type { SessionState } from './session-state.js';

export type { Session, SignedIn, SignedOut, User } from './index.js';
export type { SessionState, SessionWarning } from './session-state.js';

export type BffOptions = Parameters<typeof configure>[0] & {
  /**
   * Where `sessionGuard` leads when it may not sign in by itself: an open route with a "Sign in" button, which leads to no guard. Default: the navigation is
   * cancelled.
   */
  signedOut?: string;
};

/** Says where Bff is and watches the session. One of the application's providers. */
export declare function provideBff(options?: BffOptions): EnvironmentProviders;

/** `inject(BffSession)`: who is signed in, and everything that is worth showing of it, as a signal. A test provides one of its own. */
export declare const BffSession: InjectionToken<Signal<SessionState>>;

/** `inject(BffUser)`: the user's claims, asked for when first wanted; null until they are there and while nobody is signed in. */
export declare const BffUser: InjectionToken<Signal<User | null>>;

/**
 * `provideHttpClient(withInterceptors([bffInterceptor]))`: requests to Bff's origin, and no others, carry the cookie and the header that proves they are ours.
 * A 401 and a 503 are repeated as `fetch` of bff-js does.
 */
export declare const bffInterceptor: HttpInterceptorFn;

/**
 * A route's `canActivate`: lets in who is signed in and takes the others to the sign-in, from where they come back to that route. When the page is loaded it
 * does so once in a tab: after a sign-in that failed or was given up, and after a session that ended, it leads to `signedOut`.
 * While Bff does not answer the guard waits, and the route with it: show the state `unreachable` outside the router's outlet.
 */
export declare function sessionGuard(route: ActivatedRouteSnapshot, state: RouterStateSnapshot): Promise<boolean | UrlTree>;
