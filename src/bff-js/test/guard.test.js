// What the frameworks' guards do, and the user's claims as they show them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentState, decide, follow, leaveToSignIn, loadUser } from '../src/state.js';
import { answerFrames, answerWith, problem, settle, signedIn, signedOut } from './fakes.js';

answerFrames(() => null);
const left = [];
globalThis.location = Object.assign(new URL('https://page.example/orders?error=access_denied'), { assign: (address) => left.push(address) });
globalThis.history = /** @type {any} */ ({ replaceState() {} });
let session = signedOut();
let user = () => /** @type {any} */ (problem(401, 'session_required'));
answerWith(({ url }) => (url.includes('/bff/user') ? user() : session));

test('a guard does not leave by itself after a sign-in that failed, wherever the application leads then', async (t) => {
  t.mock.method(console, 'error', () => {});
  const [load, redirect, link] = [{}, {}, {}];
  assert.equal(await decide(load, true, true), 'stay');
  assert.equal(await decide(redirect, true, true), 'cancel', 'signedOut leads to a guard again');
  assert.equal(await decide(load, true, false), 'stay');
  assert.equal(await decide(link, true, false), 'signIn', 'the load was cancelled; this is the user’s wish');
  assert.equal(await decide(link, false, true), 'signIn');
});

test('a page that is not left after all shows how things stand', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  leaveToSignIn();
  await settle();
  assert.deepEqual([currentState().status, currentState().error, left.length], ['loading', null, 1]);
  t.mock.timers.tick(10_000);
  assert.deepEqual([currentState().status, currentState().error?.code], ['signedOut', 'access_denied']);
});

test('claims that did not come, or are another user’s, are asked for again', async () => {
  follow(() => {});
  session = signedIn();
  const state = /** @type {any} */ ({ status: 'signedIn', session });
  assert.equal(await loadUser(state), null);
  user = () => [{ type: 'sub', value: 'bob' }];
  assert.equal(await loadUser(state), null);
  user = () => [{ type: 'sub', value: 'alice' }];
  assert.equal((await loadUser(state))?.sub, 'alice');
  user = () => assert.fail('once is enough');
  assert.equal((await loadUser(state))?.sub, 'alice');
});
