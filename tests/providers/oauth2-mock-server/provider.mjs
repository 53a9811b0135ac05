// https://www.npmjs.com/package/oauth2-mock-server: asks nobody anything and signs the same user in, always.
import { OAuth2Server } from 'oauth2-mock-server';

export async function start({ port, lifetime }) {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(port, 'localhost');
  let serial = 0;
  server.service.on('beforeTokenSigning', (token) => {
    token.payload.exp = token.payload.iat + lifetime;
    serial += 1;
    token.payload.jti = `${serial}`;   // else two tokens of one second are the same token
  });
  server.service.on('beforeResponse', (response) => { response.body.expires_in = lifetime; });
  return { issuer: server.issuer.url, settings: {}, remembersNobody: true, stop: () => server.stop() };
}
