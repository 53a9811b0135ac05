// Calls that meet a 401.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';
import { answerFrames, answerWith, problem, settle, signedIn, signedOut } from './fakes.js';

let result = () => /** @type {any} */ ({ result: 'ok' });
const frames = answerFrames(() => result());
let elapsed = 0;
let clockIsOff = 0;
const { now } = Date;
Date.now = () => now() + clockIsOff;
performance.now = () => elapsed;

const isApi = ({ url }) => url.includes('/api');

const session = signedIn();

/** Everything but /api is as it should be. */
const refuseTokens = () => answerWith((request) => (isApi(request) ? problem(401, 'nonsense') : session));

test('an API that refuses new tokens, too, is called twice, and ever fewer frames are made for it', async () => {
  const requests = refuseTokens();
  const callAfter = async (ms) => {
    elapsed += ms;
    const [calls, made] = [requests.filter(isApi).length, frames.length];
    assert.equal((await bff.fetch('/api')).status, 401);
    return [requests.filter(isApi).length - calls, frames.length - made];
  };
  assert.deepEqual(await callAfter(0), [2, 1]);
  assert.deepEqual(await callAfter(61_000), [1, 0]);
  assert.deepEqual(await callAfter(60_000), [2, 1]);
  assert.deepEqual(await callAfter(121_000), [1, 0]);

  clockIsOff = -600_000;
  assert.deepEqual(await callAfter(1), [1, 0], 'a clock that is set back changes nothing');
});

test('an API that wants a stronger sign-in is called once, and the page learns what it wants', async () => {
  elapsed += 3_600_000;
  const made = frames.length;
  const asked = 'error=insufficient_user_authentication&acr_values=urn%3Amfa';
  const requests = answerWith((request) => {
    if (!isApi(request)) return session;
    return new Response('', { status: 401, headers: { 'Bff-Step-Up': asked } });
  });
  const response = await bff.fetch('/api');
  assert.deepEqual([response.status, new URLSearchParams(response.headers.get('Bff-Step-Up') ?? '').get('acr_values')], [401, 'urn:mfa']);
  assert.deepEqual([requests.filter(isApi).length, frames.length - made], [1, 0]);
});

test('calls that meet it together share one frame', async () => {
  elapsed += 3_600_000;
  const made = frames.length;
  const requests = refuseTokens();
  await Promise.all([bff.fetch('/api/1'), bff.fetch('/api/2'), bff.fetch('/api/3')]);
  assert.deepEqual([requests.filter(isApi).length, frames.length - made], [6, 1]);
});

test('a call is not repeated in the name of another user', async () => {
  elapsed += 3_600_000;
  result = () => ({ result: 'ok' });
  refuseTokens();
  await bff.getSession();
  const requests = answerWith((request) => (isApi(request) ? problem(401, 'session_required') : { ...session, sub: 'bob' }));
  assert.equal((await bff.fetch('/api')).status, 401);
  assert.equal(requests.filter(isApi).length, 1);
});

test('nor after a try that failed, nor when the page has heard of the loss before', async () => {
  for (const isLost of [false, true]) {
    elapsed += 3_600_000;
    let isAway = !isLost;
    let now = /** @type {any} */ (session);
    const requests = answerWith((request) => {
      if (isApi(request)) return problem(401, 'session_required');
      return isAway && requests.length > 1 ? problem(503, 'store_unavailable') : now;
    });
    await bff.getSession();
    if (isLost) {
      now = signedOut();
      await bff.getSession();
    } else {
      await bff.fetch('/api');
      elapsed += 3_600_000;
      isAway = false;
    }
    now = { ...session, sub: 'bob' };
    const calls = requests.filter(isApi).length;
    assert.equal((await bff.fetch('/api')).status, 401);
    assert.equal(requests.filter(isApi).length - calls, 1, isLost ? 'lost' : 'failed');
  }
});

test('a session that was lost comes back, and the call with it', async () => {
  elapsed += 3_600_000;
  let now = /** @type {any} */ (session);
  let calls = 0;
  answerWith((request) => {
    if (!isApi(request)) return now;
    return ++calls === 1 ? problem(401, 'session_required') : {};
  });
  await bff.getSession();
  now = signedOut();
  await bff.getSession();
  result = () => { now = session; return { result: 'ok' }; };
  assert.equal((await bff.fetch('/api')).status, 200);
  assert.equal(bff.session().isLoggedIn, true);
  result = () => ({ result: 'ok' });
});

test('who is known to have signed out waits for nobody', async () => {
  elapsed += 3_600_000;
  const made = frames.length;
  let now = /** @type {any} */ (session);
  const requests = answerWith((request) => (isApi(request) ? problem(401, 'session_required') : now));
  await bff.getSession();
  now = signedOut({ reason: 'signed_out' });
  await bff.getSession();
  const asked = requests.length;
  assert.equal((await bff.fetch('/api')).status, 401);
  assert.deepEqual([requests.length - asked, frames.length - made], [1, 0]);
  now = session;
  await bff.getSession();
});

test('a call is repeated once, whatever another call finds out meanwhile', async () => {
  elapsed += 3_600_000;
  let answerLate = (response) => { void response; };
  let slow = 0;
  answerWith(({ url }) => {
    if (url.endsWith('/api/slow') && ++slow === 2) return new Promise((resolve) => { answerLate = resolve; });
    return url.includes('/api') ? problem(401, 'nonsense') : session;
  });
  await bff.getSession();
  let status = 0;
  bff.fetch('/api/slow').then((response) => { ({ status } = response); });
  for (let turn = 0; slow < 2 && turn < 100; turn++) await settle();
  elapsed += 3_600_000;
  result = () => null; // this frame takes its time
  bff.fetch('/api/other').catch(() => {});
  await settle();
  answerLate(problem(401, 'nonsense'));
  await settle();
  assert.deepEqual([status, slow], [401, 2]);
});

test('a caller who gives up does not wait for the frame', async () => {
  elapsed += 3_600_000;
  result = () => null;
  refuseTokens();
  const gone = new AbortController();
  const call = assert.rejects(bff.fetch('/api', { signal: gone.signal }), /enough/);
  await settle();
  gone.abort(new Error('enough'));
  await call;
});
