/*
 * What the board said over the last minutes, kept while the page is open: how fast the line really moves, and whether
 * the waits that fans were told have come true.
 */
import { estimateOf } from '../wait/estimate.js';

const KEEP_MS = 60 * 60000;
const FLOW_MS = 3 * 60000;
const FLOW_MS_MIN = 10000;

export function samples() {
  const list = [];

  /* When the line had moved on to where it ended at each sample: pairs of samples, both in order, so one pass will do. */
  function truths() {
    let later = 0;
    return list.map((sample, i) => {
      if (!sample.waiting) return null;
      later = Math.max(later, i);
      while (later < list.length && list[later].serving < sample.last) later += 1;
      return later < list.length ? (list[later].at - sample.at) / 60000 : null;
    });
  }

  return {
    list,
    add(board, at) {
      list.push({ at, ...board });
      while (list.length && list[0].at < at - KEEP_MS) list.shift();
    },
    /* Numbers served per minute over the last minutes; null until that is known. */
    flow() {
      const last = list.at(-1);
      const first = list.find(({ at }) => last && at >= last.at - FLOW_MS);
      if (!last || last.at - first.at < FLOW_MS_MIN) return null;
      return Math.max(0, last.serving - first.serving) / ((last.at - first.at) / 60000);
    },
    /* The wait of whoever was last in line, in minutes: as it was told, and as it turned out. */
    waits() {
      const told = list.map(({ flow, waiting }) => (waiting ? estimateOf(flow, waiting - 1) : null));
      return {
        low: told.map((range) => range && range.low_s / 60),
        high: told.map((range) => range && range.high_s / 60),
        truth: truths(),
      };
    },
  };
}
