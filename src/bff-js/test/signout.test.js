// From logout() on the page is told nothing, until it is left or turns out to stay.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import * as bff from '../src/index.js';
import { answerWith, pass, problem, settle, signedIn, signedOut } from './fakes.js';

const handlers = {};
const left = [];
let frames = 0;

test('a sign-out that leads nowhere is told half a minute later', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  globalThis.location = Object.assign(new URL('https://page.example/here'), { assign: (address) => left.push(address) });
  globalThis.document = { hidden: false, addEventListener() {}, createElement() { frames++; } };
  globalThis.addEventListener = /** @type {any} */ ((name, handler) => { (handlers[name] ??= []).push(handler); });
  let session = signedIn();
  answerWith(({ url }) => (url.endsWith('/bff/session') ? session : problem(401, 'session_required')));
  const heard = [];
  bff.on('signedOut', ({ reason }) => heard.push(reason));
  bff.on('sessionChanged', (event) => heard.push(event.session.isLoggedIn));
  await settle();

  assert.equal(await bff.logout(), true);
  assert.deepEqual(left, ['https://page.example/bff/logout?sid=1&returnUrl=%2Fhere']);
  assert.equal((await bff.fetch('/api')).status, 401, 'before anybody knows that the session is over');
  session = signedOut({ reason: 'signed_out' });
  await bff.check();
  assert.deepEqual(heard, [true]);
  assert.equal(bff.session().isLoggedIn, true, 'a guard that looks sees no change either');
  assert.equal((await bff.fetch('/api')).status, 401);
  assert.equal(frames, 0);

  t.mock.timers.tick(30_000);
  await settle();
  assert.deepEqual(heard, [true, 'signed_out', false]);
  assert.equal(bff.session().isLoggedIn, false);
});

test('a page that is shown again after the sign-out is told at once', async () => {
  let session = signedIn({ logoutUrl: '/bff/logout?sid=2' });
  answerWith(() => session);
  await bff.check();
  const heard = [];
  bff.on('signedOut', ({ reason }) => heard.push(reason));
  assert.equal(await bff.logout(), true);
  session = signedOut({ reason: 'signed_out' });
  await bff.check();
  assert.deepEqual(heard, []);
  for (const show of handlers.pageshow) show({ persisted: true });
  assert.deepEqual(heard, ['signed_out']);
});

test('an address of the page that begins with two slashes is given to Bff whole', async () => {
  globalThis.location = /** @type {any} */ (Object.assign(new URL('https://page.example//evil.example/x'), { assign: (address) => left.push(address) }));
  bff.login();
  await settle();
  assert.equal(new URL(left.at(-1)).searchParams.get('returnUrl'), 'https://page.example//evil.example/x');
});

test('another copy of the script on the page tells nothing either, and what it knows when the page turns out to stay', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  const { outputFiles: [{ text }] } = await build({ entryPoints: [fileURLToPath(new URL('../src/index.js', import.meta.url))], bundle: true, format: 'esm', write: false });
  const copy = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  let session = signedIn({ logoutUrl: '/bff/logout?sid=3' });
  answerWith(() => session);
  const heard = [];
  delete globalThis.BroadcastChannel; // by which the copies would hear of each other
  copy.on('signedOut', () => heard.push('signedOut'));
  await bff.check();
  await settle();
  assert.equal(await bff.logout(), true);
  session = signedOut({ reason: 'signed_out' });
  await copy.check();
  assert.deepEqual([heard, copy.session()?.isLoggedIn], [[], true]);
  await pass(t, 31);
  assert.deepEqual(heard, ['signedOut']);
});
