// $.ajax, as far as jQuery asks the page script.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { install } from '../src/index.js';
import { answerFrames } from './fakes.js';

test('a relative address is the page’s, and what is no address is for jQuery to refuse', () => {
  answerFrames(() => null);
  /** @type {any} */ (document).baseURI = 'https://page.example/shop/';
  let prefilter = (options) => options;
  install({ ajaxPrefilter: (filter) => { prefilter = filter; }, ajaxTransport() {} });
  const filtered = (options) => {
    prefilter(options);
    return [options.url, options.bff];
  };
  assert.deepEqual(filtered({ url: 'data.json' }), ['https://page.example/shop/data.json', true]);
  assert.deepEqual(filtered({ url: 'https://elsewhere.example/x' }), ['https://elsewhere.example/x', false]);
  assert.deepEqual(filtered({ url: '/api/x', bff: false })[1], false);
  assert.deepEqual(filtered({ url: 'http://' }), ['http://', false]);
});
