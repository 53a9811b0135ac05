// What can go wrong, by name.

/** @import * as Bff from './index.js' */

const ASK = 'Call login().';

/** @type {Record<string, string | null>} */
const HINTS = {
  __proto__: null, // a code may come from the page's address
  login_required: 'Dev keys, third-party cookies?',
  consent_required: ASK,
  interaction_required: ASK,
  timeout: 'frame-src?',
  silent_page_missing: 'Serve silent.html',
  session_expired: ASK,
  origin_mismatch: 'Not in Origins',
  unexpected_answer: 'Not Bff? configure()',
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
