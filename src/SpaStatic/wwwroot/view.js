// What the page shows of the session. Nothing here decides anything.
import * as life from './life.js';
import { meaningOf } from './messages.js';
import { causeOf, stateOf, wordsOf } from './states.js';
import { countdown, timeOfDay } from './times.js';
import { showTimeline } from './timeline.js';

const LISTED = 6;
const COMING_BACK = 'signing-in'; // in the address, on the way back from a sign-in
let comingBack = new URLSearchParams(location.search).has(COMING_BACK);

/** Shows all there is to show; called at every change and every second. Only what differs is touched, so nothing is read out twice. */
export function show(facts) {
  const all = { ...facts, comingBack, expired: facts.expiresAt <= facts.now, skew: facts.now - Date.now() };
  const state = stateOf(all);
  showState(state, all);
  showCause(causeOf(state, all));
  if (all.session) showSession(state, all);
  if (all.session) showTimeline(life, all);
  showRenewals(all.skew);
}

/** A busy button keeps its place and the focus; a second click is harmless. */
export function busy(button, isBusy) {
  $(button).attr('aria-busy', String(isBusy));
}

function showState(state, { session, ...facts }) {
  const focused = document.activeElement;
  const words = [state, session ? 'session' : 'no-session'];
  document.body.dataset.state = state;
  $('[data-show]').each((_, part) => { part.hidden = !part.dataset.show.split(' ').some((word) => words.includes(word)); });
  const { title, text } = wordsOf(state, { session, ...facts });
  say('#state-title', title);
  say('#state-text', text);
  busy('#login', state === 'signing-in');
  if (focused?.closest('[hidden]')) $('h1:visible').first().trigger('focus'); // the focus does not vanish with a button
}

function showCause(cause) {
  const message = $('#message');
  const said = cause ? `${cause.text} ${cause.hint}` : '';
  if (message.attr('data-kind') !== cause?.kind) message.attr('data-kind', cause?.kind ?? null);
  if (message.data('said') === said) return;
  message.data('said', said).empty();
  if (cause) message.append($('<span>').text(cause.text));
  if (cause?.hint) message.append(' ', $('<span>').addClass('hint').text(cause.hint));
}

function showSession(state, { session, expiresAt, renewsAt, now, skew, expired }) {
  const name = session.name ?? session.sub ?? '';
  say('#user-name', name);
  say('#avatar', name.trim().charAt(0).toUpperCase() || '?');
  say('#renewed-by', session.renewal === 'silent' ? 'This page, silently' : 'Bff, in the background');
  say('#renews-label', state === 'provider-down' ? 'Next try' : 'Next renewal');
  showTime('#expires-at', expiresAt, skew);
  showTime('#renews-at', renewsAt, skew);
  showTime('#session-ends-at', Date.parse(session.sessionExpiresAt), skew);
  say('#expires-in', expired ? 'expired' : Number.isFinite(expiresAt) ? countdown(expiresAt - now) : '–');
  say('#renews-in', renewsAt > now ? countdown(renewsAt - now) : 'any moment');
}

function showRenewals(skew) {
  const renewals = life.generations.slice(1).map(({ from, until, how }, index) => ({
    at: from, text: `${life.HOW[how]}, ${left(life.generations[index].until - from)}`, until,
  }));
  const failures = life.tries.map(({ at, error }) => ({ at, text: meaningOf(error), failed: true }));
  const entries = [...renewals, ...failures].sort((one, other) => other.at - one.at).slice(0, LISTED);
  say('#renewal-count', String(renewals.length));
  $('#no-renewals').prop('hidden', entries.length > 0);

  const list = $('#renewal-history');
  const shown = JSON.stringify(entries.map(({ at }) => at));
  if (list.data('shown') === shown) return;
  list.data('shown', shown).empty().append(entries.map(({ at, text, until, failed }) => $('<li>').toggleClass('failed', failed === true).append(
    $('<time>').attr('datetime', new Date(at).toISOString()).text(timeOfDay(at, skew)),
    $('<span>').append(failed ? $('<b>').text('Not renewed. ') : '', text, until ? $('<span>').addClass('until').text(`valid until ${timeOfDay(until, skew)}`) : ''),
  )));
}

const left = (ms) => (ms > 0 ? `${countdown(ms)} before expiry` : 'after expiry');

/** Text that is the same is left alone: a live region would say it again. */
function say(element, text) {
  if ($(element).text() !== text) $(element).text(text);
}

function showTime(element, time, skew) {
  $(element).attr('datetime', Number.isFinite(time) ? new Date(time).toISOString() : null);
  say(element, timeOfDay(time, skew));
}

/** Whether a sign-in has just brought the visitor here. */
export const comesBack = () => comingBack;

export function addressToComeBackTo() {
  const url = new URL(location.href);
  url.hash = '';
  url.searchParams.set(COMING_BACK, '');
  return url.href;
}

/** Takes what a sign-in left in the address out of it. @returns {{code: string}|null} the provider's refusal */
export function takeLoginError() {
  const url = new URL(location.href);
  const code = url.searchParams.get('error');
  if (code === null && !comingBack) return null;
  url.searchParams.delete('error');
  url.searchParams.delete(COMING_BACK);
  history.replaceState(null, '', url);
  if (code === null) return null;
  return { code: /^[\w.-]{1,64}$/.test(code) ? code : 'unknown_error' }; // anybody can write an address: only names may reach the page
}
