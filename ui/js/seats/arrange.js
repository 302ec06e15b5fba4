/*
 * A hall whose sections all stand behind one another makes a map like a ribbon. Such a hall is shown
 * with its sections side by side, in the same order, the first ones nearest to the stage. Seats keep
 * their rows and neighbours; only the blocks move, and the map says that it is a scheme.
 */
const RIBBON = 1.8;
const SHAPE = 1.5;
const AISLE = 3;

function boxOf(layout, { seats }) {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const seat of seats) {
    box.left = Math.min(box.left, layout.x[seat] - 0.5);
    box.top = Math.min(box.top, layout.y[seat] - 0.5);
    box.right = Math.max(box.right, layout.x[seat] + 0.5);
    box.bottom = Math.max(box.bottom, layout.y[seat] + 0.5);
  }
  return { ...box, wide: box.right - box.left, high: box.bottom - box.top };
}

function shelvesOf(boxes, columns) {
  const shelves = [];
  for (let i = 0; i < boxes.length; i += columns) shelves.push(boxes.slice(i, i + columns));
  const wideOf = (shelf) => shelf.reduce((sum, { wide }) => sum + wide, AISLE * (shelf.length - 1));
  const highOf = (shelf) => Math.max(...shelf.map(({ high }) => high));
  const width = Math.max(...shelves.map(wideOf));
  const height = shelves.reduce((sum, shelf) => sum + highOf(shelf), AISLE * (shelves.length - 1));
  return { shelves, wideOf, highOf, width, height, off: Math.abs(Math.log(width / height / SHAPE)) };
}

export function arrange(layout) {
  if (layout.sections.length < 2 || layout.height < RIBBON * layout.width) return layout;
  const boxes = layout.sections.map((section) => ({ section, ...boxOf(layout, section) }));
  const best = boxes.map((_, i) => shelvesOf(boxes, i + 1)).reduce((a, b) => (b.off < a.off ? b : a));
  let top = 0;
  for (const shelf of best.shelves) {
    let left = (best.width - best.wideOf(shelf)) / 2;
    for (const box of shelf) {
      for (const seat of box.section.seats) {
        layout.x[seat] += left - box.left;
        layout.y[seat] += top - box.top;
      }
      left += box.wide + AISLE;
    }
    top += best.highOf(shelf) + AISLE;
  }
  layout.width = best.width;
  layout.height = best.height;
  layout.schematic = true;
  return layout;
}
