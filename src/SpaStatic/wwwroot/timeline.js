// The token's life as a picture: a lane for each token, and each newer one begins before the one above it ends.
// The page's security policy allows no markup from strings and no style attributes: everything is made of elements, attributes and classes.
import { timeOfDay } from './times.js';

const SVG = 'http://www.w3.org/2000/svg';
const TOP = 30, LANE = 48, BAR = 16, GAP = 14, AXIS = 28, EDGE = 2, PILL = 36;
const WIDE = 600;                     // px; below there is room for fewer tokens and shorter words
const LETTER = 6.8;                   // px, about
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400].map((seconds) => seconds * 1_000);

const SHORT = {
  seen: 'page opened', 'sign-in': 'signed in', background: 'in the background', button: 'by the button', silent: 'silently', 'other-tab': 'by another tab',
};

/** Everything is drawn in units of a sixteenth of the text's size, so that larger text makes a larger picture. */
const unit = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

const svg = document.getElementById('timeline');
let drawn, moving, latest;

new ResizeObserver(() => {
  drawn = undefined;
  if (latest) showTimeline(...latest);
}).observe(svg);

/** Draws anew when something happened; else only time goes on. */
export function showTimeline(life, facts) {
  latest = [life, facts];
  const width = svg.clientWidth / unit();
  if (width === 0 || life.generations.length === 0) return;
  const picture = layOut(life, facts, width);
  const key = JSON.stringify([picture, life.generations, life.tries.length, life.outages, Math.round(facts.skew / 1_000)]);
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
  const last = Math.max(late, ...[expiresAt, renewsAt].filter(Number.isFinite).map((time) => Math.min(time, now + 2 * lifetime)), from + 1_000);
  const until = last + (last - from) * (width < WIDE ? 0.16 : 0.09);
  return { width, floor: TOP + (shown.length + 1) * LANE + GAP, from, until, first: generations.length - shown.length, renewsAt, late };
}

function draw(picture, life, { now, skew, expired, renewsAt, state }) {
  const { width, floor, from, until, first } = picture;
  const x = scale(picture);
  const clip = (time) => x(Math.max(from, Math.min(until, time)));
  const wide = width >= WIDE;
  const at = (time) => (wide ? ` · ${timeOfDay(time, skew)}` : '');
  const shown = life.generations.slice(first);
  const planned = Number.isFinite(renewsAt) && renewsAt > now;

  const outages = life.outages.filter(({ to = now }) => to > from).map((outage) => [clip(outage.from), clip(outage.to ?? now)]);
  const tries = life.tries.filter((each) => each.at > from).map((each) => [clip(each.at), lane(Math.max(0, shown.findLastIndex((token) => token.from <= each.at)))]);
  const line = make('path', { class: 'now line', d: `M0 ${TOP - 8}V${floor}` });
  const pill = make('g', { class: 'now pill' },
    make('rect', { x: -PILL / 2, y: 2, width: PILL, height: 19, rx: 9.5 }),
    make('text', { x: 0, y: 15.5, 'text-anchor': 'middle' }, 'now'));
  place(line, pill, x(now), width);

  const parts = [
    hatching(),
    ...outages.map(([left, right]) => make('rect', { class: 'down', x: left, y: TOP - 8, width: Math.max(2, right - left), height: floor - TOP + 8, rx: 4 })),
    ...axis(picture, skew),
    ...shown.map((token, index) => bar(token, index, clip)),
    ...shown.map(({ until: expiry, end = now }, index) => (expiry < end ? make('path', { class: 'without', d: `M${clip(expiry) + 5} ${lane(index)}H${clip(end)}` }) : '')),
    planned ? plan(clip(renewsAt), shown.length, width) : '',
    ...tries.flatMap(([left, y]) => ['halo', 'failure'].map((name) => make('path', { class: name, d: cross(left, y) }))),
    line,
    pill,
    ...shown.flatMap((token, index) => words(token, index, shown.length, { clip, at, wide, width, expired })),
    planned ? label(`${state === 'provider-down' ? 'next try' : 'next renewal'}${at(renewsAt)}`, clip(renewsAt) + 12, above(shown.length), width) : '',
  ];
  setAttributes(svg, { viewBox: `0 0 ${width} ${floor + AXIS}`, height: (floor + AXIS) * unit(), 'aria-label': inWords(life) });
  svg.replaceChildren(...parts.filter((part) => part !== ''));
  moving = { line, pill, used: svg.querySelector('.current .used') };
}

/** The middle of a lane's bar, and the foot of the words above it. */
const lane = (index) => TOP + (index + 1) * LANE - BAR / 2;
const above = (index) => lane(index) - BAR / 2 - 8;

/** One token: what was used of it, what is or was left, and how it took over from the one above. */
function bar({ from, until, end, how }, index, x) {
  const current = end === undefined;
  const [left, right, y] = [x(from), x(until), lane(index)];
  const handed = current ? right : Math.min(right, x(end));
  const rest = current ? left : Math.max(left, handed - 5);
  const parts = [
    make('rect', { class: 'left', x: rest, y: y - BAR / 2, width: Math.max(0, right - rest), height: BAR, rx: 5 }),
    make('rect', { class: 'used', x: left, y: y - BAR / 2, width: Math.max(1, handed - left), height: BAR, rx: 5 }),
  ];
  if (current) parts.push(make('path', { class: 'expiry', d: `M${right} ${y - BAR / 2 - 5}V${y + BAR / 2 + 5}` }));
  if (index > 0) parts.push(make('path', { class: 'handover', d: `M${left} ${lane(index - 1)}V${y}` }), make('circle', { class: 'renewal', cx: left, cy: y, r: 6.5 }));
  return make('g', { class: `token ${how}${current ? ' current' : ''}` }, ...parts);
}

/** How a token came, and of the current one when it ends; what finds no room is left out. */
function words({ from, until, end, how }, index, count, { clip, at, wide, width, expired }) {
  const [left, right, y] = [clip(from) + (index > 0 ? 12 : 2), clip(until), above(index)];
  const came = wide ? SHORT[how] : SHORT[how].replace(/^(in the|by the|by) /, '');
  if (end !== undefined || !Number.isFinite(until)) return [label(came + at(from), left, y, width)];
  const ends = expired ? 'expired' : 'expires';
  const room = (right - left) / LETTER - 3; // letters
  const fits = [[came + at(from), ends + at(until)], [came, ends + at(until)], [came, ends]].find((pair) => pair.join('').length <= room) ?? [came];
  return [label(fits[0], left, y, width), fits[1] ? label(fits[1], right, y, width, 'end') : ''];
}

/**
 * The line of now, and the used part of the current token. The style sheet makes a slow walk of each step, so it aims at the next;
 * a picture that grows is new each time.
 */
function goOn(picture, now) {
  const x = scale(picture);
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const there = Math.min(picture.width - 20, x(now + (still || picture.late ? 0 : 1_000)));
  place(moving.line, moving.pill, there, picture.width);
  const start = Number(moving.used.getAttribute('x'));
  const whole = Number(moving.used.getAttribute('width'));
  moving.used.style.transform = `scaleX(${Math.max(0, Math.min(1, (there - start) / whole))})`;
}

function place(line, pill, x, width) {
  line.style.transform = `translateX(${x}px)`;
  pill.style.transform = `translateX(${Math.max(PILL / 2, Math.min(width - PILL / 2, x))}px)`; // its words stay within the picture
}

/** Where the next renewal is planned, and the token that will come of it. */
function plan(x, index, width) {
  const [y, below] = [lane(index - 1), lane(index)];
  return make('g', { class: 'plan' },
    make('path', { class: 'handover', d: `M${x} ${y}V${below}` }),
    make('rect', { x, y: below - BAR / 2, width: width - x + 20, height: BAR, rx: 5 }),
    make('path', { class: 'diamond', d: `M${x} ${y - 8}L${x + 8} ${y}L${x} ${y + 8}L${x - 8} ${y}Z` }));
}

function axis({ width, floor, from, until }, skew) {
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
function hatching() {
  return make('defs', {},
    make('pattern', { id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
      make('path', { d: 'M0 0V6' })));
}

/** Words that begin, or end, at `x`, turned round when they would leave the picture, or moved when they would leave it at both sides. */
function label(words, x, y, width, anchor = 'start') {
  const room = words.length * LETTER;
  if (anchor === 'end' || x + room <= width) return make('text', { x, y, 'text-anchor': anchor }, words);
  const turned = x - 24 >= room;
  return make('text', { x: turned ? x - 24 : Math.max(0, width - room), y, 'text-anchor': turned ? 'end' : 'start' }, words);
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
