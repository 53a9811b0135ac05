// The application inside its own invisible frame: a server that answers every path with the page does so at the silent page's, too.
import { here } from './settings.js';

export const FRAME = 'bff:silent';

let told = false;

/** Whether this is that frame. The page around it is told, and whoever asks does nothing here. */
export const isSilentFrame = () => {
  const { window } = globalThis;
  if (!window || window.parent === window || window.name !== FRAME) return false;
  if (!told) window.parent.postMessage({ type: FRAME, result: new URLSearchParams(location.search).get('result'), error: 'silent_page_missing' }, here());
  return told = true;
};
