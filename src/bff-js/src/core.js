// A page's side of Bff: index.d.ts says what is what. No token ever comes here.
export { renewAuth, renewAuth as checkSession } from './auth0.js';
export { bffFetch as fetch } from './calls.js';
export { check } from './check.js';
export { BffError } from './errors.js';
export { login, loginError, logout } from './login.js';
export { renew } from './renewal.js';
export { getSession, now, session } from './session.js';
export { configure } from './settings.js';
export { silentLogin } from './silent.js';
export { clearTimer, setTimer } from './timers.js';
export { on } from './watch.js';
