// Which ended sessions a call brings back without asking the user.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';
import { answerWith, problem, signedIn, signedOut } from './fakes.js';

let frames = 0;
globalThis.location = new URL('https://page.example/');
globalThis.document = { createElement() { frames++; throw new Error('no frames here'); } };
bff.configure({ url: 'https://bff.example' });

const framesAfter = async (reason) => {
  let session = signedIn();
  answerWith(({ url }) => (url.endsWith('/bff/session') ? session : problem(401, 'session_required')));
  await bff.getSession();
  session = signedOut({ reason });
  const before = frames;
  const { status } = await bff.fetch('/api');
  assert.equal(status, 401);
  return frames - before;
};

test('a session that somebody meant to end does not come back by itself', async (t) => {
  t.mock.method(performance, 'now', () => Date.now());
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  for (const reason of ['signed_out', 'replaced', 'idle_timeout', 'absolute_timeout', 'ended_by_admin', 'provider_logout', 'a_reason_to_come']) {
    t.mock.timers.tick(120_000);
    assert.equal(await framesAfter(reason), 0, reason);
    assert.equal(bff.session().reason, reason);
  }
});

test('a session that was lost comes back once, even when the page hears of the loss before it calls', async (t) => {
  t.mock.method(performance, 'now', () => Date.now());
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 1_800_000 });
  let session = signedIn();
  answerWith(({ url }) => (url.endsWith('/bff/session') ? session : problem(401, 'session_required')));
  await bff.getSession();
  session = signedOut();
  await bff.getSession();
  const before = frames;
  await bff.fetch('/api');
  assert.equal(frames - before, 1);
  t.mock.timers.tick(3_600_000);
  await bff.fetch('/api');
  assert.equal(frames - before, 1, 'that was the one try');
});

test('so does one whose loss the call itself finds, unless the page forbids it', async (t) => {
  t.mock.method(performance, 'now', () => Date.now());
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 36_000_000 });
  for (const reason of ['unknown', 'session_ended', undefined]) {
    t.mock.timers.tick(120_000);
    assert.equal(await framesAfter(reason), 1, String(reason));
  }
  t.mock.timers.tick(3_600_000);
  const before = frames;
  await bff.fetch('/api');
  assert.equal(frames, before, 'nor does another call try again');
  bff.configure({ silentSignIn: false });
  t.mock.timers.tick(120_000);
  assert.equal(await framesAfter('unknown'), 0);
});
