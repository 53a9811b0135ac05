// https://www.npmjs.com/package/better-auth, the last line with its oidcProvider plugin. Access tokens are opaque: the API asks userinfo about them.
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { jwt, oidcProvider } from 'better-auth/plugins';

const user = { email: 'alice@example.com', password: 'alice and her password', name: 'Alice Liddell' };

export async function start({ port, client, lifetime }) {
  const issuer = `http://localhost:${port}`;
  const tables = ['user', 'session', 'account', 'verification', 'jwks', 'oauthApplication', 'oauthAccessToken', 'oauthConsent'];
  const auth = betterAuth({
    baseURL: issuer,
    secret: 'only for this test, and long enough for it',
    database: memoryAdapter(Object.fromEntries(tables.map((table) => [table, []]))),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    logger: { disabled: true },
    plugins: [
      jwt({ jwks: { keyPairConfig: { alg: 'RS256' } } }),   // else EdDSA, which Bff takes no ID token with
      oidcProvider({
        loginPage: '/login',
        useJWTPlugin: true,   // else the ID token is signed with the client's secret (HS256)
        requirePKCE: true,
        accessTokenExpiresIn: lifetime,
        trustedClients: [{
          clientId: client.id, clientSecret: client.secret, name: 'Bff', type: 'web', disabled: false, metadata: {}, skipConsent: true,
          redirectUrls: [client.redirectUri, client.afterSignOut],   // one list for both
        }],
      }),
    ],
  });
  await auth.api.signUpEmail({ body: user });
  const server = createServer(toNodeHandler(auth));
  await new Promise((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve); });
  return {
    issuer,
    settings: { Bff__Oidc__MetadataAddress: `${issuer}/api/auth/.well-known/openid-configuration`, Bff__Oidc__Scope: 'openid profile email offline_access' },
    // The sign-in page is the application's own to write; it posts JSON, and is told where to go on.
    act: async ({ url, html, send }) => {
      if (!new URL(url).pathname.startsWith('/login')) return html.startsWith('{') ? JSON.parse(html).url : null;
      const answer = await send(`${issuer}/api/auth/sign-in/email`, {
        method: 'POST', headers: { 'Content-Type': 'application/json', Origin: issuer }, body: JSON.stringify({ email: user.email, password: user.password }),
      });
      return (await answer.json()).url;
    },
    expectedInLog: /invalid_state/,   // a silent sign-in it refuses comes back without the state
    checkToken: async (token) => {
      const answer = await fetch(`${issuer}/api/auth/oauth2/userinfo`, { headers: { Authorization: `Bearer ${token}` } });
      if (!answer.ok) throw new Error(`userinfo answered ${answer.status}`);
      return answer.json();
    },
    stop: () => server.closeAllConnections() ?? server.close(),
  };
}
