import type { BffError, SignedIn, SignedOut } from './index.js';

/** How long is left, by Bff's clock, and whether use (`keepAlive()`) can make it longer. */
export interface SessionWarning {
  /** In ms since 1970; compare with `now()`. */
  endsAt: number;
  canExtend: boolean;
}

/**
 * What is known of the session now.
 *
 * - `loading`: nothing yet, or the page is on its way to the sign-in
 * - `signedIn`, `signedOut`: as Bff said last
 * - `unreachable`: Bff has not answered since the page was loaded; `error` says why. It is asked again until it does
 *
 * `loading` on the way to the sign-in ends after 10 s, when the user did not let the page be left.
 * `error` is a sign-in that has just failed (with `signedOut`), or why Bff is out of reach. `sessionExpiring` is set while a session is about to end.
 */
export type SessionState =
  | { readonly status: 'loading'; readonly session: null; readonly error: null; readonly sessionExpiring: null }
  | { readonly status: 'unreachable'; readonly session: null; readonly error: BffError | null; readonly sessionExpiring: null }
  | { readonly status: 'signedOut'; readonly session: SignedOut; readonly error: BffError | null; readonly sessionExpiring: null }
  | { readonly status: 'signedIn'; readonly session: SignedIn; readonly error: null; readonly sessionExpiring: SessionWarning | null };
