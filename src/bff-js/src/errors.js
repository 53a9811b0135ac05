// What can go wrong, by name.

/** @import * as Bff from './index.js' */

const HINTS = {
  login_required: 'The provider cannot sign in silently. If it never can: shared development keys, or blocked third-party cookies.',
  consent_required: 'The provider wants to ask the user: call login().',
  interaction_required: 'The provider wants to ask the user: call login().',
  timeout: 'The frame gave no answer: the provider, or this page’s CSP (frame-src), may refuse it.',
  silent_page_missing: 'The silent page answers with the application. Serve silent.html there: configure({ silentPage }), or do without: silentSignIn: false.',
  session_expired: 'The session is over: call login().',
  idp_unavailable: 'The provider cannot be reached; Bff tries again.',
  origin_mismatch: 'Bff does not answer this page: its exact origin must be in Bff:Spa:Origins.',
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
