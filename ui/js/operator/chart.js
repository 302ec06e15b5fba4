/* Charts with uPlot, in the page's own colours, redrawn when the theme changes. */
import { h } from '../dom.js';
import { lang, number, t } from '../i18n.js';

const HEIGHT_PX = 190;
const COLOURS = ['--accent', '--grade-4', '--grade-3', '--grade-1', '--grade-5', '--grade-6'];
const ALONE_S = 60;
const DASHES = [[], [6, 4], [2, 3], [10, 4, 2, 4], [], [6, 4]];

/* Seconds are told only where minutes would repeat. */
function tickOf(ticks) {
  const short = ticks.length > 1 && ticks[1] - ticks[0] < 60;
  const format = new Intl.DateTimeFormat(lang, {
    hour: '2-digit',
    minute: '2-digit',
    second: short ? '2-digit' : undefined,
    hourCycle: 'h23',
  });
  return (s) => format.format(s * 1000);
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/* Under the pointer its own moment is told; with no pointer there, the newest. */
function told(plot, value, series, words) {
  const shown = plot.cursor.idx === null || plot.cursor.idx === undefined ? plot.data[series].at(-1) : value;
  return shown === null || shown === undefined ? '–' : words(shown);
}

/* `series` are {label}; `set([seconds], ...values)` draws. Lines differ in dashes as well as colour. */
export function chart(title, series) {
  const box = h('div', { class: 'chart-box' });
  const empty = h('p', { class: 'quiet chart-empty' }, t('op.chart.empty'));
  const node = h('figure', { class: 'card card-s chart' }, h('figcaption', {}, title), empty, box);
  let plot = null;
  let data = [[], ...series.map(() => [])];
  const clock = new Intl.DateTimeFormat(lang, { hour: 'numeric', minute: '2-digit', second: '2-digit' });

  function options() {
    const axis = {
      stroke: colour('--ink-3'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { stroke: colour('--line'), width: 1 },
      font: '12px sans-serif',
    };
    return {
      width: Math.max(200, box.clientWidth),
      height: HEIGHT_PX,
      padding: [8, 28, 0, 0],
      cursor: { y: false },
      legend: { live: true },
      /* One moment alone is no line: it is a point with some time around it. */
      scales: {
        x: { range: (_, low, high) => (data[0].length === 1 ? [low - ALONE_S, low + ALONE_S] : [low, high]) },
        y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(1, (high ?? 1) * 1.1)] },
      },
      axes: [
        { ...axis, space: 80, values: (_, ticks) => ticks.map(tickOf(ticks)) },
        { ...axis, size: 56, values: (_, ticks) => ticks.map((n) => (Number.isInteger(n) ? number(n) : '')) },
      ],
      series: [
        { label: t('op.time'), value: (u, s, at) => told(u, s, at, (time) => clock.format(time * 1000)) },
        ...series.map(({ label }, i) => ({
          label,
          stroke: colour(COLOURS[i]),
          width: 2,
          dash: DASHES[i],
          points: { show: () => data[0].length === 1, size: 7 },
          value: (u, n, at) => told(u, n, at, (value) => number(Math.round(value * 10) / 10)),
        })),
      ],
    };
  }

  function make() {
    plot?.destroy();
    plot = new window.uPlot(options(), data, box);
  }

  document.addEventListener('theme', () => plot && make());
  new ResizeObserver(() => plot?.setSize({ width: Math.max(200, box.clientWidth), height: HEIGHT_PX })).observe(box);
  return {
    node,
    set(...columns) {
      data = columns;
      empty.hidden = columns.slice(1).some((values) => values.some((value) => value !== null));
      box.hidden = !empty.hidden;
      if (!plot) {
        if (box.clientWidth) make();
      } else plot.setData(data);
      const last = columns.slice(1).map((values, i) => `${series[i].label} ${number(Math.round(values.at(-1) ?? 0))}`);
      node.setAttribute('aria-label', `${title}: ${last.join(', ')}`);
    },
  };
}
