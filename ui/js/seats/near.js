/*
 * Free seats near those that were lost: as many, of the same grade if there are, and together
 * rather than close.
 */
import { FREE } from './live.js';

const ROW_STEP = 1.5;

function distance(layout, a, b) {
  return Math.hypot(layout.x[a] - layout.x[b], ROW_STEP * (layout.y[a] - layout.y[b]));
}

/* Runs of `count` free neighbours within one row. */
function* runs(layout, state, count) {
  let length = 0;
  for (let seat = 1; seat <= layout.total; seat++) {
    const goes_on =
      length > 0 && layout.row[seat] === layout.row[seat - 1] && layout.section[seat] === layout.section[seat - 1];
    length = state[seat] === FREE ? (goes_on ? length + 1 : 1) : 0;
    if (length >= count) yield seat - count + 1;
  }
}

export function nearTo(layout, state, lost) {
  const count = lost.length;
  if (!count) return [];
  const middle = lost[Math.floor((count - 1) / 2)];
  let best = null;
  for (const first of runs(layout, state, count)) {
    const other_grade = layout.grade[first] === layout.grade[middle] ? 0 : 1000;
    const far = other_grade + distance(layout, first + Math.floor((count - 1) / 2), middle);
    if (!best || far < best.far) best = { first, far };
  }
  if (best) return Array.from({ length: count }, (_, i) => best.first + i);
  return [...Array(layout.total).keys()]
    .map((i) => i + 1)
    .filter((seat) => state[seat] === FREE)
    .sort((a, b) => distance(layout, a, middle) - distance(layout, b, middle))
    .slice(0, count);
}
