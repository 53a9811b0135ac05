// The page: asks every two seconds how things are, while somebody looks.
import * as api from './api.js';
import { FlowChart, RenewalChart, flowWords, renewalWords } from './charts.js';
import { byId, element } from './dom.js';
import { refresh } from './sessions.js';
import { count, milliseconds, number, reason, relative, span, timeOfDay } from './words.js';

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

function showTiles({ history, active, upcoming = [], renewals: engine, breaker, checks, storeTook, stepSeconds }) {
  const minute = history.slice(-Math.ceil(60 / stepSeconds) - 1);
  const [done, late, failed] = ['renewed', 'late', 'failed'].map((what) => sum(minute, what));
  const backlog = history.findLast((moment) => moment.backlog !== undefined)?.backlog ?? 0;

  tile('sessions', {
    figure: active === undefined ? '–' : number(active),
    note: `+${number(sum(history, 'started'))} started, −${number(sum(history, 'ended'))} ended in 15 min`,
  });
  tile('renewals', {
    figure: number(done),
    state: failed > 0 ? 'bad' : late > 0 ? 'warn' : 'good',
    note: [
      `${number(late)} late, ${number(failed)} failed`,
      backlog > 0 && `${number(backlog)} overdue`,
      engine.inFlight + engine.waiting > 0 && `${number(engine.inFlight)} under way, ${number(engine.waiting)} waiting`,
      `${number(upcoming.slice(0, 60 / stepSeconds).reduce((total, step) => total + step, 0))} due within a minute`,
    ].filter(Boolean).join(' · '),
  });
  tile('provider', providerTile(breaker, checks.provider, failed));
  const well = checks.store.healthy && checks.keys.healthy;
  tile('store', {
    figure: well ? 'Answers' : 'In trouble',
    state: well ? 'good' : 'bad',
    note: [checks.store, checks.keys].find(({ healthy }) => !healthy)?.detail ?? (storeTook === undefined ? 'Keys can be read' : `In ${milliseconds(storeTook)} · keys can be read`),
  });
}

function providerTile(breaker, check, failed) {
  if (breaker === 'open') return { figure: 'Does not answer', state: 'bad', note: 'Breaker open: left alone for now, then one probe. Sessions live on.' };
  if (breaker === 'half_open') return { figure: 'Being probed', state: 'warn', note: 'Breaker half-open: the next renewal finds out whether it is back.' };
  if (!check.healthy) return { figure: 'Not seen yet', state: 'bad', note: check.detail ?? '' };
  if (failed > 0) return { figure: 'Stumbles', state: 'warn', note: `${count(failed, 'renewal')} failed in the last minute · breaker closed` };
  return { figure: 'Answers', state: 'good', note: 'Breaker closed' };
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
  live(facts.ready ? 'good' : 'bad', facts.ready ? 'Ready' : `Not ready: ${Object.entries(facts.checks).filter(([, { healthy }]) => !healthy).map(([name]) => name).join(', ')}`);
  showTiles(facts);
  showEnds(facts);
  renewals.show(facts);
  flow.show(facts);
  byId('renewals-words').textContent = renewalWords(facts);
  byId('flow-words').textContent = flowWords(facts);
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
    await refresh(facts.now);
  } catch (error) {
    if (error.code === 'ops_token_required') return lock();
    live('bad', error.code === 'no_answer' ? 'No answer' : error.message);
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
  byId('gate-error').textContent = again ? 'That is not the token.' : '';
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

look();
