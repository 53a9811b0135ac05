// For axios 1.12 and later, whose fetch adapter takes another fetch: bff-js/axios.
import { bffFetch } from './calls.js';
import { base, here, isBff } from './settings.js';

/** @import * as BffAxios from './axios.js' */

/** @param {Request | URL | string} input @param {RequestInit} [init] */
const fetchByAddress = (input, init) => {
  const { href } = new URL(input instanceof Request ? input.url : input, here());
  return isBff(href) ? bffFetch(input, init) : fetch(input, init);
};

/** @type {typeof BffAxios.useBff} */
export const useBff = (instance) => {
  instance.defaults.adapter = 'fetch';
  instance.defaults.env = { ...instance.defaults.env, fetch: fetchByAddress };
  instance.defaults.baseURL ??= base();
  return instance;
};
