// The warning before a session ends, and how a page keeps one alive.
import { check } from './check.js';
import { emit, isMuted } from './events.js';
import { askSession, latest, now, whenHeard } from './session.js';
import { settings } from './settings.js';
import { ms, SECOND } from './time.js';
import { addChore } from './timers.js';

/** @import * as Bff from './index.js' */

let longest = 0;  // ms that this session had left at most, as far as this page has seen: the idle time, once it was used
let toldOf = 0;   // the end that the page was told of, by Bff's clock
let askAt = 0;    // not before, by Bff's clock

/** @type {typeof Bff.keepAlive} */
export const keepAlive = () => askSession({}, '/bff/session?slide=true');

/** @param {Bff.Session} news */
const measure = ({ isLoggedIn, sessionExpiresAt }) => { longest = isLoggedIn ? Math.max(longest, ms(sessionExpiresAt) - now()) : 0; };

/** Tells that the session is about to end; asks Bff first, since another tab may have used it. */
export const watchIdle = () => {
  whenHeard(measure);
  addChore(() => {
    const endsAt = ms(latest?.sessionExpiresAt);
    if (endsAt === toldOf || endsAt <= now()) return Infinity;
    const warnAt = Math.max(askAt, endsAt - Math.min(settings.warnBefore, longest / 4));
    if (warnAt <= now()) {
      askAt = Infinity; // one question at a time
      check().then((/** @type {any} who is signed out has no end */ news) => {
        askAt = now() + 5 * SECOND;
        if (isMuted() || ms(news?.sessionExpiresAt) !== endsAt) return;
        toldOf = endsAt;
        emit('sessionExpiring', { session: news, endsAt, canExtend: endsAt < ms(news.absoluteEndsAt) });
      });
    }
    return warnAt;
  });
};
