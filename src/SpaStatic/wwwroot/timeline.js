// The token's life as a picture: a lane for each token, and each newer one begins before the one above it ends.
// The page's security policy allows no markup from strings and no style attributes: everything is made of elements, attributes and classes.
import { timeOfDay } from './times.js';

const SVG = 'http://www.w3.org/2000/svg';
const TOP = 30, LANE = 50, BAR = 16, AXIS = 30, EDGE = 2;
const WIDE = 600;                     // px; below there is room for fewer tokens and shorter words
const LETTER = 6.8;                   // px, about
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400].map((seconds) => seconds * 1_000);

const SHORT = {
  seen: 'page opened', 'sign-in': 'signed in', background: 'in the background', button: 'by the button', silent: 'silently', 'other-tab': 'by another tab',
};

const svg = document.getElementById('timeline');
let drawn, moving;

new ResizeObserver(() => { drawn = undefined; }).observe(svg);

/** Draws anew when something happened; else only time goes on. */
export function showTimeline(life, facts) {
  const width = svg.clientWidth;
  if (width === 0 || life.generations.length === 0) return;
  const picture = layOut(life, facts, width);
  const key = JSON.stringify([picture, life.generations, life.tries.length, life.outages]);
  if (key !== drawn) draw(picture, life, facts);
  drawn = key;
  goOn(picture, facts.now);
}

function layOut({ generations, outages }, { now, expiresAt, renewsAt }, width) {
  const lifetime = Math.max(1_000, Math.min(expiresAt, now + 86_400_000) - generations.at(-1).from);
  const oldest = now - 4 * lifetime;
  const shown = generations.slice(width < WIDE ? -3 : -4).filter(({ until, end }, index, all) => index === all.length - 1 || Math.min(until, end) > oldest);
  const down = outages.some(({ to }) => to === undefined);
  const from = Math.max(shown[0].from, oldest);
  const late = now > Math.min(expiresAt, renewsAt) || down ? now : 0; // then the picture grows with time
  const last = Math.max(Number.isFinite(expiresAt) ? expiresAt : now + lifetime, Math.min(renewsAt, now + lifetime), late);
  const until = last + (last - from) * (width < WIDE ? 0.16 : 0.09);
  return { width, height: TOP + (shown.length + 1) * LANE + AXIS, from, until, first: generations.length - shown.length, renewsAt, late };
}

function draw(picture, life, { now, skew, expired, renewsAt, state }) {
  const { width, height, from, until, first } = picture;
  const wide = width >= WIDE;
  const x = scale(picture);
  const shown = life.generations.slice(first);
  const lane = (index) => TOP + index * LANE + LANE - BAR;
  const clip = (time) => Math.max(from, Math.min(until, time));
  const at = (time) => (wide ? ` · ${timeOfDay(time, skew)}` : '');
  const floor = TOP + (shown.length + 1) * LANE;
  const parts = [defs(), ...axis(picture, floor, skew)];

  for (const outage of life.outages.filter(({ to = now }) => to > from)) {
    const [left, right] = [x(clip(outage.from)), x(clip(outage.to ?? now))];
    parts.push(make('rect', { class: 'down', x: left, y: TOP - 8, width: Math.max(2, right - left), height: floor - TOP + 8, rx: 4 }));
  }

  shown.forEach((token, index) => {
    const y = lane(index);
    const isLast = index === shown.length - 1;
    const [left, right] = [x(clip(token.from)), x(clip(token.until))];
    const handed = isLast ? right : Math.min(right, x(clip(token.end)));
    const bar = make('g', { class: `token ${token.how}${isLast ? ' current' : ''}` },
      make('rect', { class: 'left', x: left, y, width: right - left, height: BAR, rx: 5 }),
      make('rect', { class: 'used', x: left, y, width: Math.max(1, handed - left), height: BAR, rx: 5 }));
    if (index > 0) bar.append(make('path', { class: 'handover', d: `M${left} ${lane(index - 1) + BAR / 2}V${y + BAR / 2}` }));
    if (index > 0) bar.append(make('circle', { class: 'renewal', cx: left, cy: y + BAR / 2, r: 6.5 }));
    parts.push(bar);

    const words = (wide ? SHORT[token.how] : SHORT[token.how].replace(/^(in the|by the|by) /, '')) + at(token.from);
    parts.push(label(words, left + (index > 0 ? 12 : 2), y - 8, width));
    if (isLast && Number.isFinite(token.until)) {
      const end = `${expired ? 'expired' : 'expires'}${at(token.until)}`;
      parts.push(make('path', { class: 'expiry', d: `M${right} ${y - 5}V${y + BAR + 5}` }));
      if (right - left > (words.length + end.length) * LETTER + 30 || expired) parts.push(label(end, right, y - 8, width, 'end'));
      if (expired) parts.push(make('path', { class: 'without', d: `M${right + 4} ${y + BAR / 2}H${x(clip(now))}` }));
    }
  });

  if (Number.isFinite(renewsAt) && renewsAt > now) parts.push(plan(picture, x(clip(renewsAt)), lane(shown.length - 1), lane(shown.length), state, at(renewsAt)));
  for (const { at: moment } of life.tries.filter((each) => each.at > from)) {
    const index = Math.max(0, shown.findLastIndex((token) => token.from <= moment));
    parts.push(make('path', { class: 'failure', d: cross(x(moment), lane(index) + BAR / 2) }));
  }

  moving = {
    now: make('g', { class: 'now' },
      make('path', { d: `M0 ${TOP - 8}V${floor}` }),
      make('rect', { x: -18, y: 2, width: 36, height: 19, rx: 9.5 }),
      make('text', { x: 0, y: 15.5, 'text-anchor': 'middle' }, 'now')),
    used: parts.findLast((part) => part.matches?.('.current'))?.querySelector('.used'),
  };
  moving.now.style.transform = `translateX(${x(now)}px)`;
  setAttributes(svg, { viewBox: `0 0 ${width} ${height}`, height, 'aria-label': inWords(life) });
  svg.replaceChildren(...parts, moving.now);
}

/** The line of now, and the used part of the current token. A style sheet makes a slow walk of each step, so it aims at the next. */
function goOn(picture, now) {
  const x = scale(picture);
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const there = x(Math.min(picture.until, now + (still ? 0 : 1_000)));
  moving.now.style.transform = `translateX(${there}px)`;
  const start = Number(moving.used.getAttribute('x'));
  const whole = Number(moving.used.getAttribute('width'));
  moving.used.style.transform = `scaleX(${Math.max(0, Math.min(1, (there - start) / whole))})`;
}

/** Where the next renewal is planned, and the token that will come of it. */
function plan({ width }, x, y, below, state, at) {
  const words = `${state === 'provider-down' ? 'next try' : 'next renewal'}${at}`;
  const centre = y + BAR / 2;
  return make('g', { class: 'plan' },
    make('path', { class: 'handover', d: `M${x} ${centre}V${below + BAR / 2}` }),
    make('rect', { x, y: below, width: width - x + 20, height: BAR, rx: 5 }),
    make('path', { class: 'diamond', d: `M${x} ${centre - 8}L${x + 8} ${centre}L${x} ${centre + 8}L${x - 8} ${centre}Z` }),
    label(words, x + 12, below - 8, width));
}

function axis({ width, from, until }, floor, skew) {
  const x = scale({ width, from, until });
  const room = Math.max(70, timeOfDay(from, skew).length * LETTER + 30);
  const step = STEPS.find((each) => (until - from) / each <= width / room) ?? (until - from) / 3;
  const parts = [make('path', { class: 'axis', d: `M0 ${floor + .5}H${width}` })];
  for (let time = Math.ceil((from - skew) / step) * step + skew; time < until; time += step) {
    parts.push(make('path', { class: 'tick', d: `M${x(time)} ${TOP - 8}V${floor + 5}` }));
    const half = timeOfDay(time, skew).length * LETTER / 2;
    if (x(time) > half && x(time) < width - half) parts.push(make('text', { class: 'time', x: x(time), y: floor + 20, 'text-anchor': 'middle' }, timeOfDay(time, skew)));
  }
  return parts;
}

/** Hatching for what was left of a token when a newer one took over. */
function defs() {
  return make('defs', {},
    make('pattern', { id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
      make('path', { d: 'M0 0V6' })));
}

/** Words that begin, or end, at `x`, turned round when they would leave the picture. */
function label(words, x, y, width, anchor = 'start') {
  const turned = anchor === 'start' && x + words.length * LETTER > width;
  return make('text', { x: turned ? x - 24 : x, y, 'text-anchor': turned ? 'end' : anchor }, words);
}

const scale = ({ width, from, until }) => (time) => Math.round(10 * (EDGE + (time - from) / (until - from) * (width - 2 * EDGE))) / 10;

const cross = (x, y) => `M${x - 5} ${y - 5}L${x + 5} ${y + 5}M${x + 5} ${y - 5}L${x - 5} ${y + 5}`;

function inWords({ generations, tries }) {
  const renewals = generations.slice(1);
  const inTime = renewals.filter(({ from }, index) => from < generations[index].until).length;
  return `Timeline of the token: ${renewals.length} renewals, ${inTime} of them before expiry, ${tries.length} failed tries. The list of renewals says the same in words.`;
}

function make(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
