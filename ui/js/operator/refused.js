/* What fans were refused, by reason, the most frequent first: whether a sale goes wrong, and in which way. */
import { h, put } from '../dom.js';
import { number, t } from '../i18n.js';
import { table } from './table.js';

const LATELY_S = 10 * 60;
const HEADS = [{ key: 'op.reason' }, { key: 'op.last_minutes', end: true }, { key: 'op.last_hour', end: true }];

export function refusedTable() {
  const place = h('div', {});
  let shown = null;

  function set(stats) {
    const [lately, hour] = [stats.refused(LATELY_S), stats.refused(Infinity)];
    const codes = Object.keys(hour).sort((a, b) => hour[b] - hour[a]);
    const rows = codes.map((code) => [code, number(lately[code] ?? 0), number(hour[code])]);
    if (shown === JSON.stringify(rows)) return;
    shown = JSON.stringify(rows);
    const cells = rows.map(([code, ...counts]) => [
      [t(`op.refused.${code}`), h('span', { class: 'quiet ref' }, code)],
      ...counts,
    ]);
    put(place, rows.length ? table(HEADS, cells) : h('p', { class: 'quiet' }, t('op.none_refused')));
  }

  return { node: h('section', { class: 'card card-s stack stack-s' }, h('h2', {}, t('op.refused')), place), set };
}
