// Times and numbers as people say them.
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });

export const number = new Intl.NumberFormat().format;
export const timeOfDay = (at) => clock.format(new Date(at));
export const dateAndTime = (at) => full.format(new Date(at));
export const day = (at) => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(new Date(at));
export const count = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

/** "42 s", "3 min", "5 h", "2 d" */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 100) return `${s} s`;
  if (s < 6000) return `${Math.round(s / 60)} min`;
  if (s < 172_800) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86_400)} d`;
}

/** Seen from the server's now, not from this machine's clock. */
export function relative(at, now) {
  const seconds = (Date.parse(at) - Date.parse(now)) / 1000;
  return seconds >= 0 ? `in ${span(seconds)}` : `${span(-seconds)} ago`;
}

export const milliseconds = (seconds) => (seconds < 0.0005 ? 'under a millisecond' : `${number(Math.round(seconds * 1000))} ms`);

/** @param failure of a call to a provider; may be missing */
export const lastError = (failure) =>
  failure && `last error: ${failure.endpoint}, ${failure.outcome}${failure.detail ? ` (${failure.detail})` : ''} at ${timeOfDay(failure.at)}`;

const REASONS = {
  signed_out: 'signed out',
  replaced: 'signed in again',
  session_ended: 'ended by the provider',
  idle_timeout: 'reached the idle timeout',
  absolute_timeout: 'reached the absolute timeout',
  ended_by_admin: 'ended by an administrator',
  provider_logout: 'signed out at the provider',
  ended_by_user: 'ended by their user, from another session',
  too_many_sessions: 'one too many of their user',
};

export const reason = (code) => REASONS[code] ?? code.replaceAll('_', ' ');
