// Who the user is, as the provider has said it.
import { askJson } from './session.js';

/** @import * as Bff from './index.js' */

/** Names of claims that hold roles: `role` and `roles`, by themselves or at the end of a name that is an address. */
const ROLES = /^(?:.*\/)?roles?$/i;

/** @type {typeof Bff.getUser} */
export const getUser = async () => {
  try {
    return userOf(await askJson('/bff/user?slide=false'));
  } catch (error) {
    if (/** @type {Bff.BffError} */ (error).status === 401) return null;
    throw error;
  }
};

/** @param {{ type: string, value: string }[]} list @returns {Bff.User} */
export const userOf = (list) => {
  /** @type {Record<string, Bff.ClaimValue[]>} */
  const all = Object.create(null);
  for (const { type, value } of list) {
    if (!type.startsWith('bff:')) (all[type] ??= []).push(read(value));
  }
  const first = (name) => (typeof all[name]?.[0] === 'string' ? all[name][0] : undefined);
  const entries = Object.entries(all);
  const roles = entries.flatMap(([name, values]) => (ROLES.test(name) ? values : []));
  const ofKeycloak = /** @type {any} */ (all.realm_access?.[0])?.roles;
  return {
    sub: String(all.sub?.[0] ?? ''),
    name: first('name'),
    email: first('email'),
    picture: first('picture'),
    roles: [...new Set([...roles, ofKeycloak].flat().filter((role) => typeof role === 'string'))],
    claims: Object.fromEntries(entries.map(([name, values]) => [name, values.length === 1 ? values[0] : values])),
  };
};

/** A claim that is no text comes as its JSON; only an object or a list cannot be mistaken for a text. @param {string} value @returns {Bff.ClaimValue} */
const read = (value) => {
  if (!/^[{[]/.test(value)) return value;
  try { return JSON.parse(value); } catch { return value; }
};
