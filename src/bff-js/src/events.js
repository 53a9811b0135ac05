// Who listens to what.

/** @import * as Bff from './index.js' */

/** @type {any} */
const listeners = {};

/** @type {typeof Bff.on} */
export const addListener = (event, handler) => {
  (listeners[event] ??= new Set()).add(handler);
  return () => { listeners[event].delete(handler); };
};

/** @template {keyof Bff.Events} Name @param {Name} event @param {Bff.Events[Name]} detail */
export const emit = (event, detail) => {
  for (const handler of listeners[event] ?? []) {
    try { handler(detail); } catch (error) { reportError(error); }
  }
};
