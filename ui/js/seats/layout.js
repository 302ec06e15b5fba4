/*
 * Where every seat is. The server's layout becomes flat arrays indexed by seat number, because a
 * stadium has fifty thousand of them. A layout never changes for its version, so browsers keep it.
 */
import { get } from '../api.js';
import { t } from '../i18n.js';
import { arrange } from './arrange.js';

export async function loadLayout(concert) {
  const { version, sections } = await get(`/concerts/${concert.concert_id}/layout`, { timeout_ms: 20000 });
  return layoutOf(version, sections, concert.grades);
}

export function layoutOf(version, sections, grades) {
  const total = sections.reduce((sum, { seats }) => sum + seats.length, 0);
  const layout = {
    version,
    total,
    grades,
    sections: [],
    x: new Float32Array(total + 1),
    y: new Float32Array(total + 1),
    section: new Uint16Array(total + 1),
    row: new Uint16Array(total + 1),
    number: new Uint16Array(total + 1),
    grade: new Uint8Array(total + 1),
  };
  for (const section of sections) addSection(layout, section);
  return arrange(toUnits(layout));
}

function addSection(layout, { section, grade, seats }) {
  const index = layout.sections.length;
  const rows = new Map();
  for (const one of seats) {
    const { seat } = one;
    layout.x[seat] = one.x;
    layout.y[seat] = one.y;
    layout.section[seat] = index;
    layout.row[seat] = one.row;
    layout.number[seat] = one.number;
    layout.grade[seat] = layout.grades.findIndex((g) => g.grade === (one.grade ?? grade));
    if (!rows.has(one.row)) rows.set(one.row, []);
    rows.get(one.row).push(seat);
  }
  const first = seats[0]?.seat ?? 0;
  layout.sections.push({ section, grade: layout.grade[first], rows, seats: seats.map(({ seat }) => seat) });
}

/* Scale so that neighbours in a row are one unit apart, and put the first corner at 0, 0. */
function toUnits(layout) {
  const { x, y, total } = layout;
  let pitch = Infinity;
  let left = Infinity;
  let top = Infinity;
  for (let seat = 1; seat <= total; seat++) {
    left = Math.min(left, x[seat]);
    top = Math.min(top, y[seat]);
    if (seat > 1 && layout.row[seat] === layout.row[seat - 1] && layout.section[seat] === layout.section[seat - 1]) {
      const apart = Math.hypot(x[seat] - x[seat - 1], y[seat] - y[seat - 1]);
      if (apart > 0) pitch = Math.min(pitch, apart);
    }
  }
  if (!Number.isFinite(pitch)) pitch = 1;
  layout.width = 0;
  layout.height = 0;
  for (let seat = 1; seat <= total; seat++) {
    x[seat] = (x[seat] - left) / pitch + 0.5;
    y[seat] = (y[seat] - top) / pitch + 0.5;
    layout.width = Math.max(layout.width, x[seat] + 0.5);
    layout.height = Math.max(layout.height, y[seat] + 0.5);
  }
  return layout;
}

export function seatName(layout, seat) {
  return t('seat.name', {
    section: layout.sections[layout.section[seat]].section,
    row: String(layout.row[seat]),
    number: String(layout.number[seat]),
  });
}

export const gradeOf = (layout, seat) => layout.grades[layout.grade[seat]];
export const priceOf = (layout, seat) => gradeOf(layout, seat).price;
