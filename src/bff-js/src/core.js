// What every page needs of a page's side of Bff; the adapters are not in it: index.d.ts says what is what. No token ever comes here.
export { bffFetch as fetch } from './calls.js';
export { check } from './check.js';
export { BffError } from './errors.js';
export { keepAlive } from './idle.js';
export { login, loginError, logout } from './login.js';
export { renew } from './renewal.js';
export { getSession, now, session } from './session.js';
export { configure } from './settings.js';
export { silentLogin } from './silent.js';
export { clearTimer, setTimer } from './timers.js';
export { getUser } from './user.js';
export { on } from './watch.js';
