// The package's main entry: nothing happens when it is loaded.
export { renewAuth, renewAuth as checkSession } from './auth0.js';
export * from './core.js';
export { install } from './jquery.js';
