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
  isLoggedIn: true,
  now: new Date().toISOString(),
  sub: 'alice',
  accessTokenExpiresAt: new Date(Date.now() + 300_000).toISOString(),
  logoutUrl: '/bff/logout?sid=1',
  ...more,
});

export const signedOut = (more = {}) => ({ isLoggedIn: false, now: new Date().toISOString(), ...more });

/** A page whose invisible frames end with what `result` returns: `{ result: 'ok' }`, `{ error }`, or nothing for no answer. @returns the frames' addresses */
export const answerFrames = (result) => {
  const frames = [];
  let hearFrame = (event) => { void event; };
  globalThis.location = /** @type {any} */ (Object.assign(new URL('https://page.example/'), { assign() {} }));
  globalThis.addEventListener = /** @type {any} */ ((name, handler) => { if (name === 'message') hearFrame = handler; });
  const append = (frame) => {
    frames.push(frame.src);
    const data = result();
    if (data) setImmediate(() => hearFrame({ origin: location.origin, source: frame.contentWindow, data: { type: 'bff:silent', ...data } }));
  };
  globalThis.document = /** @type {any} */ ({
    hidden: false, baseURI: location.href, addEventListener() {}, createElement: () => ({ contentWindow: {}, remove() {} }), body: { append },
  });
  return frames;
};

/** Lets everything that waits for promises go on. */
export const settle = async () => { for (let turn = 0; turn < 50; turn++) await Promise.resolve(); await new Promise((resolve) => setImmediate(resolve)); };
