// The demo's card "Try this". Its code is read from the very files this page runs, so it cannot be out of date.
import { demo } from './config.js';

/** Shown where the rest of the demo is known. */
export function wireTry() {
  if (!Object.values(demo).some(Boolean)) return;
  $('#try').prop('hidden', false);
  for (const item of $('#try [data-demo]').get()) {
    const address = demo[item.dataset.demo];
    item.hidden = !address;
    if (address) $('a', item).attr('href', new URL($('a', item).data('path'), address).href);
  }
  $('#find-token').on('click', () => $('#found').text(wordsOn(findTokens())));
  $('#try details').on('toggle', ({ currentTarget }) => currentTarget.open && showCode(currentTarget));
}

/** Looks where a script that got into this page would look. */
function findTokens() {
  const places = [document.cookie.split('; '), Object.values(localStorage), Object.values(sessionStorage), performance.getEntries().map(({ name }) => name)];
  const seen = places.flat().filter(Boolean);
  return { seen: seen.length, tokens: seen.filter((text) => /eyJ[\w-]+\.|(access|refresh|id)_token=/.test(text)) };
}

const wordsOn = ({ seen, tokens }) => (tokens.length > 0
  ? `You win: there is a token in ${tokens.length} of ${seen} places. Please tell us.`
  : `No token among ${seen} cookies, storage items and request addresses. Now try the developer tools.`);

async function showCode({ dataset, lastElementChild }) {
  const text = await fetch(dataset.source).then((response) => response.text());
  lastElementChild.textContent = dataset.code.split('|').map((beginning) => excerpt(text.split('\n'), beginning)).join('\n\n');
}

/** From the line that begins so: a function to its end, or all such lines of a block. */
function excerpt(lines, beginning) {
  const first = lines.findIndex((line) => line.startsWith(beginning));
  const isFunction = !beginning.startsWith(' ');
  const length = lines.slice(first).findIndex((line) => (isFunction ? line === '}' : !line.startsWith(beginning)));
  return lines.slice(first, first + length + (isFunction ? 1 : 0)).map((line) => (isFunction ? line : line.trim())).join('\n');
}
