// Leaving the page to sign in or out.
import { BffError } from './errors.js';
import { getSession } from './session.js';
import { onBff, pageUrl, toBff } from './settings.js';

/** @import * as Bff from './index.js' */

/** @type {typeof Bff.login} */
export const login = ({ returnTo = pageUrl(), prompt, loginHint } = {}) =>
  location.assign(onBff('/bff/login', { returnUrl: toBff(returnTo), prompt, login_hint: loginHint }));

/** @type {typeof Bff.logout} */
export const logout = async ({ returnTo = pageUrl() } = {}) => {
  const { logoutUrl } = await getSession(); // another tab may have a newer session
  if (logoutUrl) location.assign(onBff(logoutUrl, { returnUrl: toBff(returnTo) }));
  return Boolean(logoutUrl);
};

/** @type {typeof Bff.loginError} */
export const loginError = () => {
  const code = new URL(location.href).searchParams.get('error');
  if (code === null) return null;
  history.replaceState(history.state, '', pageUrl() + location.hash);
  return new BffError({ code: /^[\w.-]{1,64}$/.test(code) ? code : 'unknown_error' }); // anybody can write one
};
