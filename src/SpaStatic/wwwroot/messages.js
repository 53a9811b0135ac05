// What the page says, in words for the person in front of it.
import { bffUrl } from './config.js';

const SIGN_IN_SERVICE_DOWN = 'The sign-in service is not reachable.';

/** By code of an error or of an end. */
const MEANING = {
  access_denied: 'You were not signed in: the sign-in service denied access.',
  login_required: 'The sign-in service could not renew your sign-in without asking you.',
  consent_required: 'The sign-in service needs your consent before it renews your sign-in.',
  interaction_required: 'The sign-in service needs to ask you something before it renews your sign-in.',
  account_selection_required: 'The sign-in service needs you to choose an account.',
  timeout: 'The silent renewal got no response.',
  unreachable: 'Bff is not responding.',
  unexpected_answer: 'Something other than Bff responded. Bff may be restarting.',
  store_unavailable: 'Bff cannot read sessions at the moment. Nobody is signed out.',
  busy: 'Too many people are signing in just now. Try again in a moment.',
  origin_mismatch: `Bff does not know this page’s address, ${location.origin}.`,
  idp_unavailable: SIGN_IN_SERVICE_DOWN,
  too_many_requests: 'Too many people are signing in from your network just now. This page keeps trying.',
  provider_unavailable: SIGN_IN_SERVICE_DOWN,
  provider_refuses_client: 'The sign-in service does not accept this application; its operator must act.',
  temporarily_unavailable: SIGN_IN_SERVICE_DOWN,
  server_error: SIGN_IN_SERVICE_DOWN,

  signed_out: 'You have signed out in another window. Sign in to continue.',
  replaced: 'You have signed in again elsewhere, and that ended this session.',
  session_expired: 'Your session has ended. Sign in to continue.',
  session_ended: 'Your session has ended. Sign in to continue.',
  idle_timeout: 'You were away for a while, so your session has ended. Sign in to continue.',
  absolute_timeout: 'Your session has reached its maximum length. Sign in to continue.',
  ended_by_admin: 'An administrator has ended your session. Sign in to continue.',
  provider_logout: 'You have signed out at the sign-in service. Sign in to continue.',
  ended_by_user: 'You have ended this session from another one. Sign in to continue.',
  too_many_sessions: 'You have signed in elsewhere, at more places than you may be. Sign in to continue here.',
  unknown: 'Your session has ended. Sign in to continue.',
};

/** What the person in front of the page can do, where the state of the page does not say it. */
const HINT = {
  consent_required: 'Sign in again to give it.',
  interaction_required: 'Sign in again to continue.',
  account_selection_required: 'Sign in again to continue.',
};

/** What a developer can do, where this page knows better than bff.js. It is in the console, and on the page in development only. */
const CURE = {
  origin_mismatch: `Bff is at ${bffUrl}. To a browser, localhost and 127.0.0.1 are two addresses, and so are two ports. `
    + `Open the page at the address Bff knows, or add ${location.origin} to Bff:Spa:Origins.`,
  unreachable: `Is Bff running at ${bffUrl}? Spa:BffUrl tells this page where it is.`,
  timeout: 'The provider may refuse to be framed, or its origin is missing from Spa:ProviderOrigins.',
  consent_required: '',
  interaction_required: '',
  account_selection_required: '',
  idp_unavailable: '',
  session_expired: '',
};

/** Errors that only the user can clear away, by signing in. */
const FINAL = ['access_denied', 'login_required', 'consent_required', 'interaction_required', 'account_selection_required'];

export const isFinal = (error) => FINAL.includes(error?.code);

/** Bff was not heard; whether it is away or does not know us, its `connection` tells. */
export const isUnreachable = (error) => ['unreachable', 'origin_mismatch'].includes(error.code);

export const isProviderDown = (error) => error?.code === 'provider_refuses_client' || MEANING[error?.code] === SIGN_IN_SERVICE_DOWN;

/** @param {{code: string, message?: string}} error */
export function meaningOf({ code, message }) {
  if (code === 'unreachable' && !navigator.onLine) return 'You are offline.';
  if (Object.hasOwn(MEANING, code)) return MEANING[code];
  return message && message !== code ? message : `That did not work (${code}).`;
}

/** @param {{code: string}} error */
export const hintOf = ({ code }) => HINT[code] ?? '';

/** @param {{code: string, hint?: string}} error */
export const cureOf = ({ code, hint }) => (Object.hasOwn(CURE, code) ? CURE[code] : hint ?? '');

/** One sentence on the answer to an API call. @param {number} status @param {string} [code]  of Bff's own problem */
export function meaningOfAnswer(status, code) {
  if (code === 'provider_unavailable') return 'There is no valid token, and the sign-in service is not reachable.';
  if (code === 'store_unavailable') return MEANING.store_unavailable;
  switch (status) {
    case 401: return 'The API needs a signed-in user.';
    case 403: return 'Your token lacks a scope this API asks for.';
    case 429: return 'Too many calls in a short time.';
    case 502: case 504: return 'The API behind Bff is not responding.';
    case 503: return 'The API is not available at the moment.';
    default: return status < 400 ? 'The API accepted the call.' : 'The API refused the call.';
  }
}
