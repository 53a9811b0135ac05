// The visitor's clock tells the time of day; Bff's tells how much of it is left.

/** @param {number} time  ms by Bff's clock @param {number} skew  ms that Bff's clock is ahead of the visitor's */
export function timeOfDay(time, skew) {
  if (!Number.isFinite(time)) return '–';
  const date = new Date(1_000 * Math.round((time - skew) / 1_000)); // what is heard of a clock differs by milliseconds each time
  const today = date.toDateString() === new Date().toDateString();
  return today ? date.toLocaleTimeString() : date.toLocaleString();
}

/** 3:07, 1:03:07, 2 d 1:03:07 */
export function countdown(ms) {
  const total = Math.ceil(Math.max(0, ms) / 1_000);
  const [days, hours, minutes, seconds] = [total / 86_400, (total / 3_600) % 24, (total / 60) % 60, total % 60].map(Math.floor);
  const clock = [...(total >= 3_600 ? [hours] : []), minutes, seconds];
  return (days ? `${days} d ` : '') + clock.map((part, index) => (index ? String(part).padStart(2, '0') : part)).join(':');
}
