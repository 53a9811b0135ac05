// Leaving the page to sign in or out.
import { BffError } from './errors.js';
import { isSilentFrame } from './frame.js';
import { noteSignOut } from './memory.js';
import { getSession } from './session.js';
import { onBff, pageUrl, toBff } from './settings.js';
import { beginSignOut, signOutIsOver } from './signout.js';

/** @import * as Bff from './index.js' */

/** @type {typeof Bff.login} */
export const login = async ({
  returnTo = pageUrl(), provider, prompt, loginHint, screenHint, organization, uiLocales, acrValues, maxAge,
} = {}) => {
  if (isSilentFrame()) return;
  const address = onBff('/bff/login', {
    returnUrl: toBff(returnTo),
    provider,
    prompt,
    login_hint: loginHint,
    screen_hint: screenHint,
    organization,
    ui_locales: uiLocales,
    acr_values: acrValues,
    max_age: maxAge,
  });
  await signOutIsOver();
  noteSignOut();
  location.assign(address);
};

/** @type {typeof Bff.logout} */
export const logout = async ({ returnTo = pageUrl() } = {}) => {
  const { logoutUrl } = await getSession(); // another tab may have a newer session
  if (!logoutUrl) return false;
  const address = onBff(logoutUrl, { returnUrl: toBff(returnTo) });
  await beginSignOut(logoutUrl);
  location.assign(address);
  return true;
};

/** @type {typeof Bff.loginError} */
export const loginError = () => {
  const code = new URL(location.href).searchParams.get('error');
  if (code === null) return null;
  history.replaceState(history.state, '', pageUrl());
  return new BffError({ code: /^[\w.-]{1,64}$/.test(code) ? code : 'unknown_error' }); // anybody can write one
};
