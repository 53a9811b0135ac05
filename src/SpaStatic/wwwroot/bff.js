// A page's side of Bff: bff.d.ts says what is what. No token ever comes here.

/** @import * as Bff from './bff.js' */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const HINTS = {
  login_required: 'The provider cannot sign in silently. If it never can: shared development keys, or blocked third-party cookies.',
  consent_required: 'The provider wants to ask the user: call login().',
  interaction_required: 'The provider wants to ask the user: call login().',
  timeout: 'The frame gave no answer: the provider, or this page’s CSP (frame-src), may refuse it.',
  session_expired: 'The session is over: call login().',
  idp_unavailable: 'The provider cannot be reached; Bff tries again.',
  origin_mismatch: 'Bff does not answer this page: its exact origin must be in Bff:Spa:Origins.',
};

export class BffError extends Error {
  /** @param {ConstructorParameters<typeof Bff.BffError>[0]} problem */
  constructor({ code, status = 0, detail, retryAfter }) {
    super(detail ?? HINTS[code] ?? code);
    this.name = 'BffError';
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
    this.hint = HINTS[code] ?? '';
  }
}

const here = location.origin;
let base = here;
let silentPage = '/silent';
let autoRenew = true;

/** @type {typeof Bff.configure} */
export const configure = (options) => {
  base = new URL(options.url ?? base).origin;
  silentPage = options.silentPage ?? silentPage;
  autoRenew = options.autoRenew ?? autoRenew;
};

/** @type {Bff.Session|null} */
let current = null;
let skew = 0; // ms that Bff's clock is ahead of ours

export const session = () => current;
export const now = () => Date.now() + skew;

let silentTry;
let silentTryEnd = -Infinity;

/** @type {typeof Bff.fetch} */
const bffFetch = async (path, init = {}) => {
  const giveUpAt = Date.now() + 30 * SECOND;
  for (;;) {
    const sent = Date.now();
    const response = await ask(path, init);
    if (init.body instanceof ReadableStream) return response;
    if (response.status === 401) {
      if (sent > silentTryEnd + MINUTE && current?.isLoggedIn !== false) { // no frame a call
        const user = current?.sub;
        silentTryEnd = Infinity;
        silentTry = renewSilently(true).then(({ sub }) => sub && sub === (user ?? sub), () => {}).finally(() => { silentTryEnd = Date.now(); });
      }
      if (sent < silentTryEnd && await silentTry) continue;
    } else if (response.status === 503) {
      const wait = SECOND * Math.max(1, secondsUntil(response) ?? Infinity);
      if (Date.now() + wait <= giveUpAt && await mayRepeat(response, init)) {
        await pause(wait, init.signal);
        continue;
      }
    }
    return response;
  }
};
export { bffFetch as fetch };

// Bff's own 503 comes before anything was forwarded.
const mayRepeat = async (response, init) => /^(GET|HEAD|OPTIONS)$/i.test(init.method ?? 'GET')
  || /^(provider|store)_un/.test((await response.clone().json().catch(() => null))?.code);

/** @type {typeof bffFetch} */
const ask = async (path, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set('X-CSRF', '1');
  try {
    return await fetch(onBff(path), { ...init, headers, credentials: 'include' });
  } catch (error) {
    if (init.signal?.aborted && init.signal.reason?.name !== 'TimeoutError') throw error;
    // Away, or not for this origin? A request that needs no permission tells.
    const answers = base !== here && !init.signal?.aborted && await fetch(onBff('/bff/session'), { mode: 'no-cors', credentials: 'omit' }).then(() => true, () => false);
    throw new BffError(answers ? { code: 'origin_mismatch' } : { code: 'unreachable', detail: `No answer from ${base}.` });
  }
};

/** @param {string} path @param {RequestInit} [init] @returns {Promise<Bff.Session>} */
const askSession = async (path, init) => {
  const response = await ask(path, { cache: 'no-store', ...init, signal: AbortSignal.timeout(15 * SECOND) });
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  throw new BffError({ code: nameOf(body?.code), status: response.status, detail: body?.detail ?? body?.title, retryAfter: secondsUntil(response) });
};

const nameOf = (code) => {
  if (code === 'provider_unavailable') return 'idp_unavailable';
  if (code === 'session_ended' || (code === 'session_required' && current?.isLoggedIn)) return 'session_expired';
  return code === 'session_required' ? 'login_required' : code ?? 'unexpected_answer';
};

export const getSession = async () => hear(await askSession('/bff/session'));

/** @type {typeof Bff.renew} */
export const renew = async () => {
  try {
    if (current?.renewal !== 'silent') return hear(await askSession('/bff/renew', { method: 'POST' }));
  } catch (error) {
    if (/** @type {BffError} */ (error).code !== 'renewal_not_possible') throw renewalFailed(error);
  }
  return renewSilently().catch((error) => { throw renewalFailed(error); });
};

/** In one tab at a time: the next finds the token renewed. @param {boolean} [revive] @returns {Promise<Bff.Session>} */
const renewSilently = (revive) => {
  const known = current?.accessTokenExpiresAt;
  const work = async () => {
    const latest = await getSession();
    if (!latest.isLoggedIn && !revive) throw new BffError({ code: 'session_expired', status: 401 });
    return latest.isLoggedIn && known && latest.accessTokenExpiresAt !== known ? latest : silentLogin();
  };
  return navigator.locks ? navigator.locks.request(`bff silent ${base}`, work) : work();
};

const renewalFailed = (error) => {
  if (current?.isLoggedIn) emit('renewError', { error, session: current });
  return error;
};

/** @type {typeof Bff.login} */
export const login = ({ returnTo = pageUrl(), prompt, loginHint } = {}) =>
  location.assign(onBff('/bff/login', { returnUrl: toBff(returnTo), prompt, login_hint: loginHint }));

/** @type {typeof Bff.logout} */
export const logout = async ({ returnTo = pageUrl() } = {}) => {
  const { logoutUrl } = await getSession(); // another tab may have a newer session
  if (logoutUrl) location.assign(onBff(logoutUrl, { returnUrl: toBff(returnTo) }));
  return Boolean(logoutUrl);
};

let silentRun;

/** @type {typeof Bff.silentLogin} */
export const silentLogin = ({ timeout = 10 * SECOND } = {}) => {
  silentRun ??= inFrame(onBff('/bff/silent-login', { returnUrl: toBff(silentPage) }), timeout).then(getSession).finally(() => { silentRun = undefined; });
  return silentRun;
};

const inFrame = (address, timeout) => {
  const frame = document.createElement('iframe');
  frame.referrerPolicy = 'origin';
  frame.hidden = true;
  frame.src = address;
  const done = new AbortController();
  return new Promise((resolve, reject) => {
    addEventListener('message', ({ origin, source: from, data }) => {
      if (from !== frame.contentWindow || data?.type !== 'bff:silent') return;
      if (origin === here && data.result === 'ok') resolve(undefined);
      else reject(new BffError({ code: origin === here ? data.error ?? 'server_error' : 'origin_mismatch' }));
    }, { signal: done.signal });
    pause(timeout, done.signal).then(() => reject(new BffError({ code: 'timeout' })), () => {});
    document.body.append(frame);
  }).finally(() => {
    done.abort();
    frame.remove();
  });
};

/** @type {typeof Bff.loginError} */
export const loginError = () => {
  const code = new URL(location.href).searchParams.get('error');
  if (code === null) return null;
  history.replaceState(history.state, '', pageUrl() + location.hash);
  return new BffError({ code: /^[\w.-]{1,64}$/.test(code) ? code : 'unknown_error' }); // anybody can write one
};

/** @type {any} */
const listeners = {};

/** @type {typeof Bff.on} */
export const on = (event, handler) => {
  (listeners[event] ??= new Set()).add(handler);
  watch();
  return () => { listeners[event].delete(handler); };
};

/** @template {keyof Bff.Events} Name @param {Name} event @param {Bff.Events[Name]} detail */
const emit = (event, detail) => {
  for (const handler of listeners[event] ?? []) {
    try { handler(detail); } catch (error) { reportError(error); }
  }
};

// By Bff's clock; what has been done is at Infinity.
let plan = { token: /** @type {string|undefined} */ (''), expires: Infinity, expiring: Infinity, silent: Infinity };
let lookAt = Infinity;
let failedLooks = 0;

/** @param {Bff.Session} news @param {{reason?: string, skewed?: number}} [how]  skewed: another tab's skew */
const hear = (news, { reason = 'unknown', skewed } = {}) => {
  const before = current;
  current = news;
  skew = skewed ?? Date.parse(news.now) - Date.now();
  failedLooks = 0;
  const token = news.accessTokenExpiresAt;
  if (token !== plan.token) {
    const expires = ms(token);
    const left = Math.max(0, expires - now());
    plan = { token, expires, expiring: expires - Math.min(30 * SECOND, left / 8), silent: expires - Math.min(10 * SECOND, left / 4) };
  }
  const late = now() - Math.min(ms(news.renewsAt), ms(news.sessionExpiresAt));
  lookAt = now() + 2 * SECOND + Math.max(-late, Math.min(MINUTE, late / 2));
  listen();
  if (JSON.stringify({ ...before, now: 0 }) === JSON.stringify({ ...news, now: 0 })) return news;

  if (skewed === undefined) channel?.postMessage({ news, reason, skewed: skew });
  if (before?.isLoggedIn && news.sub === before.sub && token !== before.accessTokenExpiresAt) emit('renewed', { session: news, before });
  if (news.renewalError && !before?.renewalError) renewalFailed(new BffError({ code: news.renewalError }));
  if (before?.isLoggedIn && !news.isLoggedIn) emit('signedOut', { reason, before });
  emit('sessionChanged', { session: news, before });
  tick();
  return news;
};

let checking;

/** @type {typeof Bff.check} */
export const check = (how) => {
  checking ??= askSession('/bff/session').then(
    (news) => {
      connected(news.isLoggedIn && source && source.readyState !== 1 ? 'polling' : 'live');
      return hear(news, how);
    },
    (error) => {
      lookAt = now() + Math.min(MINUTE, SECOND * 2 ** failedLooks++);
      if (source?.readyState === 2) source = undefined;
      connected(navigator.onLine ? 'unreachable' : 'offline', error);
      return null;
    },
  ).finally(() => { checking = undefined; });
  return checking;
};

let connection = '';

const connected = (state, error) => {
  if (connection === state) return;
  connection = state;
  emit('connection', { state, error });
};

let channel;
let source;
let deafAt = 0; // heartbeats come every 15 s
let refusals = 0;
let leads = false;
let leaving = new AbortController();

const watch = () => {
  if (channel) return;
  channel = new BroadcastChannel(`bff ${base}`);
  channel.onmessage = ({ data }) => { data.news.now > (current?.now ?? '') ? hear(data.news, data) : check(data); };
  const wake = () => document.hidden || check();
  document.addEventListener('visibilitychange', wake);
  addEventListener('online', wake);
  addEventListener('offline', () => connected('offline'));
  addEventListener('pagehide', () => leaving.abort());
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    lead();
    check();
  });
  lead();
  queueMicrotask(check); // after the caller's other listeners
  tick();
};

/** One tab has the event stream and tells the rest; when it closes the next one leads. */
const lead = () => {
  const { signal } = leaving = new AbortController();
  const reign = () => new Promise((resolve) => {
    leads = true;
    listen();
    signal.onabort = () => {
      leads = false;
      hangUp();
      resolve(0);
    };
  });
  if (navigator.locks) navigator.locks.request(`bff leader ${base}`, { signal }, reign).catch(() => {});
  else reign();
};

const hangUp = () => {
  source?.close();
  source = undefined;
};

const listen = () => {
  if (!leads || !current?.isLoggedIn) return hangUp();
  if (source) return;
  const stream = source = new EventSource(onBff('/bff/events'), { withCredentials: true });
  deafAt = Date.now() + 40 * SECOND;
  stream.onopen = () => {
    refusals = 0;
    connected('live');
  };
  stream.onerror = () => {
    if (source !== stream) return;
    connected('polling');
    if (stream.readyState < 2) return;
    lookAt = Math.min(lookAt, now() + SECOND); // refused: ask why
    deafAt = Date.now() + Math.min(MINUTE, SECOND * 2 ** ++refusals);
  };
  for (const name of ['session', 'renewed', 'expiring', 'heartbeat']) {
    stream.addEventListener(name, ({ data }) => {
      deafAt = Date.now() + 40 * SECOND;
      hear(JSON.parse(data));
    });
  }
  stream.addEventListener('ended', ({ data }) => {
    hangUp();
    checking = undefined; // it may be older
    check(JSON.parse(data));
  });
};

/** @type {Set<Bff.Timer>} */
const timers = new Set();
let ticking;
let dueAt = 0;

/** @type {typeof Bff.setTimer} */
export const setTimer = (handler, at) => {
  const timer = { at, handler };
  timers.add(timer);
  tick();
  return timer;
};

/** @type {typeof Bff.clearTimer} */
export const clearTimer = (timer) => { if (timer) timers.delete(timer); };

/** In short steps: setTimeout sleeps with the machine and counts in 32 bits. */
const tick = () => {
  clearTimeout(ticking);
  if (channel && dueAt && Math.abs(Date.now() - dueAt) > (document.hidden ? 2 * MINUTE : 3 * SECOND)) check(); // we slept
  for (const timer of [...timers]) {
    if (timer.at <= now() && timers.delete(timer)) timer.handler();
  }
  if (channel) act();
  if (!channel && !timers.size) return;
  const next = Math.min(...[...timers].map(({ at }) => at), plan.expiring, plan.expires, plan.silent, lookAt) - now();
  const delay = Math.max(50, Math.min(next, document.hidden ? 15 * SECOND : SECOND));
  dueAt = Date.now() + delay;
  clearTimeout(ticking);
  ticking = setTimeout(tick, delay);
};

const act = () => {
  const due = (what) => plan[what] <= now() && Boolean(plan[what] = Infinity);
  const [expired, expiring, silent] = [due('expires'), due('expiring'), due('silent')];
  if (current?.isLoggedIn && (expired || expiring)) emit(expired ? 'expired' : 'expiring', { session: current });
  if (silent && current?.renewal === 'silent' && autoRenew) {
    renewSilently().catch((error) => {
      if (/^t|_una|unr/.test(error.code)) plan.silent = now() + MINUTE;
      renewalFailed(error);
    });
  }
  if (source && Date.now() > deafAt) {
    hangUp();
    listen();
  }
  if (lookAt <= now()) {
    lookAt = Infinity;
    check();
  }
};

const pause = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener('abort', () => {
    clearTimeout(timer);
    reject(signal.reason);
  });
});

// RFC 9110, section 10.2.3.
const secondsUntil = ({ headers }) => {
  const text = headers.get('Retry-After') ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / SECOND;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
};

const ms = (time) => (time ? Date.parse(time) : Infinity);

const onBff = (path, query = {}) => {
  const url = new URL(path, base);
  if (url.origin !== base) throw new TypeError(`${path} does not lead to Bff.`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
};

// Its own pages Bff takes as paths.
const toBff = (to) => {
  const url = new URL(to, location.href).href;
  return base === here && url.startsWith(`${here}/`) ? url.slice(here.length) : url;
};

const pageUrl = () => {
  const url = new URL(location.href);
  url.hash = '';
  url.searchParams.delete('error');
  url.searchParams.delete('error_description');
  return url.href;
};

/** @param {Promise<Bff.Session>} work @param {Bff.AuthCallback} cb */
const answer = (work, cb) => {
  work.then(
    ({ accessTokenExpiresAt, sub, name }) => {
      const expiresAt = ms(accessTokenExpiresAt);
      cb(null, { expiresIn: Math.round((expiresAt - now()) / SECOND), expiresAt, idTokenPayload: { sub, name } });
    },
    ({ code, message }) => cb({ error: code, code, errorDescription: message, description: message }, null),
  );
};

/** @type {typeof Bff.renewAuth} */
export const renewAuth = (options, cb) => answer(getSession().then(({ isLoggedIn }) => (isLoggedIn ? renew() : silentLogin())), cb);
export { renewAuth as checkSession };

export const install = ($) => {
  $.bff = { BffError, configure, session, now, fetch: bffFetch, getSession, renew, login, logout, silentLogin, loginError, on, check, setTimer, clearTimer, renewAuth, checkSession: renewAuth };
  $.ajaxPrefilter((options) => {
    options.bff ??= new URL(options.url, here).origin === base;
    options.crossDomain &&= !options.bff;
  });
  $.ajaxTransport('+*', ({ bff, url, type: method, hasContent, data }) => {
    const gone = new AbortController();
    return bff && {
      send: (headers, complete) => bffFetch(url, { method, headers, body: hasContent ? data : undefined, signal: gone.signal }).then(async (response) => ({ response, text: await response.text() })).then(
        ({ response, text }) => complete(response.status, response.statusText, { text }, [...response.headers].map((pair) => pair.join(': ')).join('\r\n')),
        ({ code }) => complete(0, code),
      ),
      abort: () => gone.abort(),
    };
  });
};

const { jQuery } = /** @type {any} */ (globalThis);
if (jQuery) install(jQuery);
