import * as bff from 'bff-js';
import { greeting } from './greeting.js';

const show = (id, text) => { document.getElementById(id).textContent = text; };

if (import.meta.env.VITE_BFF_URL) bff.configure({ url: import.meta.env.VITE_BFF_URL });
bff.on('sessionChanged', ({ session }) => {
  show('user', session.name ?? '');
  document.body.dataset.state = session.isLoggedIn ? 'signed-in' : 'signed-out';
});
document.getElementById('login').onclick = () => bff.login();
document.getElementById('logout').onclick = () => bff.logout();
document.getElementById('call').onclick = async () => show('answer', (await bff.fetch('/api/private')).status);

show('greeting', greeting);
import.meta.hot.accept('./greeting.js', (edited) => show('greeting', edited.greeting));
