// One request to Bff, with the cookie and the header that proves it is ours.
import { BffError } from './errors.js';
import { isSilentFrame } from './frame.js';
import { base, isHere, onBff } from './settings.js';

/** What `fetch` takes, made ready for Bff. What is wrong with it is the caller's TypeError. @param {RequestInfo | URL} input @param {RequestInit} [init] */
export const requestOf = (input, init) => {
  const given = /** @type {Request} */ (input).url; // paths are Bff's, not this page's
  const request = new Request(given === undefined ? onBff(String(input)) : onBff(given) && input, { ...init, credentials: 'include' });
  request.headers.set('X-CSRF', '1');
  return request;
};

/** @param {Request} request @returns {Promise<Response>} */
export const send = async (request) => {
  if (isSilentFrame()) return new Promise(() => {});
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw await isStranger() ? new BffError({ code: 'origin_mismatch', status: 403 }) : unreachable();
  }
};

export const unreachable = () => new BffError({ code: 'unreachable', detail: `No answer from ${base()}.` });

/** Bff itself says that it does not know this page's origin, in an answer that every page may read. */
const isStranger = () => !isHere()
  && fetch(onBff('/bff/session'), { credentials: 'omit', cache: 'no-store' })
    .then((response) => response.json())
    .then(({ code }) => code === 'origin_not_allowed')
    .catch(() => false);
