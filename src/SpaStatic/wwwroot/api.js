// The three API buttons: one call through Bff each, and its answer as it came.
import * as bff from './bff.js';
import { meaningOfStatus } from './messages.js';

const LONGEST_ANSWER = 20_000; // characters shown

export function wireApi({ onSignedOut }) {
  $('[data-api]').on('click', async ({ currentTarget }) => {
    const status = await call(currentTarget.dataset.api);
    if (status === 401) onSignedOut();
  });
}

let latestCall = 0;

async function call(path) {
  const number = ++latestCall;
  $('#api-answer').attr({ 'aria-busy': 'true' }).removeAttr('data-status');
  const answer = await answerOf(path);
  if (number === latestCall) showAnswer(path, answer); // a slow answer does not replace that of a later click
  return answer.status;
}

async function answerOf(path) {
  const started = performance.now();
  try {
    const response = await bff.fetch(path, { cache: 'no-store' });
    const text = await response.text();
    return { status: response.status, text: pretty(text), took: performance.now() - started, retryAfter: response.headers.get('Retry-After') };
  } catch (error) {
    return { status: 0, text: error.message, took: performance.now() - started };
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function showAnswer(path, { status, text, took, retryAfter }) {
  const again = /^\d+$/.test(retryAfter ?? '') ? ` Try again in ${retryAfter} s.` : '';
  $('#api-answer').attr({ 'aria-busy': 'false', 'data-status': status });
  $('#api-request').text(`GET ${path}`);
  $('#api-status').text(status === 0 ? 'no answer' : status);
  $('#api-took').text(`${Math.round(took)} ms`);
  $('#api-meaning').text(meaningOfStatus(status) + again);
  $('#api-body').text(text.slice(0, LONGEST_ANSWER)).prop('hidden', text === '');
}
