// The page: asks every two seconds how things are, while somebody looks.
import * as api from './api.js';
import { FlowChart, RenewalChart, canDraw, flowWords, renewalWords } from './charts.js';
import { byId, element } from './dom.js';
import { showEstate } from './estate.js';
import { showPlaces } from './places.js';
import { refresh } from './sessions.js';
import { count, dateAndTime, milliseconds, lastError, number, reason, relative, span, timeOfDay } from './words.js';

const EVERY = 2000;
const renewals = new RenewalChart(byId('renewals-chart'), byId('renewals-reading'));
const flow = new FlowChart(byId('flow-chart'), byId('flow-reading'));
let timer;

const sum = (moments, what) => moments.reduce((total, moment) => total + moment[what], 0);

function tile(name, { figure, state, note }) {
  const box = byId(`tile-${name}`);
  if (state) box.dataset.state = state;
  (box.querySelector('.figure .text') ?? box.querySelector('.figure')).textContent = figure;
  box.querySelector('.note').textContent = note;
}

function showTroubles({ troubles, now }) {
  const list = byId('troubles');
  list.hidden = troubles.length === 0;
  const items = troubles.map(({ level, code, text, since }) => element('li', { data: { state: level, code } },
    element('span', { class: 'dot', ariaHidden: 'true' }),
    element('span', {}, text),
    since ? element('time', { dateTime: since, title: dateAndTime(since) }, `for ${relative(since, now).replace(' ago', '')}`) : ''));
  list.replaceChildren(...items);
}

function callsTile(routes) {
  const [calls, client, server] = ['calls', 'clientErrors', 'serverErrors'].map((what) => routes.reduce((total, route) => total + route.calls[what], 0));
  return {
    figure: number(calls),
    state: server > 0.05 * calls ? 'bad' : server > 0 ? 'warn' : 'good',
    note: calls === 0 ? 'No calls on this node' : `${number(server)} failed with 5xx, ${number(client)} with 4xx`,
  };
}

function showTiles(facts) {
  const { history, active, upcoming = [], renewals: engine, breaker, checks, storeTook, storeAwaySince, stepSeconds, now } = facts;
  const minute = history.slice(-Math.ceil(60 / stepSeconds) - 1);
  const [done, late, failed] = ['renewed', 'late', 'failed'].map((what) => sum(minute, what));
  const { late: stillLate = 0, expired = 0 } = facts;

  tile('sessions', {
    figure: active === undefined ? 'Unknown' : number(active),
    state: storeAwaySince || expired > 0 ? 'bad' : active === undefined ? 'warn' : 'good',
    note: storeAwaySince ? 'The store is not responding.' : [
      expired > 0 && `${number(expired)} with an expired token`,
      `+${number(sum(history, 'started'))} started, −${number(sum(history, 'ended'))} ended in 15 min`,
    ].filter(Boolean).join(' · '),
  });
  tile('calls', callsTile(facts.routes));
  tile('renewals', {
    figure: number(done),
    state: failed > 0 || expired > 0 ? 'bad' : late + stillLate > 0 ? 'warn' : 'good',
    note: [
      `${number(late)} late, ${number(failed)} failed`,
      stillLate > 0 && `${number(stillLate)} still late or failing`,
      engine.inFlight + engine.waiting > 0 && `${number(engine.inFlight)} under way, ${number(engine.waiting)} waiting`,
      `${number(upcoming.slice(0, 60 / stepSeconds).reduce((total, step) => total + step, 0))} due within a minute`,
    ].filter(Boolean).join(' · '),
  });
  byId('provider-title').textContent = facts.providers.length > 1 ? 'Providers' : 'Provider';
  tile('provider', providersTile(facts, failed));
  const well = checks.store.healthy && checks.keys.healthy;
  tile('store', {
    figure: storeAwaySince || !checks.store.healthy ? 'Not responding' : well ? 'Responding' : 'Keys unusable',
    state: well && !storeAwaySince ? 'good' : 'bad',
    note: [
      storeAwaySince && `Since ${timeOfDay(storeAwaySince)}, ${relative(storeAwaySince, now)}`,
      [checks.store, checks.keys].find(({ healthy }) => !healthy)?.detail ?? (storeTook === undefined ? 'Keys can be read' : `In ${milliseconds(storeTook)} · keys can be read`),
    ].filter(Boolean).join(' · '),
  });
}

/** The worst of them; each is said further down. */
function providersTile({ providers, checks, now }, failed) {
  if (providers.length === 1) return providerTile({ ...providers[0], now }, checks[providers[0].check], failed);
  const away = providers.filter(({ breaker, check }) => breaker !== 'closed' || !checks[check].healthy);
  return {
    figure: away.length === 0 ? 'All responding' : away.length === providers.length ? 'None responding' : `${number(away.length)} of ${number(providers.length)} not responding`,
    state: away.length > 0 ? 'bad' : failed > 0 ? 'warn' : 'good',
    note: [away.map(({ name }) => name).join(', ') || 'All breakers closed', failed > 0 && `${count(failed, 'renewal')} failed in the last minute`].filter(Boolean).join(' · '),
  };
}

function providerTile({ breaker, nextProbeAt, lastFailure: last, now }, check, failed) {
  const seen = lastError(last);
  const note = (...parts) => parts.filter(Boolean).join(' · ');
  if (breaker === 'open') return { figure: 'Not responding', state: 'bad', note: note(`Breaker open, next probe ${relative(nextProbeAt, now)}`, seen) };
  if (breaker === 'half_open') return { figure: 'Being probed', state: 'bad', note: note('Breaker half-open: the next renewal tests whether it is back', seen) };
  if (!check.healthy) return { figure: 'No response yet', state: 'bad', note: note(check.detail, seen) };
  if (failed > 0) return { figure: 'Some failures', state: 'warn', note: note(`${count(failed, 'renewal')} failed in the last minute`, 'breaker closed', seen) };
  return { figure: 'Responding', state: 'good', note: note('Breaker closed', seen) };
}

function showEnds({ ends, now }) {
  byId('no-ends').hidden = ends.length > 0;
  byId('ends').hidden = ends.length === 0;
  byId('ends').replaceChildren(...ends.map(({ at, reason: code, handle, count: many }) => element('li', {},
    element('time', { dateTime: at, title: relative(at, now) }, timeOfDay(at)),
    element('span', { class: 'why' }, reason(code)),
    element('span', { class: 'quiet' }, handle ? element('code', {}, handle) : count(many, 'session')))));
}

function show(facts) {
  byId('node').textContent = `${facts.node} · ${facts.version} · up ${span((Date.parse(facts.now) - Date.parse(facts.startedAt)) / 1000)}`;
  live(...stateOf(facts));
  showTroubles(facts);
  showTiles(facts);
  showPlaces(facts);
  showEstate(facts);
  showEnds(facts);
  renewals.show(facts);
  flow.show(facts);
  byId('renewals-words').textContent = renewalWords(facts);
  byId('flow-words').textContent = flowWords(facts);
}

/** A node can be ready while its users suffer; then that is said, not "ready". */
function stateOf({ ready, troubles }) {
  const bad = troubles.filter(({ level }) => level === 'bad').length;
  if (bad > 0) return ['bad', `${count(bad, 'problem')}${ready ? '' : ', not ready'}`];
  return troubles.length > 0 ? ['warn', `Ready, ${count(troubles.length, 'warning')}`] : ['good', 'Ready'];
}

function live(state, text) {
  const pill = byId('live');
  pill.dataset.state = state;
  if (pill.textContent !== text) pill.textContent = text; // said aloud once
}

async function look() {
  try {
    const facts = await api.overview();
    document.body.dataset.state = 'open';
    byId('token').value = '';
    show(facts);
    await refresh(facts);
  } catch (error) {
    if (error.code === 'ops_token_required') return lock();
    live('bad', error.code === 'no_answer' ? 'Not responding' : error.message);
    if (!(error instanceof api.Problem)) throw error;
  } finally {
    clearTimeout(timer); // another look may have been quicker
    if (!document.hidden && document.body.dataset.state !== 'locked') timer = setTimeout(look, EVERY);
  }
}

function lock() {
  const again = byId('token').value !== '';
  document.body.dataset.state = 'locked';
  live('warn', 'Locked');
  api.useToken(null);
  byId('gate-error').textContent = again ? 'That token is wrong.' : '';
  byId('token').value = '';
  byId('token').focus();
}

byId('gate-form').addEventListener('submit', (event) => {
  event.preventDefault();
  api.useToken(byId('token').value.trim());
  document.body.dataset.state = 'loading';
  look();
});
document.addEventListener('visibilitychange', () => { if (!document.hidden && document.body.dataset.state === 'open') look(); });

if (!canDraw) document.body.dataset.charts = 'none';
byId('no-charts').hidden = canDraw;
look();
