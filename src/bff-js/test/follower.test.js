// A tab that hears the news from another: what it believes, and when it takes over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';
import { answerWith, openTab, pass, settle, signedIn, signedOut, takeNotes } from './fakes.js';

test('a tab that follows', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2030, 1, 1) });
  const tab = openTab(['leader']);
  const inSeconds = (seconds) => new Date(Date.now() + 1_000 * seconds).toISOString();
  const ends = { accessTokenExpiresAt: inSeconds(100_000), sessionExpiresAt: inSeconds(50_000), absoluteEndsAt: inSeconds(90_000) };
  let answer = () => /** @type {any} */ (signedIn(ends));
  const requests = answerWith(() => answer());
  const beat = (second) => second % 15 || tab.hear({ news: answer(), skewed: 0, state: 'live' });
  const { heard, news, asked } = takeNotes(requests);
  bff.on('signedOut', ({ reason }) => heard.push(reason));
  bff.on('connection', ({ state }) => heard.push(state));
  await settle();

  await t.test('is live by what the tab that leads says, and neither asks nor listens itself', async () => {
    assert.deepEqual(news(), ['polling']);
    assert.deepEqual(tab.posted.slice(0, 1), [{}], 'it says hello');
    tab.hear({ news: signedIn(ends), skewed: 0, state: 'live' });
    assert.equal(await asked(() => pass(t, 120, beat)), 0);
    assert.deepEqual([news(), tab.streams.length], [['live'], 0]);
  });

  await t.test('asks when another tab has older news than it has itself', async () => {
    assert.equal(await asked(async () => {
      tab.hear({ news: signedOut({ now: inSeconds(-60) }), reason: 'ended_by_admin' });
      await settle();
    }), 1);
    assert.equal(bff.session()?.isLoggedIn, true);
  });

  await t.test('does not take over what it has missed only because it slept', async () => {
    beat(0);
    t.mock.timers.setTime(Date.now() + 599_000);
    await pass(t, 5);
    assert.equal(tab.streams.length, 0);
  });

  await t.test('believes no tab that has stopped, and does not take over while nobody looks at it', async () => {
    beat(0);
    document.hidden = true;
    await pass(t, 100);
    assert.equal(tab.streams.length, 0);
    await bff.check();
    assert.deepEqual(news(), ['polling']);
  });

  await t.test('takes over when it is looked at', async () => {
    document.hidden = false;
    await pass(t, 20);
    assert.equal(tab.streams.length, 1);
    tab.streams[0].open();
    assert.deepEqual(news(), ['live']);
  });

  await t.test('follows again when another tab takes over, and leads when that one is closed', async () => {
    tab.rob();
    await settle();
    assert.equal(tab.streams[0].readyState, 2);
    tab.release('leader');
    await settle();
    assert.equal(tab.streams.length, 2);
    tab.rob();
    await settle();
  });

  await t.test('hears why the session ended from the tab that knows, and then has nothing to take over', async () => {
    answer = () => signedOut();
    tab.hear({ news: signedOut({ now: inSeconds(1) }), skewed: 0, reason: 'idle_timeout' });
    assert.ok(news().includes('idle_timeout'));
    const streams = tab.streams.length;
    assert.ok(await asked(() => pass(t, 120)) <= 1);
    assert.equal(tab.streams.length, streams);
  });
});
