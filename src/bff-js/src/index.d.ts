/**
 * A page's side of Bff: who is signed in, until when, and calls that carry a cookie instead of a token. No token ever comes here.
 * An ES module without dependencies, for Chrome and Edge 98, Firefox 97, Safari 15.4 and later; it can be loaded anywhere (Node.js, jsdom). Without
 * EventSource it asks instead of listening; where BroadcastChannel or Web Locks are missing or denied, every tab listens for itself. The one file for a page
 * without a bundler makes itself `$.bff` where jQuery is on the page.
 */

/** Why a session ended; more may come. `replaced`: by another sign-in in the same browser. `session_ended`: the provider renews it no longer. `provider_logout`: it signed the user out. */
export type EndReason = 'signed_out' | 'replaced' | 'session_ended' | 'idle_timeout' | 'absolute_timeout' | 'ended_by_admin' | 'provider_logout' | 'ended_by_user' | 'too_many_sessions' | 'unknown' | (string & {});

/** What Bff tells about the session; `isLoggedIn` tells which of the two. Times are ISO 8601, by Bff's clock. */
export type Session = SignedIn | SignedOut;

export interface SignedIn {
  isLoggedIn: true;
  /** When Bff wrote this. */
  now: string;
  /** How to greet the user. */
  name?: string;
  /** Who the user is to the provider. */
  sub?: string;
  accessTokenExpiresAt?: string;
  /** When Bff renews the token; absent when `renewal` is 'silent'. */
  renewsAt?: string;
  /** When the session ends, if nothing is called until then. */
  sessionExpiresAt: string;
  /** When it ends whatever is called. */
  absoluteEndsAt: string;
  /** Who renews: Bff by itself, or this page through an invisible frame (a session without a refresh token). */
  renewal?: 'background' | 'silent';
  /** `idp_unavailable` while Bff's last try to renew has failed and another is planned. */
  renewalError?: string;
  /** A path on Bff; navigate there to sign out. */
  logoutUrl?: string;
  reason?: undefined;
}

export interface SignedOut {
  isLoggedIn: false;
  /** When Bff wrote this. */
  now: string;
  /** Why the session that was ended, when there was one. */
  reason?: EndReason;
  name?: undefined;
  sub?: undefined;
  accessTokenExpiresAt?: undefined;
  renewsAt?: undefined;
  sessionExpiresAt?: undefined;
  absoluteEndsAt?: undefined;
  renewal?: undefined;
  renewalError?: undefined;
  logoutUrl?: undefined;
}

/** What each event brings. */
export interface Events {
  /** Anything about the session changed; the first news of it included. */
  sessionChanged: { session: Session; before: Session | null };
  /** The same user's token lives longer than before. */
  renewed: { session: SignedIn; before: SignedIn };
  /** Little is left of the token (30 s, an eighth of its life at most) and no newer one has come. */
  expiring: { session: SignedIn };
  /** Nothing is left of it. Bff was asked before this is said, so that a page that slept, or whose clock was set, does not say it falsely. */
  expired: { session: SignedIn };
  /** A renewal failed, Bff's or this page's. */
  renewError: { error: BffError; session: SignedIn };
  /**
   * The session is about to end, at `endsAt` (ms, by Bff's clock: see `now`). `canExtend`: `keepAlive()` moves the end, as any call does; false when it is
   * the end that nothing moves. Bff was asked before this is said, so that another tab's use counts. When the end has moved, `sessionChanged` comes; nothing
   * else takes a warning back.
   */
  sessionExpiring: { session: SignedIn; endsAt: number; canExtend: boolean };
  /** The session is over. The tab in which `logout()` was called is not told: it is being left. */
  signedOut: { reason: EndReason; before: SignedIn };
  /**
   * How news of the session arrives now: from the event stream, which one tab hears for all ('live'); by asking, every 20 s, every minute while hidden,
   * every 5 minutes while nobody is signed in ('polling'); or not at all, while Bff is tried again after 1 s, 2 s … at most a minute.
   */
  connection: { state: 'live' | 'polling' | 'offline' | 'unreachable'; error?: BffError };
}

/** An OAuth error, the `code` of an error response of Bff's, or one of this script's own. */
export type BffErrorCode =
  | 'login_required' | 'consent_required' | 'interaction_required' | 'account_selection_required' | 'access_denied' | 'server_error' | 'temporarily_unavailable'
  /** `login({ maxAge })`: the provider did not ask the user again, or does not say when it did. */
  | 'unmet_authentication_requirements'
  /** The session is over. */
  | 'session_expired'
  /** The provider cannot be reached; Bff tries again. */
  | 'idp_unavailable'
  /** The invisible frame sent no result in time. */
  | 'timeout'
  /** The invisible frame ended on the application instead of the silent page. */
  | 'silent_page_missing'
  /**
   * No response from Bff, or one that did not come from it; also a request that the browser itself refused (`integrity`, `redirect: 'error'`, `keepalive`
   * with too much).
   */
  | 'unreachable'
  /** Bff says that it does not know this page's origin. */
  | 'origin_mismatch'
  | 'too_many_requests' | 'provider_refuses_client' | 'store_unavailable' | 'renewal_not_possible' | 'unexpected_answer' | 'unknown_error'
  | (string & {});

/** A refusal by name. */
export class BffError extends Error {
  constructor(problem: { code: BffErrorCode; status?: number; detail?: string; retryAfter?: number });
  code: BffErrorCode;
  /** HTTP status; 0 without a response. */
  status: number;
  /** In seconds, when Bff said so. */
  retryAfter?: number;
  /** For the developer: what to check; '' when nothing is known. */
  hint: string;
}

/** Call it before anything else, if at all. */
export function configure(options: {
  /**
   * Bff's address: its origin, and the path below which it serves this page: `https://bff.example.com`, `https://www.example.com/admin`, or `/admin` at this
   * page's origin. Default: this page's origin, and for the script at `/admin/bff/bff.js` that path.
   */
  url?: string;
  /** A page of this origin that ends silent sign-ins. Default: `/silent`, below the path of `url` where that is of this origin. */
  silentPage?: string;
  /** False: the page itself renews sessions whose `renewal` is 'silent'. Default: true. */
  autoRenew?: boolean;
  /** False: a `fetch` that meets a 401 signs nobody in through an invisible frame, and no silent page is needed for it. Default: true. */
  silentSignIn?: boolean;
  /**
   * How long before the end of the session `sessionExpiring` comes, in ms. Default: 60 000. At most a quarter of the idle time, as far as the page has seen
   * it: of what was left when it was loaded, and of more once the session is used.
   */
  warnBefore?: number;
}): void;

/** The session as heard last; null before the first news. */
export function session(): Session | null;

/** Now, in ms since 1970, by Bff's clock. */
export function now(): number;

/**
 * `fetch` through Bff, with the cookie and the header that proves the call is ours. A 401 leads to one silent sign-in and one repeat (unless the API asks
 * for a stronger sign-in: `Bff-Step-Up` says which, encoded as a form, for `login({ acrValues, maxAge })`; or it is
 * known that nobody was signed in, or that somebody meant the session to end; once for a session that was lost; not if that signed in somebody else; once a
 * minute, and less often while an API refuses new tokens, too), a 503 by waiting as long as `Retry-After` says, 30 s in all, and repeating.
 * A request is cloned to be repeated. A stream given as `init.body` is sent once; one that is inside a `Request` cannot be told from another body, and is
 * kept and repeated.
 * @param input a path on Bff, such as `/api/private`, a whole address there, or a `Request`
 * @returns the response, whatever its status
 * @throws {BffError} `unreachable`, `origin_mismatch`
 * @throws {TypeError} what `fetch` itself would throw, and for an address that does not lead to Bff
 * @throws the reason of the caller's own signal, also while it waits to repeat
 */
declare function bffFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
export { bffFetch as fetch };

/**
 * Who is signed in and how long the token lives. Asking does not keep the session alive.
 * @throws {BffError} `unreachable`, `origin_mismatch`, or the problem's code
 */
export function getSession(): Promise<Session>;

/**
 * Keeps the session alive, as any call does: for a user who only reads. Tells how things stand then; `absoluteEndsAt` stays.
 * @throws {BffError} as `getSession`
 */
export function keepAlive(): Promise<Session>;

/** What a claim says: the provider's text (numbers, `true` and `false` are texts, too), or its object or list. */
export type ClaimValue = string | { [name: string]: unknown } | unknown[];

export interface User {
  /** Who the user is to the provider. */
  sub: string;
  name?: string;
  email?: string;
  /** An address. */
  picture?: string;
  /**
   * From the claims `role` and `roles`, by themselves or at the end of a name that is an address (`https://example.com/roles`,
   * `http://schemas.microsoft.com/ws/2008/06/identity/claims/role`), and from Keycloak's `realm_access.roles`. Bff itself decides nothing by roles: what a
   * user may do is the API's to say, by its token, whatever a page shows.
   */
  roles: string[];
  /** Everything that was said, by name; a claim that was said more than once is a list. */
  claims: Record<string, ClaimValue | ClaimValue[]>;
}

/**
 * Who is signed in; null when nobody is. Does not keep the session alive.
 * @throws {BffError} as `getSession`
 */
export function getUser(): Promise<User | null>;

/**
 * Renews the access token now: Bff does it, or, for a session without a refresh token, the invisible frame. Never brings back a session that is over.
 * @throws {BffError} `session_expired`, `login_required`; `idp_unavailable` with `retryAfter`; those of `silentLogin`
 */
export function renew(): Promise<Session>;

/**
 * Signs in without a word to the user, in an invisible frame. Calls made meanwhile share one frame.
 * @param options timeout in ms, default 10 000
 * @throws {BffError} the provider's word, `timeout`, `silent_page_missing`, `unreachable`
 */
export function silentLogin(options?: { timeout?: number }): Promise<Session>;

/**
 * Leaves the page to sign in; while another tab is signing out, as soon as that is done (30 s at most). The user comes back to `returnTo` (default: this
 * page), with `?error=` and a name when it did not work: see `loginError`.
 * prompt 'none' asks the user nothing; it works where the invisible frame cannot, in browsers that block third-party cookies.
 */
export function login(options?: LoginOptions): void;

/**
 * What the provider is told besides. Bff passes on what `Bff:Oidc:AllowedLoginParameters` names, by default all of these; it refuses anything else with
 * `parameter_not_allowed`.
 */
export interface LoginOptions {
  /** Where the user comes back to. Default: this page, with its `#fragment`. */
  returnTo?: string;
  /** Where to sign in, by the provider's name in Bff's configuration, where this page has several. Default: the first. */
  provider?: string;
  /** 'create' begins with the registration. */
  prompt?: 'none' | 'login' | 'consent' | 'select_account' | 'create';
  /** Whom to expect, such as a mail address (`login_hint`). */
  loginHint?: string;
  /** Auth0's: 'signup' (`screen_hint`). */
  screenHint?: string;
  /** Auth0's: the organization to sign in to. */
  organization?: string;
  /** The languages of the provider's pages, the best first, separated by spaces (`ui_locales`). */
  uiLocales?: string;
  /** How the user has to prove who they are, separated by spaces (`acr_values`). */
  acrValues?: string;
  /** How long ago, in seconds, the user may have signed in at the provider; 0: now (`max_age`). Bff checks it. */
  maxAge?: number;
}

/** Why the login that led here failed, taken out of the address so that a reload does not show it again; null when it did not. */
export function loginError(): BffError | null;

/**
 * Leaves the page to sign out here and at the provider. From then on until the page is left no event comes, so that no handler keeps the browser from going
 * there; they come again when the page is still there after 30 s, or is shown again. Until the next sign-in in this browser `fetch` signs nobody in silently.
 * The user comes back to `returnTo` (default: this page, with its `#fragment`).
 * @returns false when there was nobody to sign out; the page then stays
 * @throws {BffError} `unreachable`, or the problem's code
 */
export function logout(options?: { returnTo?: string }): Promise<boolean>;

/**
 * Listens. The first listener starts the watch: the session is asked for, and one tab of this browser hears Bff's event stream for all.
 * @returns stops listening
 */
export function on<Name extends keyof Events>(event: Name, handler: (detail: Events[Name]) => void): () => void;

/**
 * Asks Bff now, and tells everybody what has changed.
 * @returns null when there was no response; the `connection` event says why
 */
export function check(how?: { reason?: string }): Promise<Session | null>;

export interface Timer { at: number; handler: () => void }

/** Calls `handler` when Bff's clock reads `at` (ms), however far that is, and also after the machine slept or its clock was set. */
export function setTimer(handler: () => void, at: number): Timer;
export function clearTimer(timer?: Timer): void;

/** What callbacks written for auth0.js get, without its tokens. `expiresIn` in seconds, `expiresAt` in ms. */
export interface AuthResult { expiresIn: number; expiresAt: number; idTokenPayload: { sub?: string; name?: string } }
export interface AuthError { error: string; code: string; errorDescription: string; description: string }
export type AuthCallback = (error: AuthError | null, result: AuthResult | null) => void;

/** auth0.js's `renewAuth`: renews, or signs in silently when nobody is signed in. Its options are not needed. */
export function renewAuth(options: object, cb: AuthCallback): void;
/** auth0.js's `checkSession`. */
export function checkSession(options: object, cb: AuthCallback): void;
/**
 * Makes this `$.bff`, and lets `$.ajax` to Bff's origin (or any call with `bff: true`) behave as `fetch` here does. A relative address is the page's, as
 * always in jQuery. Done by itself when jQuery is there already.
 */
export function install($: unknown): void;
