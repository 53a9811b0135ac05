// Who the user is, from the list of claims that Bff answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getUser } from '../src/index.js';
import { answerWith, problem } from './fakes.js';

globalThis.location ??= /** @type {any} */ (new URL('https://page.example/'));

const claims = (...pairs) => pairs.map(([type, value]) => ({ type, value }));

test('a user is typed, and each claim is there by its name', async () => {
  const requests = answerWith(() => claims(
    ['sub', 'alice'], ['name', 'Alice Adams'], ['email', 'alice@example.com'], ['picture', 'https://example.com/a.png'],
    ['email_verified', 'true'], ['age', '17'],
    ['address', '{"locality":"Vienna"}'], ['amr', 'pwd'], ['amr', 'otp'], ['odd', '{no json'], ['__proto__', 'x'],
    ['bff:session_expires_in', '1800'], ['bff:logout_url', '/bff/logout?sid=1'],
  ));
  const user = await getUser();
  assert.equal(new URL(requests[0].url).pathname + new URL(requests[0].url).search, '/bff/user?slide=false');
  const { claims: said, ...rest } = user;
  assert.deepEqual(rest, { sub: 'alice', name: 'Alice Adams', email: 'alice@example.com', picture: 'https://example.com/a.png', roles: [] });
  assert.deepEqual([said.email_verified, said.age, said.address, said.amr, said.odd], ['true', '17', { locality: 'Vienna' }, ['pwd', 'otp'], '{no json']);
  assert.equal(Object.keys(said).some((name) => name.startsWith('bff:')), false);
  assert.equal(Object.hasOwn(said, '__proto__'), true);
});

test('roles are found wherever providers put them, each once, and a user without any has an empty list', async () => {
  for (const [list, roles] of [
    [claims(['role', 'admin']), ['admin']],
    [claims(['roles', 'admin'], ['roles', 'editor'], ['role', 'admin']), ['admin', 'editor']],
    [claims(['https://example.com/roles', 'a'], ['https://example.com/roles', 'b'], ['https://example.com/Role', 'c']), ['a', 'b', 'c']],
    [claims(['http://schemas.microsoft.com/ws/2008/06/identity/claims/role', 'd']), ['d']],
    [claims(['realm_access', '{"roles":["offline_access","admin",7]}'], ['resource_access', '{"app":{"roles":["x"]}}']), ['offline_access', 'admin']],
    [claims(['roles', '["nested","list"]']), ['nested', 'list']],
    [claims(['rolesets', 'x'], ['https://example.com/roles/1', 'x'], ['groups', 'x'], ['realm_access', '{}'], ['realm_access', 'text']), []],
    [claims(['role', '7'], ['role', '{"name":"x"}']), ['7']],
  ]) {
    answerWith(() => list);
    assert.deepEqual((await getUser()).roles, roles);
  }
});

test('nobody is null, and what cannot be known is an error', async () => {
  answerWith(() => problem(401, 'session_required'));
  assert.equal(await getUser(), null);
  answerWith(() => problem(503, 'store_unavailable'));
  await assert.rejects(getUser(), { code: 'store_unavailable' });
});
