// The parts of a browser that the script asks for, in Node.js.

/** Answers requests with what `answer` returns: a Response, a plain object (as JSON), or an Error to throw. */
export const answerWith = (answer) => {
  const requests = [];
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    requests.push(request);
    const given = await answer(request, requests.length);
    if (given instanceof Error) throw given;
    return given instanceof Response ? given : Response.json(given);
  };
  return requests;
};

export const problem = (status, code, headers = {}) => Response.json({ status, code }, { status, headers });

export const signedIn = (more = {}) => ({
  isLoggedIn: true, now: new Date().toISOString(), sub: 'alice', accessTokenExpiresAt: new Date(Date.now() + 300_000).toISOString(), logoutUrl: '/bff/logout?sid=1', ...more,
});

export const signedOut = (more = {}) => ({ isLoggedIn: false, now: new Date().toISOString(), ...more });

/** Lets everything that waits for promises go on. */
export const settle = async () => { for (let turn = 0; turn < 50; turn++) await Promise.resolve(); await new Promise((resolve) => setImmediate(resolve)); };
