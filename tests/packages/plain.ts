import { configure, getUser, keepAlive, login, logout, on, renew } from 'bff-js';

const element = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind;

/** What the pages without a framework have in common. */
export const start = (call: () => Promise<number>) => {
  configure({ url: bffUrl });
  const warning = element<HTMLDialogElement>('warning');
  on('sessionChanged', async ({ session }) => {
    element('status').textContent = session.isLoggedIn ? 'signedIn' : 'signedOut';
    element('expires').textContent = session.accessTokenExpiresAt ?? '';
    warning.close();
    element('user').textContent = session.isLoggedIn ? (await getUser())?.email ?? '' : '';
  });
  on('sessionExpiring', () => warning.show());
  element('sign-in').onclick = () => login();
  element('sign-out').onclick = () => logout();
  element('renew').onclick = () => renew();
  element('stay').onclick = () => keepAlive();
  element('call').onclick = async () => { element('answer').textContent = String(await call()); };
};
