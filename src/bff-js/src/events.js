// Who listens to what.

/** @import * as Bff from './index.js' */

/** @type {any} */
const listeners = {};
const page = /** @type {any} */ (globalThis); // on which another copy of the script may run

/** While the user is signing out, nobody is told anything: what a page does then would keep the provider from hearing of it. */
export const isMuted = () => page.bffIsMuted;

/** @param {boolean} on */
export const mute = (on) => { page.bffIsMuted = on; };

/** @type {typeof Bff.on} */
export const addListener = (event, handler) => {
  (listeners[event] ??= new Set()).add(handler);
  return () => { listeners[event].delete(handler); };
};

/** Calls what the page gave us: its error is reported as if the browser had called. @param {(detail: any) => any} handler @param {any} [detail] */
export const call = (handler, detail) => {
  try { return handler(detail); } catch (error) { (globalThis.reportError ?? console.error)(error); }
};

/** @template {keyof Bff.Events} Name @param {Name} event @param {Bff.Events[Name]} detail */
export const emit = (event, detail) => {
  if (isMuted()) return;
  for (const handler of listeners[event] ?? []) call(handler, detail);
};
