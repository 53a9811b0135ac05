// What the page says, in words for the person in front of it.
import { bffUrl } from './config.js';

const SIGN_IN_SERVICE_DOWN = 'The sign-in service is not reachable.';

/** By code of an error or of an end. */
const MEANING = {
  access_denied: 'You were not signed in: access was denied at the sign-in service.',
  login_required: 'The sign-in service could not renew your sign-in without asking you.',
  consent_required: 'The sign-in service wants your consent before it renews.',
  interaction_required: 'The sign-in service wants to ask you something before it renews.',
  account_selection_required: 'The sign-in service wants you to choose an account.',
  timeout: 'The silent renewal got no answer.',
  unreachable: 'Bff does not answer.',
  unexpected_answer: 'Bff does not answer; something in front of it does. It may be starting again.',
  store_unavailable: 'Bff cannot read sessions at the moment. Nobody is signed out by that.',
  busy: 'Too many people are signing in just now. Try again in a moment.',
  origin_mismatch: `Bff does not know this page’s address, ${location.origin}.`,
  idp_unavailable: SIGN_IN_SERVICE_DOWN,
  too_many_requests: 'Too many people are signing in from your network just now. This page tries again by itself.',
  provider_unavailable: SIGN_IN_SERVICE_DOWN,
  provider_refuses_client: 'The sign-in service and this application do not agree; its operator has to act.',
  temporarily_unavailable: SIGN_IN_SERVICE_DOWN,
  server_error: SIGN_IN_SERVICE_DOWN,

  signed_out: 'You have signed out in another window. Sign in to go on.',
  replaced: 'You have signed in again elsewhere, and that ended this session.',
  session_expired: 'Your session has ended. Sign in to go on.',
  session_ended: 'Your session has ended. Sign in to go on.',
  idle_timeout: 'You were away for a while, so your session has ended. Sign in to go on.',
  absolute_timeout: 'Your session has lasted as long as sessions may. Sign in to go on.',
  ended_by_admin: 'An administrator has ended your session. Sign in to go on.',
  unknown: 'Your session has ended. Sign in to go on.',
};

/** What the person in front of the page can do, where the state of the page does not say it. */
const HINT = {
  consent_required: 'Sign in again to give it.',
  interaction_required: 'Sign in again to go on.',
  account_selection_required: 'Sign in again to go on.',
};

/** What a developer can do, where this page knows better than bff.js. It is in the console, and on the page in development only. */
const CURE = {
  origin_mismatch: `Bff is at ${bffUrl}. To a browser, localhost and 127.0.0.1 are two addresses, and so are two ports. `
    + `Open the page at the address Bff knows, or add ${location.origin} to Bff:Spa:Origins.`,
  unreachable: `Is Bff running at ${bffUrl}? The page is told where it is by Spa:BffUrl.`,
  timeout: 'The provider may refuse to be shown in a frame, or its origin is missing in Spa:ProviderOrigins.',
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
  if (code === 'provider_unavailable') return 'There is no valid token now, and the sign-in service is not reachable.';
  if (code === 'store_unavailable') return MEANING.store_unavailable;
  switch (status) {
    case 401: return 'The API needs a signed-in user.';
    case 403: return 'Your token lacks a scope this API asks for.';
    case 429: return 'Too many calls in a short time.';
    case 502: case 504: return 'The API behind Bff does not answer.';
    case 503: return 'The API cannot answer at the moment.';
    default: return status < 400 ? 'The API answered.' : 'The API refused.';
  }
}
