// The tab that hears Bff's stream: what it says of the way, what it tells the other tabs, and what it does when the way is broken.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';
import { answerWith, openTab, pass, settle, signedIn, signedOut, takeNotes } from './fakes.js';

test('a tab that leads', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2030, 1, 1) });
  const tab = openTab();
  let jumped = 0; // ms that this machine's clock has jumped ahead of Bff's
  const inSeconds = (seconds) => new Date(Date.now() - jumped + 1_000 * seconds).toISOString();
  let facts = { accessTokenExpiresAt: inSeconds(100_000) };
  const session = () => signedIn({ now: inSeconds(0), sessionExpiresAt: inSeconds(50_000), absoluteEndsAt: inSeconds(90_000), ...facts });
  let answer = () => /** @type {any} */ (session());
  const requests = answerWith(() => answer());
  const stream = () => tab.streams.at(-1);
  const beat = (second) => second % 15 || stream().send('heartbeat', session());
  const { heard, news, asked } = takeNotes(requests);
  for (const event of ['signedOut', 'expiring', 'expired']) bff.on(/** @type {any} */ (event), () => heard.push(event));
  bff.on('connection', ({ state }) => heard.push(state));
  await settle();

  await t.test('is live when its stream is open, and not before', async () => {
    await bff.check();
    assert.deepEqual(news(), []);
    stream().open();
    stream().send('session', session());
    assert.deepEqual(news(), ['live']);
  });

  await t.test('passes heartbeats on, speaks when none come, and asks nothing while it hears', async () => {
    tab.posted.length = 0;
    stream().send('heartbeat', session());
    assert.deepEqual(tab.posted.map(({ state }) => state), ['live']);
    assert.equal(await asked(() => pass(t, 35)), 0);
    assert.equal(tab.posted.length, 3, 'before the others miss it');
  });

  await t.test('says that a stream was cut, asks, and is live again only when it is open again', async () => {
    stream().send('heartbeat', session());
    assert.equal(await asked(async () => {
      stream().fail(0);
      await pass(t, 3);
    }), 1);
    assert.deepEqual(news(), ['polling']);
    stream().open();
    assert.deepEqual(news(), ['live']);
  });

  await t.test('leaves a stream that is silent for another', async () => {
    const silent = stream();
    stream().send('heartbeat', session());
    await pass(t, 42);
    assert.equal(silent.readyState, 2);
    assert.notEqual(stream(), silent);
    stream().open();
    assert.deepEqual(news(), ['polling', 'live']);
  });

  await t.test('asks for a stream that is refused less and less, and goes on polling', async () => {
    const before = tab.streams.length;
    const polls = await asked(async () => {
      for (let second = 0; second < 60; second++) {
        if (stream().readyState !== 2) stream().fail(2);
        await pass(t, 1);
      }
    });
    assert.ok(tab.streams.length - before >= 3 && tab.streams.length - before <= 7, `${tab.streams.length - before} streams`);
    assert.ok(polls >= 6 && polls <= 12, `${polls} polls`);
    await pass(t, 60);
    stream().open();
    news();
  });

  await t.test('asks again and again while Bff is away, ever more seldom', async () => {
    answer = () => new TypeError('nobody there');
    stream().fail(2);
    const polls = await asked(() => pass(t, 120));
    assert.ok(polls >= 4 && polls <= 10, `${polls} polls`);
    assert.deepEqual(news(), ['polling', 'unreachable']);
    answer = session;
    await pass(t, 61);
    stream().open();
    assert.deepEqual(news(), ['polling', 'live']);
  });

  await t.test('asks when it should have heard of a renewal', async () => {
    facts = { ...facts, renewsAt: inSeconds(10) };
    stream().send('session', session());
    assert.equal(await asked(() => pass(t, 11, beat)), 0);
    delete facts.renewsAt;
    assert.equal(await asked(() => pass(t, 2, beat)), 1);
  });

  await t.test('asks when it is looked at, and when the browser is online again', async () => {
    assert.equal(await asked(async () => { tab.fire('visibilitychange'); await settle(); }), 1);
    assert.equal(await asked(async () => { tab.fire('online'); await settle(); }), 1);
    tab.fire('offline');
    assert.deepEqual(news(), ['offline']);
    await bff.check();
    assert.deepEqual(news(), ['live']);
  });

  await t.test('says expired of no token that Bff has renewed meanwhile', async () => {
    facts.accessTokenExpiresAt = inSeconds(80);
    const old = session();
    stream().send('session', old);
    facts.accessTokenExpiresAt = inSeconds(100_000);
    await pass(t, 89, (second) => second % 15 || second > 60 || stream().send('heartbeat', { ...old, now: inSeconds(0) }));
    assert.deepEqual(news(), []);
  });

  const jump = () => {
    jumped += 600_000;
    t.mock.timers.setTime(Date.now() + 599_000);
  };

  await t.test('says expired of no token, and calls no timer, because this machine’s clock jumps', async () => {
    facts.accessTokenExpiresAt = inSeconds(300);
    stream().send('session', session());
    answer = () => new TypeError('nobody there');
    jump();
    await pass(t, 12);
    answer = session;
    await pass(t, 20);
    stream().open();
    assert.deepEqual(news().filter((what) => what !== 'unreachable' && what !== 'polling'), ['live']);

    let answerLate = (value) => { void value; };
    bff.setTimer(() => heard.push('timer'), bff.now() + 60_000);
    answer = () => new Promise((resolve) => { answerLate = resolve; });
    jump();
    await pass(t, 5);
    answer = session;
    answerLate(session());
    await pass(t, 5);
    stream().open();
    assert.deepEqual(news(), ['polling', 'live']);
    await pass(t, 300, beat);
    assert.deepEqual(news(), ['timer', 'expiring', 'expired']);
    facts.accessTokenExpiresAt = inSeconds(100_000);
    stream().send('session', session());
  });

  await t.test('gives its stream up when it is left, and has it again when it comes back from the cache', async () => {
    const left = stream();
    tab.fire('pagehide');
    await settle();
    assert.equal(left.readyState, 2);
    assert.equal(await asked(async () => { tab.fire('pageshow', { persisted: true }); await settle(); }), 1);
    assert.notEqual(stream(), left);
    stream().open();
    news();
  });

  await t.test('hears of an end although an older answer is under way, and tells the others why', async () => {
    let answerLate = (value) => { void value; };
    answer = () => new Promise((resolve) => { answerLate = resolve; });
    const older = session();
    bff.check();
    answer = () => signedOut({ now: inSeconds(1) });
    tab.posted.length = 0;
    stream().send('ended', { reason: 'ended_by_admin' });
    await settle();
    assert.equal(bff.session()?.reason, 'ended_by_admin');
    answerLate(older);
    await settle();
    assert.equal(bff.session()?.isLoggedIn, false);
    assert.equal(tab.posted.find(({ news: told }) => told && !told.isLoggedIn)?.reason, 'ended_by_admin');
    assert.deepEqual(news(), ['signedOut', 'polling']);
  });
});
