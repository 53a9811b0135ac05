// Answers of Bff are taken in in the order they were asked for, so one question is open at a time.

const waiting = new Map();
let last = Promise.resolve();

/**
 * Runs `work` when everything before it is done. A name that already waits or runs is not queued twice: its callers share the outcome.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function inTurn(name, work) {
  if (!waiting.has(name)) {
    const done = last.then(work).finally(() => waiting.delete(name));
    waiting.set(name, done);
    last = done.catch(() => {});
  }
  return waiting.get(name);
}
