// Where Bff is and how this page uses it. Nothing is read from the page before it is needed, so that the module can be loaded anywhere.

/** @import * as Bff from './index.js' */

/** This page's origin; '' where there is no page. */
export const here = () => globalThis.location?.origin ?? '';

export const settings = {
  url: '',
  silentPage: '/silent',
  autoRenew: true,
  silentSignIn: true,
  warnBefore: 60_000,
};

/** @type {typeof Bff.configure} */
export const configure = ({ url, ...options }) => {
  if (url !== undefined) settings.url = new URL(url, here() || undefined).origin;
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) settings[name] = value;
  }
};

/** Bff's origin. */
export const base = () => settings.url || here();

/** @param {string} path on Bff @param {Record<string, string | number | undefined>} [query] @returns its whole address */
export const onBff = (path, query = {}) => {
  const url = new URL(path, base());
  if (url.origin !== base()) throw new TypeError(`${path} does not lead to Bff.`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
};

/** An address of this page as Bff takes it: its own pages as paths. @param {string} to */
export const toBff = (to) => {
  const url = new URL(to, location.href).href;
  const path = url.slice(here().length);
  return base() === here() && url.startsWith(`${here()}/`) && !path.startsWith('//') ? path : url; // a path with two slashes names a host
};

/** This page's address, with its fragment, without what a sign-in that failed has added. */
export const pageUrl = () => {
  const url = new URL(location.href);
  url.searchParams.delete('error');
  url.searchParams.delete('error_description');
  return url.href;
};
