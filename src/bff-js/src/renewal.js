// A newer access token, now.
import { askSession, latest, renewalFailed } from './session.js';
import { renewSilently } from './silent.js';

/** @import * as Bff from './index.js' */

/** @type {typeof Bff.renew} */
export const renew = async () => {
  try {
    if (latest?.renewal !== 'silent') return await askSession({}, '/bff/renew', { method: 'POST' });
  } catch (error) {
    if (/** @type {Bff.BffError} */ (error).code !== 'renewal_not_possible') throw renewalFailed(error);
  }
  return renewSilently().catch((error) => { throw renewalFailed(error); });
};
