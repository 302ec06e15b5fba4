/* Which seats are where: a grid of cells, so that finding a seat does not mean looking at all. */
const CELL = 4;

export function gridOf(layout) {
  const columns = Math.ceil(layout.width / CELL) + 1;
  const cells = new Map();
  for (let seat = 1; seat <= layout.total; seat++) {
    const key = Math.floor(layout.y[seat] / CELL) * columns + Math.floor(layout.x[seat] / CELL);
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(seat);
  }

  function* within(left, top, right, bottom) {
    for (let row = Math.max(0, Math.floor(top / CELL)); row <= Math.floor(bottom / CELL); row++) {
      for (
        let column = Math.max(0, Math.floor(left / CELL));
        column <= Math.min(columns - 1, Math.floor(right / CELL));
        column++
      ) {
        yield* cells.get(row * columns + column) ?? [];
      }
    }
  }

  /* The seat whose middle is nearest, if that is within `reach` units. */
  function at(x, y, reach = 0.6) {
    let best = null;
    for (const seat of within(x - reach, y - reach, x + reach, y + reach)) {
      const far = Math.hypot(layout.x[seat] - x, layout.y[seat] - y);
      if (far <= reach && (!best || far < best.far)) best = { seat, far };
    }
    return best?.seat ?? null;
  }

  return { within, at };
}

/* The nearest seat in a direction: straight on counts for more than near. */
export function step(layout, from, dx, dy) {
  let best = null;
  for (let seat = 1; seat <= layout.total; seat++) {
    const x = layout.x[seat] - layout.x[from];
    const y = layout.y[seat] - layout.y[from];
    const along = x * dx + y * dy;
    if (along < 0.3) continue;
    const cost = along + 3 * Math.abs(x * dy) + 3 * Math.abs(y * dx);
    if (!best || cost < best.cost) best = { seat, cost };
  }
  return best?.seat ?? from;
}
