// The application inside its own invisible frame.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';
import { answerWith, openTab, settle, signedOut } from './fakes.js';

// Standard: BBA-22
test('the application tells the page around it once where it is, and does nothing', async () => {
  const tab = openTab();
  const told = [];
  globalThis.window = /** @type {any} */ ({ name: 'bff:silent', parent: { postMessage: (data, to) => told.push([data, to]) } });
  globalThis.location = /** @type {any} */ (Object.assign(new URL('https://page.example/silent?result=ok'), { assign: (address) => tab.left.push(address) }));
  const requests = answerWith(() => signedOut());

  bff.on('sessionChanged', () => assert.fail('nobody asks'));
  let hasAnswered = false;
  bff.fetch('/api').finally(() => { hasAnswered = true; });
  bff.login();
  await settle();

  assert.deepEqual(told, [[{ type: 'bff:silent', result: 'ok', error: 'silent_page_missing' }, 'https://page.example']]);
  assert.deepEqual([hasAnswered, requests.length, tab.streams.length, tab.left.length], [false, 0, 0, 0]);
});
