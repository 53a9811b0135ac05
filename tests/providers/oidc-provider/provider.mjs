// https://www.npmjs.com/package/oidc-provider, certified by the OpenID Foundation. Its own pages for development sign anybody in.
// As oidc-provider:dpop it binds tokens to keys (RFC 9449), and it and the API want nonces; the API checks proofs with jose.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import Provider from 'oidc-provider';

const AUDIENCE = 'https://api.example';
const seen = new Set();
const nonce = randomBytes(16).toString('base64url');

async function checkProof(request, token, { cnf }) {
  const { payload, protectedHeader } = await jwtVerify(request.headers.dpop ?? '', EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256'], maxTokenAge: 30 });
  const right = payload.htm === request.method && payload.htu === `http://${request.headers.host}${request.url.split('?')[0]}`
    && payload.ath === createHash('sha256').update(token).digest('base64url') && cnf.jkt === await calculateJwkThumbprint(protectedHeader.jwk);
  if (!right || seen.has(payload.jti)) throw new Error('a wrong proof, or one of before');
  seen.add(payload.jti);
  if (payload.nonce === nonce) return;
  throw Object.assign(new Error('nonce'), { headers: { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"', 'DPoP-Nonce': nonce } });
}

export async function start({ port, client, lifetime, variant }) {
  const bound = variant === 'dpop';
  const issuer = `http://localhost:${port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: client.id, client_secret: client.secret, grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
      redirect_uris: [client.redirectUri], post_logout_redirect_uris: [client.afterSignOut], dpop_bound_access_tokens: bound,
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
      dPoP: { enabled: bound, nonceSecret: randomBytes(32), requireNonce: () => bound },
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
    ...(bound && { scheme: 'DPoP', checkProof }),
    settings: { Bff__Oidc__Scope: 'openid profile offline_access read:messages', Bff__Oidc__Audience: AUDIENCE, Bff__Oidc__AudienceParameter: 'resource', Bff__Oidc__TokenType: bound ? 'DPoP' : 'Bearer' },
    fill: ({ action, fields }) => (action.includes('/session/end') ? { ...fields, logout: 'yes' } : fields.prompt === 'login' ? { ...fields, login: 'alice', password: 'alice' } : fields.prompt ? fields : null),
    stop: () => server.closeAllConnections?.() ?? server.close(),
  };
}
