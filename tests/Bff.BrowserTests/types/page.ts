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
bff.login({ screenHint: 'signup', organization: 'org_1', uiLocales: 'de en', acrValues: 'urn:mfa', maxAge: 0, prompt: 'create' });
bff.configure({ warnBefore: 30_000 });
bff.configure({ url: '/office' });
bff.login({ provider: 'staff' });
bff.on('sessionExpiring', async ({ session: { absoluteEndsAt }, endsAt, canExtend }) => { if (canExtend && endsAt < Date.parse(absoluteEndsAt)) await bff.keepAlive(); });
const user = await bff.getUser();
const roles: string[] = user?.roles ?? [];
const said: bff.ClaimValue | bff.ClaimValue[] | undefined = user?.claims['https://example.com/plan'];
console.log(roles.includes('editor'), said, user?.email?.length);
bff.clearTimer(bff.setTimer(() => {}, bff.now() + 1_000));
bff.renewAuth({ audience: 'x' }, (error, result) => console.log(error?.errorDescription, result?.expiresIn));
if (bff.session()?.renewal === 'silent' && !await bff.logout({ returnTo: '/' })) await bff.check();

// @ts-expect-error: there is no such event
bff.on('tokens', () => {});
// @ts-expect-error: there is no such prompt
bff.login({ prompt: 'maybe' });
// @ts-expect-error: seconds
bff.login({ maxAge: 'now' });
// @ts-expect-error: nobody may be signed in
console.log((await bff.getUser()).sub);
// @ts-expect-error: a session carries no token
console.log(session.accessToken);
