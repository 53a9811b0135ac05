// Runs Bff, as a process of its own, against a provider nobody here wrote, and goes through a user's day without a browser. A line a step; exit code 0 when all held.
// Usage: node drive.mjs NAME[:VARIANT] BFF.DLL, where NAME/provider.mjs exports start(); run.sh does the rest.
import { spawn } from 'node:child_process';
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Browser } from './browser.mjs';

const [, , name, bffDll] = process.argv;
const PATIENCE = 60_000;
let passed = 0;
let failed = 0;

const freePort = () => new Promise((resolve, reject) => {
  const socket = createSocket().once('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = socket.address();
    socket.close(() => resolve(port));
  });
});

const holds = (condition, what) => { if (!condition) throw new Error(what); };

async function step(what, work) {
  try {
    const note = await work();
    passed += 1;
    console.log(`passed: ${name}: ${what}${note ? ` (${note})` : ''}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${name}: ${what}: ${error.message}`);
    throw error;
  }
}

async function until(what, ask) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(300)) {
    const found = await ask().catch(() => null);
    if (found) return found;
  }
  throw new Error(`waited in vain for ${what}`);
}

/**
 * Our API: believes a token only when the provider's key signed it for us, and it is still good. Providers whose tokens are opaque bring a check of their own, those
 * whose tokens are bound to a key one of proofs.
 */
function apiThatChecks(provider) {
  const answer = (response, status, body) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  return createServer(async (request, response) => {
    try {
      const [scheme, token] = (request.headers.authorization ?? '').split(' ');
      holds(scheme === (provider.scheme ?? 'Bearer') && token, `no token, or as ${scheme}`);
      const claims = await (provider.checkToken ?? checkJwt)(token, provider);
      await provider.checkProof?.(request, token, claims);
      answer(response, 200, { sub: claims.sub, token: createHash('sha256').update(token).digest('hex').slice(0, 12) });
    } catch (error) {
      for (const [header, value] of Object.entries(error.headers ?? {})) response.setHeader(header, value);
      answer(response, 401, { error: error.message });
    }
  });
}

async function checkJwt(token, { issuer, audience }) {
  const [header, claims] = token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const { keys } = await (await fetch(metadata.jwks_uri)).json();
  const key = createPublicKey({ key: keys.find((jwk) => jwk.kid === header.kid), format: 'jwk' });
  const [signed, signature] = [token.slice(0, token.lastIndexOf('.')), Buffer.from(token.split('.')[2], 'base64url')];
  holds(['RS256', 'EdDSA'].includes(header.alg), `algorithm ${header.alg}`);
  holds(verify(header.alg === 'EdDSA' ? null : 'sha256', Buffer.from(signed), key, signature), 'bad signature');
  holds(claims.iss === issuer, `issuer ${claims.iss}`);
  holds(!audience || [claims.aud].flat().includes(audience), `audience ${claims.aud}`);
  holds(claims.exp * 1000 > Date.now(), 'expired');
  return claims;
}

const [providerPort, apiPort, bffPort, opsPort, pagePort] = await Promise.all(Array.from({ length: 5 }, freePort));
const [bff, page] = [`http://localhost:${bffPort}`, `http://localhost:${pagePort}`];
const folder = await mkdtemp(join(tmpdir(), 'bff-providers-'));
const client = { id: 'bff', secret: randomBytes(24).toString('hex'), redirectUri: `${bff}/signin-oidc`, afterSignOut: `${bff}/signout-callback-oidc` };
let process_;
let api;
let provider;
let log = '';

try {
  const [named, variant] = name.split(':');
  const { start } = await import(`./${named}/provider.mjs`);
  await step('starts', async () => { provider = await start({ port: providerPort, client, lifetime: 12, folder, variant }); });
  api = apiThatChecks(provider).listen(apiPort, '127.0.0.1');

  await step('Bff is ready with it', async () => {
    const settings = {
      ASPNETCORE_ENVIRONMENT: 'Development', ASPNETCORE_URLS: bff, Bff__Ops__Url: `http://127.0.0.1:${opsPort}`, Logging__Console__FormatterName: 'simple',
      Bff__Oidc__Authority: provider.issuer, Bff__Oidc__ClientId: provider.client?.id ?? client.id, Bff__Oidc__ClientSecret: provider.client?.secret ?? client.secret,
      Bff__Spa__Origins__0: page, Bff__Sessions__ConnectionString: `Data Source=${join(folder, 'bff.db')}`,
      ReverseProxy__Routes__api__ClusterId: 'api', ReverseProxy__Routes__api__Match__Path: '/api/{**rest}', ReverseProxy__Routes__api__AuthorizationPolicy: 'default',
      'ReverseProxy__Routes__api__Metadata__Bff.Token': 'User', ReverseProxy__Clusters__api__Destinations__api__Address: `http://127.0.0.1:${apiPort}`, ...provider.settings,
    };
    process_ = spawn('dotnet', [bffDll], { cwd: folder, env: { ...process.env, ...settings } });
    for (const stream of [process_.stdout, process_.stderr]) stream.on('data', (text) => { log += text; });
    await until('/readyz', async () => (await fetch(`http://127.0.0.1:${opsPort}/readyz`)).ok);
  });

  const browser = new Browser(provider);
  const session = () => browser.json(`${bff}/bff/session`);
  const call = () => browser.json(`${bff}/api/who`);
  const tokens = new Set();

  await step('sign-in', async () => {
    const end = await browser.open(`${bff}/bff/login?returnUrl=${encodeURIComponent(`${page}/start`)}`, page);
    holds(end.startsWith(`${page}/start`), `ended at ${end}`);
    const { isLoggedIn, sub, renewal } = await session();
    holds(isLoggedIn && sub, 'nobody is signed in');
    holds(renewal === 'background', `renewal is ${renewal}`);
  });
  await step(`a call with a ${provider.scheme ?? 'Bearer'} token the API checks`, async () => {
    const { sub, token } = await call();
    holds(sub === (await session()).sub, `the API saw ${sub}`);
    tokens.add(token);
  });
  for (const number of [1, 2, 3]) {
    await step(`renewal ${number}, in the background`, async () => {
      const before = (await session()).accessTokenExpiresAt;
      await until('a renewal', async () => (await session()).accessTokenExpiresAt !== before);
      const { token } = await call();
      holds(!tokens.has(token), 'the API saw the old token again');
      tokens.add(token);
    });
  }
  await step('silent sign-in', async () => {
    const end = await browser.open(`${bff}/bff/silent-login`, page, { silent: true });
    holds(new URL(end).searchParams.get('result') === 'ok', `ended at ${end}`);
    tokens.add((await call()).token);
    holds(tokens.size >= 5, 'no new token came of it');
  });
  await step('sign-out, here and at the provider', async () => {
    const { logoutUrl } = await session();
    const end = await browser.open(`${bff}${logoutUrl}`, page);
    holds(end.startsWith(page), `ended at ${end}`);
    holds(!(await session()).isLoggedIn, 'still signed in');
    const silent = await browser.open(`${bff}/bff/silent-login`, page, { silent: true }).catch((error) => `${page}?result=${encodeURIComponent(error.message)}`);
    const result = new URL(silent).searchParams.get('error') ?? new URL(silent).searchParams.get('result');
    holds(provider.remembersNobody ?? result !== 'ok', `the provider still signs in silently: ${silent}`);
    return provider.remembersNobody ? 'this provider has no sign-in of its own to end' : `silent sign-in then says ${result}`;
  });
  await step('nothing to complain about in the log', async () => {
    const expected = /No XML encryptor configured|login_required/;   // no key certificate here; the last silent sign-in above
    const lines = log.split('\n').filter((line) => /(fail|crit|warn): /.test(line) && !expected.test(line) && !provider.expectedInLog?.test(line));
    holds(lines.length === 0, lines.slice(0, 3).join(' | '));
  });
} catch (error) {
  if (failed === 0) { failed += 1; console.log(`FAILED: ${name}: ${error.stack}`); }
  console.log(log.split('\n').slice(-25).join('\n'));
} finally {
  process_?.kill();
  api?.close();
  await provider?.stop?.();
  await rm(folder, { recursive: true, force: true });
}

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
