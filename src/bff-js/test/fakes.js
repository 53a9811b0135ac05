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

/**
 * A tab of a browser, as far as the script knows it: streams, the channel to the other tabs, locks, events of window and document.
 * @param {string[]} [taken] locks that another tab holds: 'leader', 'silent', 'sign-out'
 */
export const openTab = (taken = []) => {
  const handlers = {};
  const listen = (name, handler) => { (handlers[name] ??= []).push(handler); };
  const waiting = {};
  const held = {};
  const tab = {
    streams: [], posted: [], frames: [], left: [], locks: [],
    hear: (data) => tab.channel.onmessage({ data }), // from another tab
    fire: (name, event = {}) => { for (const handler of handlers[name] ?? []) handler(event); },
    /** The other tab lets go. @param {string} kind */
    release: (kind) => {
      taken = taken.filter((name) => name !== kind);
      for (const go of waiting[kind]?.splice(0) ?? []) go(0);
    },
    rob: () => {}, // another tab takes the lock of the leader by force
  };
  const request = async (name, { steal = false, ifAvailable = false, signal = /** @type {AbortSignal | undefined} */ (undefined) }, work) => {
    const kind = name.split(' ')[1];
    tab.locks.push(kind);
    if (taken.includes(kind) && !steal && !ifAvailable) {
      await new Promise((go, reject) => {
        (waiting[kind] ??= []).push(go);
        signal?.addEventListener('abort', reject);
      });
    }
    if (kind !== 'leader') {
      if (!ifAvailable) await held[kind];
      return held[kind] = work();
    }
    taken = [];
    return Promise.race([work(), new Promise((_, reject) => { tab.rob = () => { taken = ['leader']; reject(new DOMException('', 'AbortError')); }; })]);
  };
  const createElement = () => ({ contentWindow: { location: { pathname: 'elsewhere' } }, remove() {} });
  class Stream {
    readyState = 0;
    told = {};
    constructor() { tab.streams.push(this); }
    addEventListener(name, handler) { this.told[name] = handler; }
    open() { this.readyState = 1; this.onopen(); }
    fail(readyState) { this.readyState = readyState; this.onerror(); }
    close() { this.readyState = 2; }
    send(name, data) { this.told[name]({ data: JSON.stringify(data) }); }
  }
  class Channel {
    constructor() { tab.channel = this; }
    onmessage(event) { void event; }
    postMessage(data) { tab.posted.push(data); }
  }
  const browser = {
    location: Object.assign(new URL('https://page.example/here'), { assign: (address) => tab.left.push(address) }),
    document: { hidden: false, baseURI: 'https://page.example/here', addEventListener: listen, createElement, body: { append: (frame) => tab.frames.push(frame) } },
    addEventListener: listen, EventSource: Stream, BroadcastChannel: Channel, navigator: { locks: { request } },
  };
  for (const [name, value] of Object.entries(browser)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  return tab;
};

/** Time goes on, second by second. @param {import('node:test').TestContext} t @param {number} seconds @param {(second: number) => void} [each] */
export const pass = async (t, seconds, each = () => {}) => {
  for (let second = 1; second <= seconds; second++) {
    each(second);
    t.mock.timers.tick(1_000);
    await settle();
  }
};

/** What a test has heard since it last looked, and how many requests something took. @param {unknown[]} requests */
export const takeNotes = (requests) => {
  const heard = [];
  return {
    heard,
    news: () => heard.splice(0),
    /** @param {() => unknown} work */
    asked: async (work) => {
      const before = requests.length;
      await work();
      return requests.length - before;
    },
  };
};

/** Lets everything that waits for promises go on. */
export const settle = async () => { for (let turn = 0; turn < 50; turn++) await Promise.resolve(); await new Promise((resolve) => setImmediate(resolve)); };
