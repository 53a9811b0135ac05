// Bff's event stream, in the tab that leads.
import { checkAnew, connected, link, lost } from './check.js';
import { hear, latest, whenHeard } from './session.js';
import { onBff } from './settings.js';
import { backOff, MINUTE, SECOND } from './time.js';
import { addChore } from './timers.js';

export const SILENCE = 40 * SECOND; // as long a silence is a loss: there is something to hear every 15 s

/** @type {EventSource | undefined} */
let source;
let deafAt = 0;
let refusals = 0;
export let leads = false;

export const isStreamOpen = () => source?.readyState === 1;

/** @param {() => void} onBeat whatever comes from the stream, or its loss */
export const watchStream = (onBeat) => {
  link.isOpening = () => source?.readyState === 0;
  link.onFailedCheck = () => { if (source?.readyState === 2) source = undefined; };
  whenHeard(() => listen(onBeat));
  addChore(() => {
    const left = deafAt - Date.now();
    if (source && (left < 0 || left > 2 * MINUTE)) { // or the clock was set back
      hangUp();
      lost(0);
      listen(onBeat);
    }
    return Infinity;
  });
};

/** @param {boolean} leading this tab hears the stream, or leaves it to another @param {() => void} onBeat */
export const lead = (leading, onBeat) => {
  leads = leading;
  listen(onBeat);
};

const hangUp = () => {
  source?.close();
  source = undefined;
};

/** @param {() => void} onBeat */
const listen = (onBeat) => {
  if (!leads || !latest?.isLoggedIn) return hangUp();
  if (source || !globalThis.EventSource) return;
  const stream = source = new EventSource(onBff('/bff/events'), { withCredentials: true });
  deafAt = Date.now() + SILENCE;
  stream.onopen = () => {
    refusals = 0;
    connected('live');
  };
  stream.onerror = () => {
    if (source !== stream) return;
    lost(SECOND);
    if (stream.readyState === 2) deafAt = Date.now() + backOff(++refusals);
  };
  for (const name of ['session', 'renewed', 'expiring', 'heartbeat']) {
    stream.addEventListener(name, ({ data }) => {
      deafAt = Date.now() + SILENCE;
      hear(JSON.parse(data));
      onBeat();
    });
  }
  stream.addEventListener('ended', ({ data }) => {
    hangUp();
    checkAnew(JSON.parse(data));
  });
};
