// The invisible frame, as the page around it sees it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';
import { answerWith, openTab, pass, settle, signedIn, signedOut } from './fakes.js';

test('a silent sign-in', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2030, 1, 1) });
  const warned = t.mock.method(console, 'warn', () => {});
  const tab = openTab(['sign-out']);
  let answer = () => /** @type {any} */ (signedOut());
  answerWith(() => answer());
  const frame = () => tab.frames.at(-1);
  const say = (more = {}) => tab.fire('message', { origin: 'https://page.example', source: frame().contentWindow, data: { type: 'bff:silent', result: 'ok' }, ...more });
  const codeOf = (work) => work.then(() => 'ok', ({ code }) => code);

  await t.test('waits until another tab has signed out, and so does a sign-in', async () => {
    const silent = codeOf(bff.silentLogin());
    bff.login();
    await settle();
    assert.deepEqual([tab.frames.length, tab.left.length], [0, 0]);
    tab.release('sign-out');
    await settle();
    assert.deepEqual([tab.frames.length, tab.left.length], [1, 1]);
    say();
    assert.equal(await silent, 'ok');
  });

  // Standard: BBA-22
  await t.test('hears its own frame only, and from this page’s origin only', async () => {
    const silent = codeOf(bff.silentLogin());
    await settle();
    say({ origin: 'https://elsewhere.example' });
    say({ source: {} });
    say({ data: { type: 'something else' } });
    await pass(t, 9);
    say({ data: { type: 'bff:silent', result: 'error', error: 'login_required' } });
    assert.equal(await silent, 'login_required');
  });

  await t.test('that ends on another page than the silent one is noticed, and that does not end is given up', async () => {
    const onAnotherPage = codeOf(bff.silentLogin());
    await settle();
    frame().contentWindow.location.pathname = '/silent';
    frame().onload();
    await pass(t, 2);
    assert.equal(await onAnotherPage, 'silent_page_missing');
    assert.equal(warned.mock.callCount(), 1, 'the developer is told');

    const endless = codeOf(bff.silentLogin());
    await settle();
    frame().onload(); // the provider's page
    await pass(t, 10);
    assert.equal(await endless, 'timeout');
  });

  await t.test('is not needed where another tab has renewed the token, and two tabs do not renew at once', async () => {
    const lives = (name, seconds) => signedIn({ sub: name, renewal: 'silent', accessTokenExpiresAt: new Date(Date.now() + 1_000 * seconds).toISOString() });
    answer = () => lives('alice', 300);
    await bff.getSession();
    const made = tab.frames.length;
    answer = () => lives('alice', 400);
    assert.equal((await bff.renew()).accessTokenExpiresAt, answer().accessTokenExpiresAt);
    assert.equal(tab.frames.length, made);

    const before = tab.locks.length;
    const renewal = codeOf(bff.renew());
    await settle();
    assert.ok(tab.locks.slice(before).includes('silent'));
    say();
    assert.equal(await renewal, 'ok');
  });

  await t.test('waits, in every tab, until the one that signs out is left', async () => {
    assert.equal(await bff.logout(), true);
    const left = tab.left.length;
    bff.login(); // as a guard of another tab, with which this one shares its locks
    await settle();
    assert.equal(tab.left.length, left);
    tab.fire('pagehide');
    await settle();
    assert.equal(tab.left.length, left + 1);
  });
});
