// What the page shows of the session. Nothing here decides anything.

const HISTORY = 5;
let shown = null; // { expiresAt, renewsAt, since } of the token on show, by Bff's clock

/**
 * @param {'signed-out'|'signed-in'|'unreachable'} state
 * @param {import('./bff.js').Session|null} session
 * @param {{expiresAt: number, renewsAt: number, sessionEndsAt: number, clockSkew: number}} times  ms, meaningful with a session only
 */
export function showSession(state, session, { expiresAt, renewsAt, sessionEndsAt, clockSkew }) {
  document.body.dataset.state = state;
  const words = [state, session ? 'session' : 'no-session'];
  $('[data-show]').each((_, part) => { part.hidden = !part.dataset.show.split(' ').some((word) => words.includes(word)); });

  const now = Date.now() + clockSkew;
  shown = session && { expiresAt, renewsAt, since: shown?.expiresAt === expiresAt ? shown.since : now };
  if (!session) return;

  $('#user-name').text(session.name ?? session.sub);
  $('#avatar').text((session.name ?? session.sub ?? '?').trim().charAt(0).toUpperCase());
  $('#renewed-by').text(session.renewal === 'silent' ? 'This page, silently' : 'Bff, in the background');
  // The visitor's clock tells the time of day; Bff's tells how much of it is left.
  showTime('#expires-at', expiresAt, clockSkew);
  showTime('#renews-at', renewsAt, clockSkew);
  showTime('#session-ends-at', sessionEndsAt, clockSkew);
  tick(now);
}

/** Counts down. @param {number} now  ms by Bff's clock */
export function tick(now) {
  if (!shown) return;
  const left = shown.expiresAt - now;
  const lifetime = Math.max(1, shown.expiresAt - shown.since);
  $('#expires-in').text(left > 0 ? countdown(left) : 'expired');
  $('#renews-in').text(shown.renewsAt > now ? `in ${countdown(shown.renewsAt - now)}` : 'any moment');
  $('#ring').css('--left', Math.min(1, Math.max(0, left / lifetime))).toggleClass('expired', left <= 0);
}

/** @param {string} how @param {number} at @param {number} until  ms by our own clock */
export function addRenewal(how, at, until) {
  $('#renewal-count').text(Number($('#renewal-count').text()) + 1);
  $('#no-renewals').prop('hidden', true);
  $('<li>').append($('<time>').attr('datetime', new Date(at).toISOString()).text(timeOfDay(at)), $('<span>').text(`${how}, valid until ${timeOfDay(until)}`))
    .prependTo('#renewal-history');
  $('#renewal-history li').slice(HISTORY).remove();
}

/**
 * @param {'warning'|'error'} kind
 * @param {string} text
 * @param {number} [nextTry]  ms by our own clock
 */
export function say(kind, text, nextTry) {
  const again = nextTry ? ` We try again at ${timeOfDay(nextTry)}.` : '';
  $('#message').attr('data-kind', kind).text(text + again);
}

export function hush() {
  $('#message').removeAttr('data-kind').text('');
}

/** A busy button keeps its place and the focus; a second click is harmless. */
export function busy(button, isBusy) {
  $(button).attr('aria-busy', String(isBusy));
}

function showTime(element, time, skew) {
  const known = Number.isFinite(time);
  $(element).attr('datetime', known ? new Date(time).toISOString() : null).text(known ? timeOfDay(time - skew) : '–');
}

function timeOfDay(time) {
  const date = new Date(time);
  const today = date.toDateString() === new Date().toDateString();
  return today ? date.toLocaleTimeString() : date.toLocaleString();
}

/** 3:07, 1:03:07, 2 d 1:03:07 */
function countdown(ms) {
  const total = Math.ceil(ms / 1_000);
  const [days, hours, minutes, seconds] = [total / 86_400, (total / 3_600) % 24, (total / 60) % 60, total % 60].map(Math.floor);
  const clock = [...(total >= 3_600 ? [hours] : []), minutes, seconds];
  return (days ? `${days} d ` : '') + clock.map((part, index) => (index ? String(part).padStart(2, '0') : part)).join(':');
}
