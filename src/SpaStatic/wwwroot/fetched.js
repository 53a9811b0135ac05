// What a browser fetches without script, and so without a header: Bff takes what the browser says by itself.
// This page is on another origin than Bff, so each element asks in a way that sends its origin.
import { bffUrl } from './config.js';

const addressOf = (path) => new URL(bffUrl + path, location.href);

export function wireFetched() {
  for (const link of $('[data-bff]').get()) link.href = addressOf(link.dataset.bff).href;
  $('#show-picture').on('click', showPicture);
  $('#watch-clock').on('click', watchClock);
  $('#ask-echo').on('click', askEcho);
}

/** Empty until there is something to say. */
const sayAt = (place) => {
  const say = (text) => { $(place).text(text); };
  say('');
  return say;
};

function showPicture() {
  const say = sayAt('#picture-says');
  const picture = Object.assign(new Image(), { crossOrigin: 'use-credentials', alt: 'Drawn by the API for whoever is signed in' });
  picture.onload = () => say('The picture is here.');
  picture.onerror = () => say('There is no picture. Sign in first.');
  picture.src = addressOf('/api/media/picture.svg').href;
  $('#picture').empty().append(picture);
}

/** The stream ends with the session; the browser then asks once more by itself, and is refused. */
function watchClock() {
  const say = sayAt('#clock-says');
  const clock = new EventSource(addressOf('/api/media/clock').href, { withCredentials: true });
  clock.onmessage = ({ data }) => say(`The API’s clock says ${data}.`);
  clock.onerror = () => { if (clock.readyState === EventSource.CLOSED) say('The clock has stopped.'); };
}

function askEcho() {
  const say = sayAt('#echo-says');
  const address = addressOf('/api/media/echo');
  address.protocol = address.protocol.replace('http', 'ws');
  const echo = new WebSocket(address.href);
  echo.onopen = () => echo.send('hello');
  echo.onmessage = ({ data }) => { say(`The echo says ${data}.`); };
  echo.onclose = ({ code, reason }) => say(`The echo has gone: ${code} ${reason}`.trim());
}
