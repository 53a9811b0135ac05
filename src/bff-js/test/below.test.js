// Bff below a path: one of several front ends of an address.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import * as bff from '../src/index.js';
import { base, onBff, silentPage, toBff } from '../src/settings.js';
import { answerFrames, answerWith, signedIn } from './fakes.js';

beforeEach(() => {
  answerFrames(() => null);
  bff.configure({ url: '/office/' });
});

test('a path is Bff’s, with the path it is published below or without', async () => {
  const requests = answerWith(() => signedIn());
  for (const path of ['/api/orders?all=1', '/office/api/orders?all=1', 'https://page.example/office/api/orders?all=1', 'api/orders?all=1']) await bff.fetch(path);
  assert.deepEqual([...new Set(requests.map(({ url }) => url))], ['https://page.example/office/api/orders?all=1']);
  await bff.fetch('/officer/api');
  assert.equal(requests.at(-1)?.url, 'https://page.example/office/officer/api');
});

test('what another front end has is not called', async () => {
  answerWith(() => signedIn());
  for (const address of ['https://page.example/api/orders', '//elsewhere.example/office/api', 'https://page.example/officer/api', new Request('https://page.example/api')]) {
    await assert.rejects(bff.fetch(address), TypeError);
  }
});

test('its own endpoints are below the path, and so is the silent page', async () => {
  const requests = answerWith(() => signedIn());
  await bff.getSession();
  assert.equal(requests[0].url, 'https://page.example/office/bff/session');
  assert.equal(onBff('/office/bff/logout?sid=1', { returnUrl: '/' }), 'https://page.example/office/bff/logout?sid=1&returnUrl=%2F');
  assert.equal(toBff(silentPage()), '/office/silent');
  assert.equal(toBff('https://page.example/office/orders'), '/office/orders');
});

test('at another origin the silent page is this page’s own', () => {
  bff.configure({ url: 'https://bff.example/office' });
  assert.equal(base(), 'https://bff.example/office');
  assert.equal(onBff('/bff/events'), 'https://bff.example/office/bff/events');
  assert.equal(toBff(silentPage()), 'https://page.example/silent');
});
