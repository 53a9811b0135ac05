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
  unreachable: `Bff at ${bffUrl} does not answer.`,
  origin_mismatch: `Bff at ${bffUrl} does not know this page’s address, ${location.origin}, so the browser keeps its answers from us.`,
  idp_unavailable: SIGN_IN_SERVICE_DOWN,
  too_many_requests: 'Too many people sign in from your network right now. It is tried again in a minute.',
  provider_unavailable: SIGN_IN_SERVICE_DOWN,
  provider_refuses_client: 'The sign-in service and this application do not agree; its operator has to act.',
  temporarily_unavailable: SIGN_IN_SERVICE_DOWN,
  server_error: SIGN_IN_SERVICE_DOWN,

  signed_out: 'You have logged out in another window. Log in to go on.',
  replaced: 'You have logged in again elsewhere, and that ended this session.',
  session_expired: 'Your session has ended. Log in to go on.',
  session_ended: 'Your session has ended. Log in to go on.',
  idle_timeout: 'You were away for a while, so your session has ended. Log in to go on.',
  absolute_timeout: 'Your session has lasted as long as sessions may. Log in to go on.',
  ended_by_admin: 'An administrator has ended your session. Log in to go on.',
  unknown: 'Your session has ended. Log in to go on.',
};

/** What to check or do, where this page knows better than bff.js. */
const HINT = {
  origin_mismatch: `To a browser, localhost and 127.0.0.1 are two addresses, and so are two ports. Open the page at the address Bff knows, `
    + `or add ${location.origin} to Bff:Spa:Origins.`,
  unreachable: 'Is it running? The page is told where Bff is by Spa:BffUrl.',
  timeout: 'The provider may refuse to be shown in a frame, or its origin is missing in Spa:ProviderOrigins.',
  consent_required: 'Log in again to give it.',
  interaction_required: 'Log in again to go on.',
  account_selection_required: 'Log in again to go on.',
  idp_unavailable: '', // the state of the page says it
  session_expired: '',
};

/** Errors that only the user can clear away, by logging in. */
const FINAL = ['access_denied', 'login_required', 'consent_required', 'interaction_required', 'account_selection_required'];

export const isFinal = (error) => FINAL.includes(error?.code);

/** Bff was not heard; whether it is away or does not know us, its `connection` tells. */
export const isUnreachable = (error) => ['unreachable', 'origin_mismatch'].includes(error.code);

export const isProviderDown = (error) => error?.status === 503 || error?.code === 'provider_refuses_client' || MEANING[error?.code] === SIGN_IN_SERVICE_DOWN;

/** @param {{code: string, status?: number, message?: string}} error */
export function meaningOf({ code, status, message }) {
  if (Object.hasOwn(MEANING, code)) return MEANING[code];
  if (status === 503) return SIGN_IN_SERVICE_DOWN;
  return message && message !== code ? message : `That did not work (${code}).`;
}

/** @param {{code: string, hint?: string}} error */
export const hintOf = ({ code, hint }) => (Object.hasOwn(HINT, code) ? HINT[code] : hint ?? '');

/** One sentence on the status of an API call. */
export function meaningOfStatus(status) {
  switch (status) {
    case 401: return 'The API needs a signed-in user.';
    case 403: return 'Your token lacks a scope this API asks for.';
    case 502: case 504: return 'The API behind Bff does not answer.';
    case 503: return 'There is no valid token now, and the sign-in service is not reachable.';
    default: return status < 400 ? 'The API answered.' : 'The API refused.';
  }
}
