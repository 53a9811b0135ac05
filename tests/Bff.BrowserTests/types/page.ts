// A page in TypeScript: each call of bff.js as its words say, and what must not pass.
import * as bff from '../../../src/bff-js/src/index.js';
import type { BffError, Session } from '../../../src/bff-js/src/index.js';

bff.configure({ url: 'https://bff.example', silentPage: '/quiet', autoRenew: false });
const stop: () => void = bff.on('signedOut', ({ reason, before }) => console.log(reason.length, before.sub));
bff.on('renewError', ({ error }: { error: BffError }) => console.log(error.code, error.hint, error.retryAfter));
bff.on('connection', ({ state }) => { const known: 'live' | 'polling' | 'offline' | 'unreachable' = state; return known; });
stop();

const session: Session = await bff.getSession();
const expiry: string | undefined = session.accessTokenExpiresAt;
const answer: Response = await bff.fetch('/api/orders', { method: 'POST', body: expiry });
await bff.silentLogin({ timeout: 5_000 });
bff.login({ returnTo: '/orders', prompt: 'none', loginHint: answer.statusText });
bff.clearTimer(bff.setTimer(() => {}, bff.now() + 1_000));
bff.renewAuth({ audience: 'x' }, (error, result) => console.log(error?.errorDescription, result?.expiresIn));
if (bff.session()?.renewal === 'silent' && !await bff.logout({ returnTo: '/' })) await bff.check();

// @ts-expect-error: there is no such event
bff.on('tokens', () => {});
// @ts-expect-error: there is no such prompt
bff.login({ prompt: 'maybe' });
// @ts-expect-error: a session carries no token
console.log(session.accessToken);
