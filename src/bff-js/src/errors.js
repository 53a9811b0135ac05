// What can go wrong, by name.

/** @import * as Bff from './index.js' */

const ASK = 'Needs the user: call login().';

/** @type {Record<string, string | null>} */
const HINTS = {
  __proto__: null, // a code may come from the page's address
  login_required: 'Shared dev keys, or third-party cookies blocked?',
  consent_required: ASK,
  interaction_required: ASK,
  timeout: 'No answer: see frame-src.',
  silent_page_missing: 'Serve silent.html, or set silentSignIn: false.',
  session_expired: ASK,
  idp_unavailable: 'The provider is away. Bff retries.',
  origin_mismatch: 'Bff:Spa:Origins lacks this origin.',
  unexpected_answer: 'Not Bff? See configure().',
};

export class BffError extends Error {
  /** @param {ConstructorParameters<typeof Bff.BffError>[0]} problem */
  constructor({ code, status = 0, detail, retryAfter }) {
    super(detail ?? HINTS[code] ?? code);
    this.name = 'BffError';
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
    this.hint = HINTS[code] ?? '';
  }
}
