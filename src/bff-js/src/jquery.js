// The same for a page with jQuery: $.bff, and calls of $.ajax.
import { renewAuth } from './auth0.js';
import { bffFetch } from './calls.js';
import * as bff from './core.js';
import { isBff } from './settings.js';

/** @import * as Bff from './index.js' */

/** @param {string} url @returns {{ href?: string }} */
const addressOf = (url) => {
  try { return new URL(url, document.baseURI); } catch { return {}; } // it is for jQuery to refuse
};

/** @type {typeof Bff.install} */
export const install = (/** @type {any} */ $) => {
  $.bff = { ...bff, renewAuth, checkSession: renewAuth };
  $.ajaxPrefilter((options) => {
    const { href = '' } = addressOf(options.url);
    const isOurs = isBff(href);
    options.bff ??= isOurs;
    if (isOurs) options.url = href; // what is relative is so to the page
    options.crossDomain &&= !options.bff;
  });
  $.ajaxTransport('+*', ({ bff: ours, url, type: method, hasContent, data }) => {
    const gone = new AbortController();
    return ours && {
      send: (headers, complete) => bffFetch(url, { method, headers, body: hasContent ? data : undefined, signal: gone.signal })
        .then(async (response) => {
          const text = await response.text();
          const head = [...response.headers].map((pair) => pair.join(': ')).join('\n');
          return [response.status, response.statusText, { text }, head];
        })
        .catch(({ code }) => [0, code])
        .then((said) => complete(...said)),
      abort: () => gone.abort(),
    };
  });
};
