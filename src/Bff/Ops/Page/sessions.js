// Who is signed in: search, look, end, renew.
import * as api from './api.js';
import { byId, confirm, element, toast } from './dom.js';
import { several } from './places.js';
import { count, dateAndTime, number, relative } from './words.js';

const list = byId('sessions').tBodies[0];
const dialog = byId('session');
let now = new Date().toISOString();
let names = { frontEnds: false, providers: false };
let shown = [];
let next = null;
let open = null;

/** To be called with the overview, every now and then: what is on the screen is brought up to date. */
export async function refresh(facts) {
  now = facts.now;
  names = several(facts);
  offer('front-end', 'All front ends', facts.frontEnds);
  offer('provider', 'All providers', facts.providers);
  byId('place-title').hidden = !names.frontEnds && !names.providers;
  byId('place-title').textContent = names.frontEnds ? 'Front end' : 'Provider';
  await show();
}

async function show() {
  if (shown.length <= api.PAGE) await load();
  if (dialog.open) await look(open.handle);
}

/** A choice among what there is; what was chosen stays chosen, while it is there. */
function offer(id, all, choices) {
  const select = byId(id);
  const values = ['', ...choices.map(({ name }) => name)];
  select.hidden = choices.length < 2;
  if ([...select.options].map(({ value }) => value).join() === values.join()) return;
  const chosen = select.value;
  select.replaceChildren(...values.map((value) => element('option', { value }, value || all)));
  select.value = values.includes(chosen) ? chosen : '';
}

const wanted = () => ({ user: byId('user').value.trim(), frontEnd: byId('front-end').value, provider: byId('provider').value, troubled: byId('troubled').checked });

async function load({ more = false } = {}) {
  let page;
  try {
    page = await api.search(wanted(), more ? next : null);
  } catch (error) {
    if (error.code === 'store_unavailable' || error.code === 'no_answer') unknown();
    if (error.code === 'store_unavailable') return;
    throw error;
  }
  shown = more ? [...shown, ...page.sessions] : page.sessions;
  next = page.next ?? null;
  render();
}

/** Nobody knows who is signed in; an empty table would say that nobody is. */
function unknown() {
  shown = [];
  next = null;
  render();
  byId('no-sessions').hidden = true;
  byId('sessions-unknown').hidden = false;
}

function render() {
  byId('sessions-unknown').hidden = true;
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.handle : null;
  list.replaceChildren(...shown.map(row));
  if (focused) list.querySelector(`[data-handle="${focused}"]`)?.focus();
  byId('sessions').hidden = shown.length === 0;
  byId('no-sessions').hidden = shown.length > 0;
  const { user, frontEnd, provider, troubled } = wanted();
  const where = [frontEnd && `on ${frontEnd}`, provider && `at ${provider}`].filter(Boolean).map((word) => ` ${word}`).join('');
  byId('no-sessions').textContent = troubled ? `No renewal is failing or overdue${where}.`
    : user ? `Nobody whose subject or name begins like this is signed in${where}.` : `Nobody is signed in${where}.`;
  byId('more').hidden = !next;
}

function row(session) {
  const { handle, name, sub } = session;
  const button = element('button', { type: 'button', class: 'link', data: { handle }, ariaHasPopup: 'dialog', onclick: () => openDialog(session) }, name);
  return element('tr', { class: isExpired(session) ? 'trouble' : session.overdueSince ? 'late' : '' },
    element('th', { scope: 'row' }, button, element('span', { class: 'quiet sub' }, sub === name ? '' : sub)),
    ...place(session),
    element('td', { class: 'wide' }, when(session.createdAt)),
    element('td', {}, renewal(session)),
    element('td', { class: 'wide' }, number(session.renewals)),
    element('td', { class: 'wide' }, when(session.endsAt)),
    element('td', { class: 'wide' }, element('code', {}, handle)));
}

/** The column that is there when names need to be said. */
function place({ frontEnd, provider }) {
  const said = [names.frontEnds && frontEnd, names.providers && provider].filter(Boolean);
  return said.length === 0 ? [] : [element('td', { class: 'wide' }, said[0], element('span', { class: 'quiet sub' }, said[1] ?? ''))];
}

const when = (at) => element('time', { dateTime: at, title: dateAndTime(at) }, relative(at, now));

const isExpired = ({ overdueSince, accessTokenExpiresAt }) => Boolean(overdueSince && accessTokenExpiresAt && Date.parse(accessTokenExpiresAt) <= Date.parse(now));

function renewal(session) {
  const { renewal: kind, renewsAt, failures, lastError, overdueSince, accessTokenExpiresAt } = session;
  if (overdueSince) {
    const what = failures > 0 ? `failed ${count(failures, 'time')}: ${lastError ?? 'unknown'}` : 'waiting';
    const how = [`overdue for ${relative(overdueSince, now).replace(' ago', '')}`, isExpired(session) && `token expired ${relative(accessTokenExpiresAt, now)}`, failures > 0 && renewsAt && (Date.parse(renewsAt) > Date.parse(now) ? `next try ${relative(renewsAt, now)}` : 'waiting for its turn')];
    return element('span', {}, element('span', { class: `badge ${isExpired(session) ? 'bad' : 'warn'}` }, what), element('span', { class: 'quiet sub' }, how.filter(Boolean).join(', ')));
  }
  if (kind !== 'background') return element('span', { class: 'badge' }, kind === 'silent' ? 'by the page' : 'tokens unreadable');
  return renewsAt ? when(renewsAt) : '–';
}

function openDialog(session) {
  open = session;
  describe(session);
  dialog.showModal();
}

async function look(handle) {
  try {
    describe(await api.show(handle));
  } catch (error) {
    if (error.status !== 404) throw error;
    describe(null);
  }
}

/** @param session null when it has ended */
function describe(session) {
  open = session ?? open;
  byId('session-over').hidden = Boolean(session);
  byId('renew').disabled = !session || session.renewal !== 'background';
  byId('end').disabled = !session;
  byId('session-title').textContent = open.name;
  const facts = {
    Subject: open.sub,
    ...(names.frontEnds && { 'Front end': open.frontEnd }),
    ...(names.providers && { Provider: open.provider }),
    Handle: element('code', {}, open.handle),
    Started: moment(open.createdAt),
    'Idle timeout': moment(open.endsAt),
    'Absolute timeout': moment(open.absoluteEndsAt),
    'Token expires': moment(open.accessTokenExpiresAt),
    ...Object.fromEntries((open.apiTokens ?? []).map(({ api, expiresAt, error }) => [`Token for ${api}`, error ? `${moment(expiresAt)} (${error})` : moment(expiresAt)])),
    'Next renewal': open.renewal === 'background' ? moment(open.renewsAt) : renewal(open),
    Renewals: number(open.renewals),
    ...(open.overdueSince && { 'Overdue since': moment(open.overdueSince) }),
    'Last failure': open.failures > 0 ? `${open.lastError ?? 'unknown'} (${count(open.failures, 'time')} in a row)` : 'none since the last success',
  };
  byId('session-facts').replaceChildren(...Object.entries(facts).map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))));
}

const moment = (at) => (at ? `${dateAndTime(at)}, ${relative(at, now)}` : '–');

/** Runs what a button stands for; tells how it went, and shows what is so now. */
async function act(button, work) {
  button.ariaBusy = 'true';
  try {
    toast(await work());
  } catch (error) {
    toast(error.message, 'bad');
  }
  button.ariaBusy = 'false';
  await show().catch(() => {}); // the next round tells
}

byId('search').addEventListener('submit', (event) => {
  event.preventDefault();
  load().catch((error) => toast(error.message, 'bad'));
});
for (const id of ['troubled', 'front-end', 'provider']) byId(id).addEventListener('change', () => load().catch((error) => toast(error.message, 'bad')));
byId('more').addEventListener('click', () => load({ more: true }).catch((error) => toast(error.message, 'bad')));
byId('session-close').addEventListener('click', () => dialog.close());
byId('renew').addEventListener('click', (event) => act(event.target, async () => {
  const { outcome } = await api.renew(open.handle);
  return outcome === 'renewed' ? `Renewed ${open.name}’s token.` : `${open.name}’s token had just been renewed.`;
}));
byId('end').addEventListener('click', async ({ target }) => {
  const { handle, name } = open;
  if (!await confirm(`End ${name}’s session?`, 'Open pages are told at once, and the refresh token is revoked. The user has to sign in again.', 'End session')) return;
  await act(target, async () => {
    await api.end(handle);
    dialog.close();
    return `Ended ${name}’s session.`;
  });
});
byId('end-all').addEventListener('click', async ({ target }) => {
  const { sub } = open;
  const provider = names.providers ? open.provider : null; // another one's user of this name is somebody else
  const whom = provider ? `${sub} at ${provider}` : sub;
  if (!await confirm(`End all sessions of ${whom}?`, 'On every device, not only those in this list. Open pages are told at once, and the refresh tokens are revoked.', 'End all sessions')) return;
  await act(target, async () => {
    const { ended } = await api.endAll(sub, provider);
    dialog.close();
    return `Ended ${count(ended, 'session')} of ${whom}.`;
  });
});
