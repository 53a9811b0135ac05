// The script for a page without a bundler.
import { install } from './jquery.js';

export * from './core.js';
export { install };

const { jQuery } = /** @type {any} */ (globalThis);
if (jQuery) install(jQuery);
