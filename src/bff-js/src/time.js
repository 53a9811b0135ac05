// Times and waits, in ms.

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

/** @param {string} [time] ISO 8601 @returns ms since 1970; Infinity when there is none */
export const ms = (time) => (time ? Date.parse(time) : Infinity);

/** @template Result @param {Promise<Result>} work @param {AbortSignal | null} [signal] ends the wait with its reason @returns {Promise<Result>} */
export const orAborted = (work, signal) => new Promise((resolve, reject) => {
  const stop = () => reject(signal?.reason);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop);
  work.then(resolve, reject);
});

/** @param {number} delay @param {AbortSignal | null} [signal] ends the wait with its reason @returns {Promise<unknown>} */
export const pause = (delay, signal) => orAborted(new Promise((resolve) => { setTimeout(resolve, delay); }), signal);

/** In ms since whenever; nobody sets this clock. */
export const elapsed = () => performance.now();

/** What `AbortSignal.timeout` is, also where there is none. @param {number} delay */
export const timeout = (delay) => {
  if (AbortSignal.timeout) return AbortSignal.timeout(delay);
  const late = new AbortController();
  setTimeout(() => late.abort(), delay);
  return late.signal;
};

/** Doubled with each failure before, up to a minute. @param {number} failures */
export const backOff = (failures) => Math.min(MINUTE, SECOND * 2 ** failures);

/** `Retry-After` of an answer, as RFC 9110, section 10.2.3, has it. @param {{ headers: Headers }} response @returns {number | undefined} seconds */
export const secondsUntil = ({ headers }) => {
  const text = headers.get('Retry-After') ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / SECOND;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
};
