// What an error code means to the person in front of the page.

const MEANING = {
  access_denied: 'You were not signed in: access was denied at the sign-in service.',
  login_required: 'The sign-in service could not renew your sign-in without asking you. Log in again to go on. '
    + 'If this happens every time, check two things: social logins need keys of your own, the provider’s shared development keys never '
    + 'work silently; and the browser may be blocking third-party cookies for the provider.',
  consent_required: 'The sign-in service wants your consent before it renews. Log in again to give it.',
  interaction_required: 'The sign-in service wants to ask you something before it renews. Log in again to go on.',
  account_selection_required: 'The sign-in service wants you to choose an account. Log in again to go on.',
  timeout: 'The silent renewal got no answer. The provider may refuse to be shown in a frame, or its origin is missing in Spa:ProviderOrigins.',
  unreachable: 'Bff does not answer.',
  session_ended: 'Your session has ended. Log in to go on.',
  signed_out: 'You are not signed in.',
};
const PROVIDER_DOWN = 'The sign-in service is not reachable.';
const PROVIDER_DOWN_CODES = ['idp_unavailable', 'provider_unavailable', 'temporarily_unavailable', 'server_error'];

/** Errors that only the user can clear away, by logging in. */
const FINAL = ['access_denied', 'login_required', 'consent_required', 'interaction_required', 'account_selection_required'];

export const isFinal = ({ code }) => FINAL.includes(code);

/** @param {{code: string, status?: number, message?: string}} error */
export function meaningOf({ code, status, message }) {
  if (Object.hasOwn(MEANING, code)) return MEANING[code];
  if (status === 503 || PROVIDER_DOWN_CODES.includes(code)) return PROVIDER_DOWN;
  return message && message !== code ? message : `That did not work (${code}).`;
}

/** Bff gave no session to go by: it was silent, or it answered with an error of its own. */
export const unreachable = ({ status }) => (status ? `Bff cannot answer now (${status}).` : MEANING.unreachable);

/** One sentence on the status of an API call. */
export function meaningOfStatus(status) {
  switch (status) {
    case 0: return MEANING.unreachable;
    case 401: return 'The API needs a signed-in user.';
    case 403: return 'Your token lacks a scope this API asks for.';
    case 502: case 504: return 'The API behind Bff does not answer.';
    case 503: return 'There is no valid token now, and the sign-in service is not reachable.';
    default: return status < 400 ? 'The API answered.' : 'The API refused.';
  }
}
