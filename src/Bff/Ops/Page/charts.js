// The two pictures, drawn by uPlot, which is there before any module runs, or not at all: a program built without Node.js does not have it.
/* global uPlot */
import { count, number, timeOfDay } from './words.js';

const HEIGHT = 220;
const dark = matchMedia('(prefers-color-scheme: dark)');
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const seconds = (at) => Date.parse(at) / 1000;

export const canDraw = 'uPlot' in globalThis;

/** A chart that fits its box, wears the page's colours, and is drawn anew when those change. */
class Chart {
  constructor(box, reading, describe) {
    Object.assign(this, { box, reading, describe, data: null, plot: null, frame: {} });
    new ResizeObserver(() => { if (this.plot?.width !== this.size().width) this.rebuild(); }).observe(box);
    dark.addEventListener('change', () => this.rebuild());
  }

  size = () => ({ width: Math.max(200, this.box.clientWidth), height: HEIGHT });

  /** Of the drawing without its left axis and margin, more or less. */
  width = () => this.size().width - 56;

  draw(data, frame) {
    Object.assign(this, { data, frame });
    if (this.plot) this.plot.setData(data);
    else this.rebuild();
  }

  rebuild() {
    if (!this.data || !canDraw) return;
    this.plot?.destroy();
    const axis = { stroke: colour('quiet'), font: '12px system-ui, sans-serif', ticks: { show: false }, gap: 6 };
    this.plot = new uPlot({
      ...this.size(),
      legend: { show: false },
      padding: [12, 12, 0, 0],
      cursor: { y: false, points: { show: false }, drag: { setScale: false, x: false, y: false } },
      select: { show: false },
      axes: [
        { ...axis, grid: { show: false }, space: 80, size: 26, values: (_, ticks) => ticks.map((at) => timeOfDay(at * 1000).slice(0, 5)) },
        { ...axis, grid: { stroke: colour('line'), width: 1 }, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6], values: (_, ticks) => ticks.map(number) },
      ],
      hooks: {
        drawClear: [(plot) => this.behind?.(plot)],
        draw: [(plot) => this.over?.(plot)],
        setCursor: [({ cursor: { idx } }) => { this.reading.textContent = idx == null ? '' : this.describe(this.data, idx); }],
      },
      ...this.shape(),
    }, this.data, this.box);
  }
}

/** @param width in pixels: left to itself, uPlot takes it from the closest two points, and no two are as close as the last of the past and the first to come. */
const bars = (fill, width, align) => ({ fill, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [1, width, width], align }) });
const upTo = (least) => (_, __, max) => [0, Math.max(least, Math.ceil((max ?? 0) * 1.15))];

/** What was renewed on time, late, or not, in steps up to now; and what is due after it. */
export class RenewalChart extends Chart {
  constructor(box, reading) {
    super(box, reading, ([x, , , , due], at) => {
      const { renewed, late, failed } = this.history[at] ?? {};
      return `${timeOfDay(x[at] * 1000)}: ${due[at] != null ? `${number(due[at])} due` : `${number(renewed - late)} done, ${number(late)} late, ${number(failed)} failed`}`;
    });
  }

  show({ now, history, upcoming = [], stepSeconds }) {
    this.history = history;
    const past = history.map(({ at }) => seconds(at));
    const ahead = upcoming.map((_, step) => seconds(now) + step * stepSeconds);
    const blank = (list) => list.map(() => null);
    // Drawn one over the other, the tallest first, they look stacked.
    this.draw([
      [...past, ...ahead],
      [...history.map(({ renewed, failed }) => (failed ? renewed + failed : null)), ...blank(ahead)],
      [...history.map(({ renewed, late }) => (late ? renewed : null)), ...blank(ahead)],
      [...history.map(({ renewed, late }) => renewed - late), ...blank(ahead)],
      [...blank(past), ...upcoming],
    ], { now: seconds(now), ahead: upcoming.length * stepSeconds, open: history.filter(({ breaker }) => breaker !== 'closed').map(({ at }) => seconds(at)), step: stepSeconds });
  }

  shape = (step = this.width() * 10 / 1200) => ({
    scales: { x: { time: true, range: () => [this.frame.now - 900, this.frame.now + 300] }, y: { range: upTo(4) } },
    series: [{}, ...['bad-fill', 'amber', 'good-fill', 'due'].map((name) => bars(colour(name), step * 0.8, 1))],
  });

  behind({ ctx, bbox, valToPos }) {
    ctx.save();
    ctx.fillStyle = colour('bad-soft');
    for (const at of this.frame.open) {
      const from = Math.max(bbox.left, valToPos(at, 'x', true));
      ctx.fillRect(from, bbox.top, Math.max(0, valToPos(at + this.frame.step, 'x', true) - from), bbox.height);
    }
    ctx.restore();
  }

  over({ ctx, bbox, valToPos }) {
    const x = Math.round(valToPos(this.frame.now, 'x', true));
    const scale = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour('text');
    ctx.lineWidth = scale;
    ctx.beginPath();
    ctx.moveTo(x + 0.5, bbox.top);
    ctx.lineTo(x + 0.5, bbox.top + bbox.height);
    ctx.stroke();
    ctx.font = `600 ${12 * scale}px system-ui, sans-serif`;
    ctx.textAlign = 'right';
    ctx.textBaseline = 'top';
    ctx.fillText('now', x - 5 * scale, bbox.top);
    ctx.restore();
  }
}

/** How many are signed in, and who came and went below it. */
export class FlowChart extends Chart {
  constructor(box, reading) {
    super(box, reading, ([x, active, started, ended], at) =>
      `${timeOfDay(x[at] * 1000)}: ${active[at] == null ? '' : `${number(active[at])} active, `}${number(started[at])} started, ${number(ended[at])} ended`);
  }

  show({ now, history, active }) {
    const last = history.length - 1;
    this.draw([
      history.map(({ at }) => seconds(at)),
      history.map((moment, i) => (i === last ? active : moment.active) ?? null),
      history.map(({ started }) => started),
      history.map(({ ended }) => ended),
    ], { now: seconds(now) });
  }

  shape = (step = this.width() * 10 / 905) => ({
    scales: {
      x: { time: true, range: () => [this.frame.now - 900, this.frame.now + 5] },
      y: { range: upTo(4) },
      flow: { range: (_, __, max) => [0, Math.max(4, max ?? 0) * 3] },
    },
    series: [
      {},
      { stroke: colour('accent'), width: 2, fill: colour('soft'), points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }), spanGaps: false },
      { ...bars(colour('good-fill'), step * 0.4, 1), scale: 'flow' },
      { ...bars(colour('amber'), step * 0.4, -1), scale: 'flow' },
    ],
  });
}

/** The same in words, for who cannot see it. */
export function renewalWords({ history, upcoming = [], lateAfterSeconds }) {
  const sum = (what) => history.reduce((total, moment) => total + moment[what], 0);
  const ahead = upcoming.reduce((total, step) => total + step, 0);
  return `In the last quarter of an hour ${number(sum('renewed'))} done, ${number(sum('late'))} of them late (more than ${lateAfterSeconds} s after they were due), and ${count(sum('failed'), 'try', 'tries')} failed. `
    + `${count(ahead, 'renewal')} due in the next five minutes.`;
}

export function flowWords({ history, active }) {
  const sum = (what) => history.reduce((total, moment) => total + moment[what], 0);
  return `${active === undefined ? '' : `${number(active)} active. `}In the last quarter of an hour ${number(sum('started'))} started and ${number(sum('ended'))} ended.`;
}
