// The same for a page with jQuery: $.bff, and calls of $.ajax.
import { renewAuth } from './auth0.js';
import { bffFetch } from './calls.js';
import * as bff from './core.js';
import { base, here } from './settings.js';

/** @import * as Bff from './index.js' */

/** @type {typeof Bff.install} */
export const install = (/** @type {any} */ $) => {
  $.bff = { ...bff, renewAuth, checkSession: renewAuth };
  $.ajaxPrefilter((options) => {
    options.bff ??= new URL(options.url, here()).origin === base();
    options.crossDomain &&= !options.bff;
  });
  $.ajaxTransport('+*', ({ bff: ours, url, type: method, hasContent, data }) => {
    const gone = new AbortController();
    return ours && {
      send: (headers, complete) => bffFetch(url, { method, headers, body: hasContent ? data : undefined, signal: gone.signal }).then(async (response) => ({ response, text: await response.text() })).then(
        ({ response, text }) => complete(response.status, response.statusText, { text }, [...response.headers].map((pair) => pair.join(': ')).join('\r\n')),
        ({ code }) => complete(0, code),
      ),
      abort: () => gone.abort(),
    };
  });
};
