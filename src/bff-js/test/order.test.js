// Responses that come in another order than they were written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';
import { answerWith, signedIn, signedOut } from './fakes.js';

globalThis.location = /** @type {any} */ (new URL('https://page.example/'));
const at = (seconds) => new Date(Date.UTC(2030, 1, 1, 0, 0, seconds)).toISOString();

test('an older response does not bring back a session that is over', async () => {
  let answerLate = (session) => { void session; };
  const late = new Promise((resolve) => { answerLate = resolve; });
  answerWith((_, count) => (count === 1 ? late : signedOut({ now: at(2), reason: 'ended_by_admin' })));
  const first = bff.getSession();
  await bff.getSession();
  answerLate(signedIn({ now: at(1) }));
  assert.equal((await first).isLoggedIn, false);
  assert.equal(bff.session()?.reason, 'ended_by_admin');
});

test('a clock of Bff’s that was set back keeps nothing from being heard', async () => {
  answerWith(() => signedIn({ now: at(0) }));
  await bff.getSession();
  assert.equal(bff.session()?.isLoggedIn, true);
});
