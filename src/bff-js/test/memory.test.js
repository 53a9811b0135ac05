// The page on which a sign-out ends, when the provider has not heard of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';
import { answerFrames, answerWith, problem, settle, signedIn, signedOut } from './fakes.js';

const WORD = 'bff sign-out https://page.example';

test('who signed out is not signed in again silently, until they sign in', async () => {
  const frames = answerFrames(() => ({ result: 'ok' }));
  const storage = globalThis.localStorage = /** @type {any} */ ({ [WORD]: '/bff/logout?sid=1' }); // left by the page before
  let session = signedOut();
  answerWith(({ url }) => (url.endsWith('/bff/session') ? session : problem(401, 'session_required')));
  assert.equal((await bff.fetch('/api')).status, 401);
  assert.equal(frames.length, 0);

  session = signedIn(); // the session that is being signed out of
  await bff.getSession();
  assert.equal(storage[WORD], '/bff/logout?sid=1');
  session = signedOut();
  assert.equal((/** @type {bff.SignedOut} */ (await bff.getSession())).reason, 'signed_out', 'whichever tab did it');

  bff.login();
  await settle();
  assert.equal(storage[WORD], undefined);

  storage[WORD] = '/bff/logout?sid=1';
  session = signedIn({ logoutUrl: '/bff/logout?sid=2' }); // by a link, not by login()
  await bff.getSession();
  assert.equal(storage[WORD], undefined);
});
