// One tab of the browser at a time.
import { BffError } from './errors.js';
import { base } from './settings.js';

/**
 * Works while it holds the lock of that name. Where there are no Web Locks, or the page may not use them, it just works.
 * @template Result @param {string} name @param {() => Result | Promise<Result>} work @param {LockOptions} [how] @returns {Promise<Result>}
 * @throws {BffError} `timeout` when `how.signal` ends the wait
 */
export const withLock = async (name, work, how = {}) => {
  let begun = false;
  try {
    return await navigator.locks.request(`bff ${name} ${base()}`, how, () => {
      begun = true;
      return work();
    });
  } catch (error) {
    if (begun) throw error;
    if (how.signal?.aborted) throw new BffError({ code: 'timeout' });
    return work();
  }
};
