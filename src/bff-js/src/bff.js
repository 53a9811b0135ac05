// The script for a page without a bundler.
import { install } from './jquery.js';

export * from './index.js';

const { jQuery } = /** @type {any} */ (globalThis);
if (jQuery) install(jQuery);
