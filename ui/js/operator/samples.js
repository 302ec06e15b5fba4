/* What the board said over the last minutes, kept while the page is open: how fast the line really moves. */
const FLOW_MS = 3 * 60000;
const FLOW_MS_MIN = 10000;

export function samples() {
  const list = [];

  return {
    add(board, at) {
      list.push({ at, ...board });
      while (list.length && list[0].at < at - FLOW_MS) list.shift();
    },
    /* Numbers served per minute over the last minutes; null until that is known. */
    flow() {
      const last = list.at(-1);
      const first = list.find(({ at }) => last && at >= last.at - FLOW_MS);
      if (!last || last.at - first.at < FLOW_MS_MIN) return null;
      return Math.max(0, last.serving - first.serving) / ((last.at - first.at) / 60000);
    },
  };
}
