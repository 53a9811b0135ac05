// The end of a session that nobody uses, and a page that renews by itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';
import { answerWith, openTab, pass, settle, signedIn } from './fakes.js';

test('a session that nobody uses', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2030, 1, 1) });
  const tab = openTab();
  const inSeconds = (seconds) => new Date(Date.now() + 1_000 * seconds).toISOString();
  const absoluteEndsAt = inSeconds(1_000);
  let sessionExpiresAt = inSeconds(400);
  let renewal = 'background';
  let accessTokenExpiresAt = inSeconds(100_000);
  const answer = () => signedIn({ sessionExpiresAt, absoluteEndsAt, renewal, accessTokenExpiresAt });
  let takes = 0;
  const requests = answerWith(async ({ url }) => {
    if (url.endsWith('?slide=true')) sessionExpiresAt = inSeconds(400);
    if (takes > 0) await new Promise((resolve) => { setTimeout(resolve, takes); });
    return answer();
  });
  const warnings = [];
  bff.on('sessionExpiring', ({ canExtend }) => warnings.push(canExtend));
  await settle();
  tab.streams[0].open();
  const beat = (second) => second % 15 || tab.streams[0].send('heartbeat', signedIn({ sessionExpiresAt: answer().sessionExpiresAt, absoluteEndsAt, renewal, accessTokenExpiresAt }));
  const warned = async (seconds) => {
    await pass(t, seconds, beat);
    return warnings.splice(0);
  };

  await t.test('is warned of once, a minute before its end, however slow Bff is to say that it is so', async () => {
    assert.deepEqual(await warned(330), []);
    takes = 12_000;
    assert.deepEqual(await warned(50), [true]);
    takes = 0;
  });

  await t.test('is kept alive by who says so, and not by being asked about', async () => {
    const end = Date.parse(sessionExpiresAt);
    await bff.getSession();
    assert.equal(Date.parse(sessionExpiresAt), end);
    assert.ok(Date.parse((await bff.keepAlive()).sessionExpiresAt) > end);
    assert.equal(requests.at(-1)?.url, 'https://page.example/bff/session?slide=true');
  });

  await t.test('is not warned of when it was used in another tab, of which nobody has told', async () => {
    await pass(t, 330, beat);
    const told = answer();
    sessionExpiresAt = inSeconds(250);
    tab.streams[0].send('heartbeat', told);
    await pass(t, 20);
    assert.deepEqual(warnings.splice(0), []);
  });

  await t.test('says when nothing moves the end', async () => {
    sessionExpiresAt = absoluteEndsAt;
    await bff.getSession();
    assert.deepEqual(await warned(1_000 - 780 + 20), [false]);
  });

  await t.test('is renewed by the page no more when only the user can help', async () => {
    renewal = 'silent';
    sessionExpiresAt = inSeconds(100_000);
    accessTokenExpiresAt = inSeconds(100);
    await bff.getSession();
    await pass(t, 95, beat);
    assert.equal(tab.frames.length, 1);
    tab.fire('message', { origin: 'https://page.example', source: tab.frames[0].contentWindow, data: { type: 'bff:silent', result: 'error', error: 'consent_required' } });
    await settle();
    await pass(t, 150, beat);
    assert.equal(tab.frames.length, 1);
  });
});
