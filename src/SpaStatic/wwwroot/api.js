// The three API buttons: one call through Bff each, and its answer as it came.
import * as bff from './bff.js';
import { hintOf, meaningOf, meaningOfAnswer } from './messages.js';

const LONGEST_ANSWER = 20_000; // characters shown
const PATIENCE = 1_500;        // ms until the page says that it waits

export function wireApi() {
  $('[data-api]').on('click', ({ currentTarget }) => call(currentTarget.dataset.api));
}

/** What one user read is not for the next. */
export function forgetAnswer() {
  latestCall++; // and what is on its way is not shown
  $('#api-answer').attr('aria-busy', 'false').removeAttr('data-status');
  $('#api-request, #api-status, #api-took').text('');
  $('#api-meaning').text('The response appears here.');
  $('#api-body').text('').prop('hidden', true);
}

let latestCall = 0;

async function call(path) {
  const number = ++latestCall;
  $('#api-answer').attr({ 'aria-busy': 'true' }).removeAttr('data-status');
  const waiting = setTimeout(() => number === latestCall && showWaiting(path), PATIENCE);
  const answer = await answerOf(path).finally(() => clearTimeout(waiting));
  if (number === latestCall) showAnswer(path, answer); // a slow answer does not replace that of a later click
  if (answer.status === 401 && bff.session()?.isLoggedIn) bff.check(); // it will tell that the session is over
}

async function answerOf(path) {
  const started = performance.now();
  const took = () => performance.now() - started;
  try {
    const response = await bff.fetch(path, { cache: 'no-store' });
    const text = await response.text();
    const retryAfter = response.headers.get('Retry-After');
    const again = /^\d+$/.test(retryAfter ?? '') ? ` Try again in ${retryAfter} s.` : '';
    return { status: response.status, text: pretty(text), meaning: meaningOfAnswer(response.status, codeOf(text)) + again, took: took() };
  } catch (error) {
    return { status: 0, text: '', meaning: `${meaningOf(error)} ${hintOf(error)}`.trim(), took: took() };
  }
}

function codeOf(text) {
  try {
    return JSON.parse(text).code;
  } catch {
    return undefined;
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function showWaiting(path) {
  $('#api-request').text(`GET ${path}`);
  $('#api-status, #api-took').text('');
  $('#api-meaning').text(lacksToken()
    ? 'Still waiting. There is no valid token at the moment, so the page repeats the call for up to half a minute.'
    : 'Still waiting for a response.');
  $('#api-body').prop('hidden', true);
  $('#api-answer').attr('aria-busy', 'false'); // or the words would not be read out
}

const lacksToken = () => Date.parse(bff.session()?.accessTokenExpiresAt) <= bff.now();

function showAnswer(path, { status, text, meaning, took }) {
  $('#api-answer').attr({ 'aria-busy': 'false', 'data-status': status });
  $('#api-request').text(`GET ${path}`);
  $('#api-status').text(status === 0 ? 'no response' : status);
  $('#api-took').text(`${Math.round(took)} ms`);
  $('#api-meaning').text(meaning);
  $('#api-body').text(text.slice(0, LONGEST_ANSWER)).prop('hidden', text === '');
}
