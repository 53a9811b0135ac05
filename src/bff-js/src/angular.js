// For Angular 20 and later: bff-js/angular.
import { Location } from '@angular/common';
import { inject, InjectionToken, makeEnvironmentProviders, provideEnvironmentInitializer, signal } from '@angular/core';
import { Router } from '@angular/router';
import { catchError, from, switchMap, throwError } from 'rxjs';
import { repeats } from './calls.js';
import { configure } from './core.js';
import { isBff } from './settings.js';
import { currentState, decide, follow, leaveToSignIn, loadUser } from './state.js';
import { elapsed } from './time.js';

/** @import * as BffAngular from './angular.js' */
/** @import { HttpErrorResponse, HttpEvent } from '@angular/common/http' */
/** @import { Observable } from 'rxjs' */

/** @type {BffAngular.BffOptions['signedOut']} */
let signedOutPath;

/** @type {typeof BffAngular.provideBff} */
export const provideBff = ({ signedOut, ...options } = {}) => makeEnvironmentProviders([
  provideEnvironmentInitializer(() => {
    signedOutPath = signedOut;
    if (typeof document === 'undefined') return;
    configure(options);
    follow(() => {});
  }),
]);

/** @type {typeof BffAngular.BffSession} */
export const BffSession = /* @__PURE__ */ new InjectionToken('BffSession', {
  providedIn: 'root',
  factory: () => {
    const state = signal(currentState());
    follow(() => state.set(currentState()));
    state.set(currentState());
    return state.asReadonly();
  },
});

/** @type {typeof BffAngular.BffUser} */
export const BffUser = /* @__PURE__ */ new InjectionToken('BffUser', {
  providedIn: 'root',
  factory: () => {
    const user = signal(/** @type {BffAngular.User | null} */ (null));
    /** @type {string | undefined} */
    let sub;
    const load = () => {
      const { session } = currentState();
      const wanted = session?.isLoggedIn ? session.sub : undefined;
      if (wanted !== sub) user.set(null);
      if (user()) return;
      sub = wanted;
      loadUser(currentState()).then((known) => { if (wanted === sub) user.set(known); });
    };
    follow(load);
    load();
    return user.asReadonly();
  },
});

/** @type {typeof BffAngular.sessionGuard} */
export const sessionGuard = async (route, state) => {
  if (typeof document === 'undefined') return true;
  const [router, location] = [inject(Router), inject(Location)];
  const decision = await decide(state, !router.navigated, signedOutPath !== undefined);
  if (decision === 'enter') return true;
  if (decision === 'cancel') return false;
  if (decision === 'stay') return signedOutPath === undefined ? false : router.parseUrl(signedOutPath);
  leaveToSignIn({ returnTo: new URL(location.prepareExternalUrl(state.url), document.baseURI).href });
  return false;
};

/** @param {string} url */
const isForBff = (url) => {
  try { return isBff(new URL(url, document.baseURI).href); } catch { return false; } // it is for the browser to refuse
};

/** What `repeats` wants to see of an error. @param {HttpErrorResponse} error */
const responseOf = ({ status, headers, error: body }) => {
  const isText = typeof body === 'string' || body instanceof Blob || body instanceof ArrayBuffer;
  const said = isText ? body : JSON.stringify(body);
  return new Response(said, {
    status,
    headers: { 'Retry-After': headers.get('Retry-After') ?? '', 'Bff-Step-Up': headers.get('Bff-Step-Up') ?? '' },
  });
};

/** @type {typeof BffAngular.bffInterceptor} */
export const bffInterceptor = (request, next) => {
  if (typeof document === 'undefined' || !isForBff(request.url)) return next(request);
  const ours = request.clone({ withCredentials: true, setHeaders: { 'X-CSRF': '1' } });
  const isRepeated = repeats({ method: request.method });
  /** @returns {Observable<HttpEvent<unknown>>} */
  const send = () => {
    const sent = elapsed();
    return next(ours).pipe(catchError((error) => {
      const repeat = error.status === 401 || error.status === 503 ? isRepeated(responseOf(error), sent) : Promise.resolve(false);
      return from(repeat).pipe(switchMap((yes) => (yes ? send() : throwError(() => error))));
    }));
  };
  return send();
};
