// What falls due while the user is signing out is told when the page turns out to stay.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';
import { answerFrames, answerWith, settle, signedIn } from './fakes.js';

test('what falls into a sign-out that leads nowhere is told afterwards', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  for (const name of ['BroadcastChannel', 'EventSource']) delete globalThis[name];
  answerFrames(() => null);
  const inSeconds = (seconds) => new Date(Date.now() + 1_000 * seconds).toISOString();
  const ends = { accessTokenExpiresAt: inSeconds(100), sessionExpiresAt: inSeconds(140), absoluteEndsAt: inSeconds(600) }; // a warning is due at 105 s
  answerWith(() => signedIn(ends));
  const heard = [];
  const pass = async (seconds) => {
    for (let second = 0; second < seconds; second++) {
      t.mock.timers.tick(1_000);
      await settle();
    }
  };
  for (const event of ['sessionExpiring', 'expired']) bff.on(/** @type {any} */ (event), () => heard.push(event));
  await pass(80);
  assert.equal(await bff.logout(), true);
  await pass(29);
  assert.deepEqual(heard, []);
  await pass(10);
  assert.deepEqual(heard.sort(), ['expired', 'sessionExpiring']);
});
