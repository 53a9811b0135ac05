// Web Locks that are denied, as Firefox does with storage, or held by another tab.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';
import { answerFrames, answerWith, settle, signedIn, signedOut } from './fakes.js';

const streams = [];
globalThis.EventSource = /** @type {any} */ (class {
  readyState = 0;
  constructor(url) { streams.push(url); }
  addEventListener() {}
  close() {}
});
let request = /** @type {(name: string, how: object, work: () => unknown) => Promise<unknown>} */ (() => Promise.reject(new DOMException('', 'SecurityError')));
Object.defineProperty(globalThis, 'navigator', { value: { locks: { request: (name, how, work) => request(name, how, work) } } });
Object.defineProperty(globalThis, 'BroadcastChannel', { value: class { constructor() { throw new DOMException('', 'SecurityError'); } } });
const frames = answerFrames(() => ({ result: 'ok' }));

test('a page that may not use locks works without them', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  let session = signedIn({ renewal: 'silent' });
  answerWith(() => session);
  const heard = [];
  bff.on('sessionChanged', (event) => heard.push(event.session.isLoggedIn));
  await settle();
  assert.deepEqual([heard, streams], [[true], ['https://page.example/bff/events']]);

  await bff.renew();
  assert.equal(frames.length, 1);
  session = signedOut();
  await bff.getSession();
  assert.equal(await bff.logout(), false);
  session = signedIn();
  assert.equal(await bff.logout(), true);
  t.mock.timers.tick(30_000); // the page is still there
});

test('a renewal that waited for another tab’s sign-out does not undo it', async () => {
  let session = signedIn({ renewal: 'silent' });
  answerWith(() => session);
  await bff.getSession();
  let signOutEnds = () => {};
  const signOut = new Promise((resolve) => { signOutEnds = () => resolve(0); });
  request = async (name, _, work) => {
    if (name.includes('sign-out')) await signOut;
    return work();
  };
  const made = frames.length;
  const renewal = assert.rejects(bff.renew(), { code: 'session_expired' });
  await settle();
  session = signedOut();
  signOutEnds();
  await renewal;
  assert.equal(frames.length, made);
});
