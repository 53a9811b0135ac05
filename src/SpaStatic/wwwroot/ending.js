// The warning before a session ends. Whoever is there can stay; and an end that no use can move is called one.
import * as bff from './bff.js';
import { meaningOf } from './messages.js';
import { countdown, timeOfDay } from './times.js';
import { busy, say } from './view.js';

const READ_OUT = [60, 30, 10]; // seconds left; every second would be one long sermon

const dialog = document.getElementById('ending');
let warning = null; // { endsAt, canExtend }, while there is something to warn of
let title;

/** @param {{login: () => void, logout: () => Promise<void>}} actions */
export function wire({ login, logout }) {
  bff.on('sessionExpiring', warn);
  $('#stay').on('click', stay);
  $('#ending-login').on('click', login);
  $('#ending-logout').on('click', logout);
  $('#ending-close').on('click', putAway);
  dialog.addEventListener('cancel', (event) => { // Escape comes from somebody who is there
    event.preventDefault();
    if (warning?.canExtend) stay();
    else putAway();
  });
}

function warn({ endsAt, canExtend, session }) {
  warning = { endsAt, canExtend };
  say('#ending-title', canExtend ? 'Stay signed in?' : 'Your session is about to end');
  say('#ending-trouble', '');
  say('#ending-said', '');
  $('#stay').prop('hidden', !canExtend);
  $('#ending-login, #ending-close').prop('hidden', canExtend);
  show(session);
  if (dialog.open) return;
  dialog.showModal();
  title = document.title;
  document.title = `${$('#ending-title').text()} · Bff`; // for who is in another tab
}

/** At every change and every second. @param {object|null} session */
export function show(session) {
  if (!warning) return;
  const { endsAt, canExtend } = warning;
  if (!session || Date.parse(session.sessionExpiresAt) > endsAt + 1_000) return putAway(); // used elsewhere, or over; the page says why
  const left = endsAt - bff.now();
  const at = timeOfDay(endsAt, bff.now() - Date.now());
  say('#ending-text', canExtend
    ? `You have been away for a while, so you will be signed out at ${at}.`
    : `Sessions have a maximum length: this one ends at ${at}, whatever you do. Sign in again to continue.`);
  say('#ending-in', left > 0 ? countdown(left) : 'now');
  const seconds = READ_OUT.findLast((each) => left <= 1_000 * each);
  if (seconds) say('#ending-said', `Less than ${seconds} seconds left.`);
}

async function stay() {
  busy('#stay', true);
  try {
    await bff.keepAlive();
    putAway();
  } catch (error) {
    say('#ending-trouble', `That did not work. ${meaningOf(error)} Try again.`);
  } finally {
    busy('#stay', false);
  }
}

function putAway() {
  warning = null;
  if (!dialog.open) return;
  dialog.close();
  document.title = title;
}
