// Timers by Bff's clock, which outlive the machine's sleep.
import { call } from './events.js';
import { now } from './session.js';
import { MINUTE, SECOND } from './time.js';

/** @import * as Bff from './index.js' */
/** @typedef {(slept: boolean) => number} Chore  does what is due; returns when it wants to be called next, by Bff's clock */

/** @type {Set<Bff.Timer>} */
const timers = new Set();
/** @type {Set<Chore>} */
const chores = new Set();
let ticking;
let dueAt = 0;
/** @type {(() => Promise<unknown>) | undefined} */
let askTheTime;
let waking = false;

/** @type {typeof Bff.setTimer} */
export const setTimer = (handler, at) => {
  const timer = { at, handler };
  timers.add(timer);
  tick();
  return timer;
};

/** @type {typeof Bff.clearTimer} */
export const clearTimer = (timer) => { if (timer) timers.delete(timer); };

/** Does it at every tick from the next one on. @param {Chore} chore */
export const addChore = (chore) => { chores.add(chore); };

/** What is asked first when the machine slept or its clock was set: until then nobody knows the time. @param {() => Promise<unknown>} ask */
export const onWake = (ask) => { askTheTime = ask; };

/** In short steps: setTimeout sleeps with the machine and counts in 32 bits. */
export const tick = () => {
  clearTimeout(ticking);
  const hidden = globalThis.document?.hidden;
  const slept = dueAt > 0 && Math.abs(Date.now() - dueAt) > (hidden ? 2 * MINUTE : 3 * SECOND);
  if (slept && askTheTime) {
    waking = true;
    askTheTime().finally(() => {
      waking = false;
      tick();
    });
  }
  for (const timer of waking ? [] : [...timers]) {
    if (timer.at <= now() && timers.delete(timer)) call(timer.handler);
  }
  const wishes = [...chores].map((chore) => call(chore, slept) ?? Infinity);
  if (!chores.size && !timers.size) return;
  const next = Math.min(...wishes, ...[...timers].map(({ at }) => at)) - now();
  const delay = Math.max(50, Math.min(next, hidden ? 15 * SECOND : SECOND));
  dueAt = Date.now() + delay;
  clearTimeout(ticking);
  ticking = setTimeout(tick, delay);
};
