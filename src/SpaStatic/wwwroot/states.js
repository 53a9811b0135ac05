// Which state the page is in, and the calm words for it: where you are, and what happens next. The cause of trouble is said beside it.
import { cureOf, hintOf, isFinal, isProviderDown, meaningOf } from './messages.js';
import { timeOfDay } from './times.js';

const WORDS = {
  loading: () => ['One moment', 'Asking Bff who is signed in …'],
  'signed-out': () => ['Sign in without a token in the browser',
    'Bff signs you in at your identity provider, keeps the tokens on its server, and renews them before they expire. '
    + 'This page gets one cookie that no script can read.'],
  'signing-in': ({ leaving }) => (leaving
    ? ['Taking you to the sign-in page …', 'You will come back here when you are done.']
    : ['Welcome back', 'Bff is finishing your sign-in …']),
  'signed-in': ({ session, trouble }) => ['You are signed in', isFinal(trouble)
    ? 'Your token cannot be renewed without you. Sign in again before it expires.'
    : `${session.renewal === 'silent' ? 'This page' : 'Bff'} renews your token before it expires. There is nothing for you to do.`],
  expiring: ({ expired, trouble, until }) => [expired ? 'Your token has expired' : 'Your token is about to expire', [
    isFinal(trouble) ? 'Sign in again to continue.' : 'A newer one is on its way.',
    expired ? '' : `Calls work until ${until}.`].join(' ').trim()],
  'provider-down': ({ expired, until }) => ['You stay signed in', expired
    ? `Your token expired at ${until}, so calls wait for a newer one. Bff keeps trying, and you do not need to sign in again.`
    : `Calls work until ${until}. Bff keeps trying, and there is nothing for you to do.`],
  offline: ({ session }) => ['You are offline',
    `${session ? 'You stay signed in. ' : ''}This page continues when the network is back.`],
  unreachable: ({ session, connection }) => (connection.error?.code === 'origin_mismatch'
    ? ['This page does not work at this address', 'Open it at its usual address. Nothing is wrong with your session.']
    : ['Waiting for Bff', `${session ? 'Your session is kept. ' : ''}This page continues as soon as Bff responds.`]),
};

export function stateOf({ asked, leaving, comingBack, connection, session, trouble, expiring, expired }) {
  if (leaving) return 'signing-in';
  if (connection.state === 'offline' || connection.state === 'unreachable') return connection.state;
  if (!asked) return comingBack ? 'signing-in' : 'loading';
  if (!session) return 'signed-out';
  if ((session.renewalError && !isFinal({ code: session.renewalError })) || isProviderDown(trouble) || (expired && session.renewal === 'background')) return 'provider-down';
  return expiring || expired ? 'expiring' : 'signed-in';
}

/** @returns {{title: string, text: string}} */
export function wordsOf(state, facts) {
  const [title, text] = WORDS[state]({ ...facts, until: timeOfDay(facts.expiresAt, facts.skew) });
  return { title, text };
}

/** Why things are not as usual; null when they are. @returns {{kind: 'warning'|'error', text: string, hint: string, cure: string}|null} */
export function causeOf(state, { connection, session, trouble, news, expired }) {
  switch (state) {
    case 'offline': case 'signing-in': return null;
    case 'unreachable': return cause('error', connection.error ?? { code: 'unreachable' });
    case 'provider-down': return cause(expired ? 'error' : 'warning', trouble ?? { code: session?.renewalError ?? 'idp_unavailable' });
    default: return trouble ? cause(isFinal(trouble) ? 'warning' : 'error', trouble) : news && cause('warning', news);
  }
}

const cause = (kind, error) => ({ kind, text: meaningOf(error), hint: hintOf(error), cure: cureOf(error) });
