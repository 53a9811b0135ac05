// https://www.npmjs.com/package/oidc-provider, certified by the OpenID Foundation. Its own pages for development sign anybody in.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const AUDIENCE = 'https://api.example';

export async function start({ port, client, lifetime }) {
  const issuer = `http://localhost:${port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: client.id, client_secret: client.secret, grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
      redirect_uris: [client.redirectUri], post_logout_redirect_uris: [client.afterSignOut],
    }],
    pkce: { required: () => true },
    // Without prompt=consent this provider takes offline_access away; this gives a refresh token all the same.
    issueRefreshToken: (_, { grantTypes }) => grantTypes.includes('refresh_token'),
    rotateRefreshToken: true,
    ttl: { AccessToken: lifetime, AuthorizationCode: 60, IdToken: 3600, RefreshToken: 3600, Grant: 3600, Session: 3600, Interaction: 3600 },
    claims: { openid: ['sub'], profile: ['name'] },
    scopes: ['openid', 'profile', 'offline_access'],
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: id }) }),
    cookies: { keys: ['only for this test'] },
    features: {
      devInteractions: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: 'read:messages', audience: AUDIENCE, accessTokenTTL: lifetime, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
      },
    },
  });
  const server = createServer(provider.callback());
  await new Promise((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve); });
  return {
    issuer,
    audience: AUDIENCE,
    settings: { Bff__Oidc__Scope: 'openid profile offline_access read:messages', Bff__Oidc__Audience: AUDIENCE, Bff__Oidc__AudienceParameter: 'resource' },
    fill: ({ action, fields }) => (action.includes('/session/end') ? { ...fields, logout: 'yes' } : fields.prompt === 'login' ? { ...fields, login: 'alice', password: 'alice' } : fields.prompt ? fields : null),
    stop: () => server.closeAllConnections?.() ?? server.close(),
  };
}
