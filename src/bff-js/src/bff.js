// The script for a page without a bundler.
import { configure } from './core.js';
import { install } from './jquery.js';
import { here } from './settings.js';

export * from './index.js';

// Bff is where the script is, also below a path.
const { pathname, origin } = new URL(import.meta.url);
if (pathname.endsWith('/bff/bff.js') && origin === here()) configure({ url: new URL('..', import.meta.url).href });

const { jQuery } = /** @type {any} */ (globalThis);
if (jQuery) install(jQuery);
