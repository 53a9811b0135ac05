// Bff's event stream, in the tab that leads.
import { checkAnew, connected, lookIn, stream as side } from './check.js';
import { hear, session, whenHeard } from './session.js';
import { onBff } from './settings.js';
import { MINUTE, SECOND } from './time.js';
import { addChore } from './timers.js';

/** @type {EventSource | undefined} */
let source;
let deafAt = 0; // heartbeats come every 15 s
let refusals = 0;
let leads = false;

export const watchStream = () => {
  side.isDeaf = () => Boolean(source) && source?.readyState !== 1;
  side.onFailedCheck = () => { if (source?.readyState === 2) source = undefined; };
  whenHeard(listen);
  addChore(() => {
    if (source && Date.now() > deafAt) {
      hangUp();
      listen();
    }
    return Infinity;
  });
};

/** @param {boolean} leading this tab hears the stream, or leaves it to another */
export const lead = (leading) => {
  leads = leading;
  listen();
};

const hangUp = () => {
  source?.close();
  source = undefined;
};

const listen = () => {
  if (!leads || !session()?.isLoggedIn) return hangUp();
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
    lookIn(SECOND); // refused: ask why
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
    checkAnew(JSON.parse(data));
  });
};
