import { fetch, keepAlive, login, logout, renew } from 'bff-js';
import { BffProvider, RequireSession, useSession, useUser } from 'bff-js/react';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

function Page() {
  const { status, session, error, sessionExpiring } = useSession();
  const user = useUser();
  const [answer, setAnswer] = useState('');
  const call = async () => {
    const response = await fetch('/api/private');
    setAnswer(String(response.status));
  };
  return (
    <>
      <p id="status">{status}</p>
      <p id="error">{error?.code}</p>
      <p id="user">{user?.email}</p>
      {status === 'signedIn' && <p id="expires">{session.accessTokenExpiresAt}</p>}
      <p id="answer">{answer}</p>
      <button id="sign-in" onClick={() => login()}>Sign in</button>
      <button id="sign-out" onClick={() => logout()}>Sign out</button>
      <button id="renew" onClick={() => renew()}>Renew</button>
      <button id="call" onClick={call}>Call</button>
      {sessionExpiring && <dialog id="warning" open><button id="stay" onClick={() => keepAlive()}>Stay signed in</button></dialog>}
    </>
  );
}

const isPrivate = location.pathname.endsWith('/private');

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <BffProvider url={bffUrl}>
      <Page />
      {isPrivate && <RequireSession fallback={<p>One moment</p>}><p id="private">For you only</p></RequireSession>}
    </BffProvider>
  </StrictMode>,
);
