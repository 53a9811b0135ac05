// The package's main entry: nothing happens when it is loaded.
export * from './core.js';
export { install } from './jquery.js';
