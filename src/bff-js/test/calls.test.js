// What bff.fetch takes, what it repeats, and what it says when nobody answers.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import * as bff from '../src/index.js';
import { answerWith, problem, settle, signedIn } from './fakes.js';

beforeEach(() => bff.configure({ url: 'https://bff.example' }));

test('it takes what fetch takes', async () => {
  const requests = answerWith(() => ({}));
  await bff.fetch('/api/a?b=c');
  await bff.fetch(new URL('https://bff.example/api/d'));
  await bff.fetch(new Request('https://bff.example/api/e', { method: 'PUT', body: 'words', headers: { 'X-Of-Mine': '1' } }));
  await bff.fetch(new Request('https://bff.example/api/f', { method: 'PUT', body: 'words' }), { method: 'PATCH' });

  const asked = requests.map(({ method, url }) => `${method} ${url.replace('https://bff.example', '')}`);
  assert.deepEqual(asked, ['GET /api/a?b=c', 'GET /api/d', 'PUT /api/e', 'PATCH /api/f']);
  assert.ok(requests.every(({ headers, credentials }) => headers.get('X-CSRF') === '1' && credentials === 'include'));
  assert.equal(requests[2].headers.get('X-Of-Mine'), '1');
  assert.equal(await requests[2].text(), 'words');
});

test('a request is repeated whole', async () => {
  const bodies = [];
  const requests = answerWith(async (request, count) => {
    bodies.push(await request.clone().text());
    return count === 1 ? problem(503, 'provider_unavailable', { 'Retry-After': '0' }) : {};
  });
  const answer = await bff.fetch(new Request('https://bff.example/api/orders', { method: 'POST', body: 'one book' }));
  assert.deepEqual([answer.status, requests.length, bodies], [200, 2, ['one book', 'one book']]);
});

test('only what nobody has acted on is sent twice, and nobody waits longer than half a minute', async () => {
  const sent = async (method, code, wait) => {
    const requests = answerWith((_, count) => (count === 1 ? problem(503, code, { 'Retry-After': wait }) : {}));
    await bff.fetch('/api/orders', { method });
    return requests.length;
  };
  assert.deepEqual([await sent('GET', 'of_the_api', '0'), await sent('POST', 'of_the_api', '0'), await sent('GET', 'provider_unavailable', '60')], [2, 1, 1]);
  for (const code of ['proof_outdated', 'token_replaced']) assert.equal(await sent('POST', code, '0'), 2);
  for (const code of ['store_overloaded', 'token_unavailable', 'provider_rate_limited']) assert.equal(await sent('POST', code, '0'), 1, `an API's ${code}`);
});

test('a caller who gives up does not wait for the next try', async () => {
  const gone = new AbortController();
  const requests = answerWith(() => problem(503, 'provider_unavailable', { 'Retry-After': '20' }));
  const call = assert.rejects(bff.fetch('/api', { signal: gone.signal }), /enough/);
  await settle();
  gone.abort(new Error('enough'));
  await call;
  assert.equal(requests.length, 1);
});

test('a body that is a stream is sent once', async () => {
  const requests = answerWith(() => problem(503, 'provider_unavailable', { 'Retry-After': '0' }));
  const answer = await bff.fetch('/api/orders', { method: 'POST', duplex: 'half', body: new Blob(['one book']).stream() });
  assert.deepEqual([answer.status, requests.length], [503, 1]);
});

test('what is wrong with a call itself stays the caller’s TypeError', async () => {
  const requests = answerWith(() => signedIn());
  await assert.rejects(bff.fetch('https://elsewhere.example/api'), TypeError);
  await assert.rejects(bff.fetch(new Request('https://elsewhere.example/api')), TypeError);
  await assert.rejects(bff.fetch('/api', { body: 'words' }), TypeError);
  await assert.rejects(bff.fetch('/api', { method: 'no method' }), TypeError);
  assert.equal(requests.length, 0);
});

const codeWhen = async (probe) => {
  answerWith((request) => (request.credentials === 'omit' ? probe() : new TypeError('Failed to fetch')));
  return bff.fetch('/api').then(() => 'answered', ({ code }) => code);
};

test('origin_mismatch is said when Bff itself has said so, and only then', async () => {
  assert.equal(await codeWhen(() => problem(403, 'origin_not_allowed')), 'origin_mismatch');
  assert.equal(await codeWhen(() => new Response('<h1>502 Bad Gateway</h1>', { status: 502 })), 'unreachable');
  assert.equal(await codeWhen(() => new TypeError('a network change')), 'unreachable');
  assert.equal(await codeWhen(() => problem(403, 'csrf_header_missing')), 'unreachable');
});

test('a call that its caller timed out says so', async () => {
  const late = new AbortController();
  answerWith(({ signal }) => { late.abort(new DOMException('', 'TimeoutError')); return signal.reason; });
  await assert.rejects(bff.fetch('/api', { signal: late.signal }), { name: 'TimeoutError' });
});

test('a session without its time did not come from Bff', async () => {
  answerWith(() => ({}));
  await assert.rejects(bff.getSession(), { code: 'unexpected_answer' });
  assert.equal(bff.session(), null);
});

test('an error from the address is not looked up where objects inherit', () => {
  globalThis.history = /** @type {any} */ ({ replaceState() {} });
  for (const code of ['__proto__', 'constructor', 'toString']) {
    globalThis.location = /** @type {any} */ (new URL(`https://page.example/?error=${code}`));
    const { hint, message } = /** @type {bff.BffError} */ (bff.loginError());
    assert.deepEqual([hint, message], ['', code]);
  }
});

test('a call that its caller gave up is given up, and nobody else is blamed', async () => {
  const gone = new AbortController();
  answerWith((request) => { gone.abort(); return request.signal.reason; });
  await assert.rejects(bff.fetch('/api', { signal: gone.signal }), { name: 'AbortError' });
});
