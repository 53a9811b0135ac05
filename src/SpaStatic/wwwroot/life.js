// What happened to the token since this page was opened. In memory only; times are ms by Bff's clock.

const KEPT = 100;   // of each kind
const EARLY = 3_000; // ms before its plan: somebody asked for that renewal

/** How a token came. */
export const HOW = {
  seen: 'when this page was opened',
  'sign-in': 'with the sign-in',
  background: 'by Bff, in the background',
  button: 'by the button',
  silent: 'by this page, silently',
  'other-tab': 'by another tab',
};

/** @type {{from: number, until: number, end?: number, how: string}[]} each token; `end`: when a newer one took over */
export const generations = [];
/** @type {{at: number, error: {code: string}}[]} tries that failed */
export const tries = [];
/** @type {{from: number, to?: number}[]} times in which Bff's renewals failed */
export const outages = [];

/** The first token of a user. */
export function begin(from, until, how) {
  forget();
  generations.push({ from, until, how });
}

/** A newer token took over. */
export function renewed(at, until, how) {
  if (generations.length > 0) generations.at(-1).end = at;
  keep(generations, { from: at, until, how });
}

/** A try that is told twice, by the call and by Bff, is one. @param {Error & {code: string}} error */
export function failed(at, error) {
  if (!(at - tries.at(-1)?.at < 1_000)) keep(tries, { at, error });
}

/** Bff's own tries: each that fails plans another. */
export function follow({ renewalError, renewsAt }, before, at) {
  const open = outages.findLast(({ to }) => to === undefined);
  if (!renewalError && open) open.to = at;
  if (!renewalError) return;
  if (!open) keep(outages, { from: at });
  if (renewsAt !== before?.renewsAt) failed(at, { code: renewalError });
}

export function forget() {
  generations.length = tries.length = outages.length = 0;
}

/** How a renewal came that this page did not ask for: Bff keeps to its plan, so an earlier one was asked for elsewhere. */
export const howOf = (planned, at) => (at < planned - EARLY ? 'other-tab' : 'background');

function keep(list, entry) {
  list.push(entry);
  if (list.length > KEPT) list.shift();
}
