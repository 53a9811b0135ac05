// Where Bff is and how this page uses it. Nothing is read from the page before it is needed, so that the module can be loaded anywhere.

/** @import * as Bff from './index.js' */

/** This page's origin; '' where there is no page. */
export const here = () => globalThis.location?.origin ?? '';

export const settings = {
  url: '', // without a slash at its end
  silentPage: '',
  autoRenew: true,
  silentSignIn: true,
  warnBefore: 60_000,
};

/** @type {typeof Bff.configure} */
export const configure = ({ url, ...options }) => {
  if (url !== undefined) settings.url = new URL(url, here() || undefined).href.replace(/\/+$/, '');
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) settings[name] = value;
  }
};

/** Bff's address: its origin, and the path it is published below. Sessions of one address mean nothing at another. */
export const base = () => settings.url || here();

/** @param {string} address */
export const isBff = (address, root = base()) => `${address}/`.startsWith(`${root}/`);

/** Whether Bff is at this page's origin. */
export const isHere = () => isBff(base(), here());

/** Where silent sign-ins end. */
export const silentPage = () => settings.silentPage || `${isHere() ? base() : here()}/silent`;

/** @param {string} path on Bff, with the path it is published below or without @param {Record<string, string | number | undefined>} [query] @returns its whole address */
export const onBff = (path, query = {}) => {
  const url = new URL(path, `${base()}/`);
  if (path[0] === '/' && !isBff(url.href)) url.pathname = new URL(base()).pathname + url.pathname;
  if (!isBff(url.href)) throw new TypeError(`Not Bff: ${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
};

/** An address of this page as Bff takes it: its own pages as paths. @param {string} to */
export const toBff = (to) => {
  const url = new URL(to, location.href).href;
  const path = url.slice(here().length);
  return isHere() && isBff(url, here()) && !path.startsWith('//') ? path : url; // a path with two slashes names a host
};

/** This page's address, with its fragment, without what a sign-in that failed has added. */
export const pageUrl = () => {
  const url = new URL(location.href);
  url.searchParams.delete('error');
  url.searchParams.delete('error_description');
  return url.href;
};
