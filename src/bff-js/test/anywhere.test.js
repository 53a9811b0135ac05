// Where there is no browser: server-side rendering, tests of a page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';
import { answerWith, settle, signedIn } from './fakes.js';

test('the module can be loaded and listened to where there is no page', async () => {
  assert.equal(globalThis.document, undefined);
  const stop = bff.on('signedOut', () => {});
  stop();
  assert.equal(bff.session(), null);
  assert.ok(Math.abs(bff.now() - Date.now()) < 1_000);
  assert.equal(Object.keys(globalThis).includes('bff'), false);
});

test('a document without streams, channels, locks and timeouts of signals gets its news by asking', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  globalThis.document = { hidden: false, addEventListener() {} };
  globalThis.location = new URL('https://page.example/');
  globalThis.addEventListener = () => {};
  for (const name of ['BroadcastChannel', 'EventSource', 'reportError']) delete globalThis[name];
  AbortSignal.timeout = undefined;
  const accessTokenExpiresAt = new Date(Date.now() + 300_000).toISOString();
  let name = 'Alice';
  const requests = answerWith(() => signedIn({ name, accessTokenExpiresAt }));
  const heard = [];
  bff.on('sessionChanged', ({ session }) => heard.push(session.name));
  bff.on('connection', ({ state }) => heard.push(state));
  await settle();
  assert.deepEqual(heard, ['Alice', 'polling']);

  name = 'Alice B.';
  for (let second = 0; second < 65; second++) {
    t.mock.timers.tick(1_000);
    await settle();
  }
  assert.deepEqual(heard, ['Alice', 'polling', 'Alice B.']);
  assert.ok(requests.length >= 4 && requests.length <= 5, `${requests.length} requests in a minute`);
});
