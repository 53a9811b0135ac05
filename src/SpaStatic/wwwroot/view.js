// What the page shows of the session. Nothing here decides anything.
import { development } from './config.js';
import * as life from './life.js';
import { isFinal, meaningOf } from './messages.js';
import { causeOf, stateOf, wordsOf } from './states.js';
import { countdown, timeOfDay } from './times.js';
import { showTimeline } from './timeline.js';

const LISTED = 6;
const COMING_BACK = 'signing-in'; // in the address, on the way back from a sign-in
const comingBack = new URLSearchParams(location.search).has(COMING_BACK);

/** Shows all there is to show; called at every change and every second. Only what differs is touched, so nothing is read out twice. */
export function show(facts) {
  const all = { ...facts, comingBack, expired: facts.expiresAt <= facts.now, skew: facts.now - Date.now() };
  const state = stateOf(all);
  showState(state, all);
  showCause(causeOf(state, all));
  if (all.session) showSession(state, all);
  if (all.session) showTimeline(life, { ...all, state });
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
  $('#renew').toggleClass('primary', !isFinal(facts.trouble));
  $('#log-in-again').toggleClass('primary', isFinal(facts.trouble));
  if (focused?.closest('[hidden]')) $('h1:visible').first().trigger('focus'); // the focus does not vanish with a button
}

function showCause(cause) {
  const message = $('#message');
  const { text, hint, cure } = cause ?? { text: '', hint: '', cure: '' };
  const said = [text, hint, cure].join(' ');
  if (message.attr('data-kind') !== cause?.kind) message.attr('data-kind', cause?.kind ?? null);
  if (message.data('said') === said) return;
  message.data('said', said).empty();
  if (text) message.append($('<span>').text(text));
  for (const more of [hint, development && cure]) {
    if (more) message.append(' ', $('<span>').addClass('hint').text(more));
  }
  if (cure) console.info(`${text} ${cure}`);
}

function showSession(state, { session, expiresAt, renewsAt, now, skew, expired }) {
  const name = session.name ?? session.sub ?? '';
  say('#user-name', name);
  say('#avatar', name.trim().charAt(0).toUpperCase() || '?');
  say('#renewed-by', session.renewal === 'silent' ? 'This page, silently' : 'Bff, in the background');
  say('#expires-label', expired ? 'Access token' : 'Expires in');
  say('#renews-label', state === 'provider-down' ? 'Next try' : 'Next renewal');
  showTime('#expires-at', expiresAt, skew);
  showTime('#renews-at', renewsAt, skew);
  showTime('#session-ends-at', Date.parse(session.sessionExpiresAt), skew);
  say('#session-ends-how', isLast(session) ? 'whatever you do' : 'unless you do something');
  say('#expires-in', expired ? 'expired' : Number.isFinite(expiresAt) ? countdown(expiresAt - now) : '–');
  say('#renews-in', !Number.isFinite(renewsAt) ? 'none' : renewsAt > now ? countdown(renewsAt - now) : 'any moment');
}

function showRenewals(skew) {
  const renewals = life.generations.slice(1).map(({ from, until, how }, index) => ({
    at: from, text: `${life.HOW[how]}, ${left(life.generations[index].until - from)}`, until,
  }));
  say('#renewal-count', String(renewals.length));
  const entries = together([...renewals, ...life.tries.map(({ at, error }) => ({ at, text: meaningOf(error), tries: 1 }))]).slice(0, LISTED);
  $('#no-renewals').prop('hidden', entries.length > 0);

  const list = $('#renewal-history');
  const shown = JSON.stringify([entries, Math.round(skew / 1_000)]); // the visitor's clock may be set meanwhile
  if (list.data('shown') !== shown) list.data('shown', shown).empty().append(entries.map((entry) => renewalItem(entry, skew)));
}

/** Newest first; failed tries without a renewal between them are one entry. */
function together(entries) {
  const list = [];
  for (const entry of entries.sort((one, other) => other.at - one.at)) {
    const newer = list.at(-1);
    if (entry.tries && newer?.tries && entry.text === newer.text) newer.tries++;
    else list.push(entry);
  }
  return list;
}

function renewalItem({ at, text, until, tries }, skew) {
  const words = $('<span>').text(text);
  if (tries) words.prepend($('<b>').text(tries === 1 ? 'Not renewed.' : `Not renewed in ${tries} tries.`), ' ');
  if (until) words.append($('<span>').addClass('until').text(`valid until ${timeOfDay(until, skew)}`));
  return $('<li>').toggleClass('failed', tries > 0).append($('<time>').attr('datetime', new Date(at).toISOString()).text(timeOfDay(at, skew)), words);
}

const left = (ms) => (ms > 0 ? `${countdown(ms)} before expiry` : 'after expiry');

/** Whether no use can move the session's end any more. */
const isLast = ({ sessionExpiresAt, absoluteEndsAt }) => Date.parse(absoluteEndsAt) <= Date.parse(sessionExpiresAt);

/** Text that is the same is left alone: a live region would say it again. */
export function say(element, text) {
  if ($(element).text() !== text) $(element).text(text);
}

function showTime(element, time, skew) {
  const known = Number.isFinite(time);
  $(element).attr('datetime', known ? new Date(time).toISOString() : null).parent('span').prop('hidden', !known); // 'at' nothing
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

/** Takes the mark of a sign-in out of the address. */
export function arrive() {
  const url = new URL(location.href);
  url.searchParams.delete(COMING_BACK);
  if (comingBack) history.replaceState(history.state, '', url);
}
