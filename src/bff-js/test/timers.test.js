// Timers by Bff's clock.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as bff from '../src/index.js';

test('a handler that throws stops no other timer', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  const reported = [];
  globalThis.reportError = (error) => reported.push(error.message);
  const done = [];
  bff.setTimer(() => { throw new Error('the page’s own'); }, bff.now() + 1_000);
  bff.setTimer(() => done.push('first'), bff.now() + 1_000);
  bff.setTimer(() => done.push('second'), bff.now() + 5_000);
  for (let second = 0; second < 6; second++) t.mock.timers.tick(1_000);
  assert.deepEqual([done, reported], [['first', 'second'], ['the page’s own']]);
});
