/*
 * How a seat looks on the map. State is told by shape as well as by colour: free seats are filled
 * squares in their grade's colour, held ones are outlines with a stroke, sold ones are dots, and
 * picked ones carry a tick.
 */
import { CLOSED, FREE, HELD, SOLD } from './live.js';

const GRADES = 6;
const LABEL_PX = 24;

export function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  return {
    grades: Array.from({ length: GRADES }, (_, i) => colour(`--grade-${i + 1}`)),
    ground: colour('--card'),
    ink: colour('--ink'),
    quiet: colour('--ink-3'),
    edge: colour('--edge'),
    line: colour('--line'),
    accent: colour('--accent'),
    font: style.fontFamily,
  };
}

/* One seat, its cell cleared first; (x, y) is its middle and `size` the distance to its neighbour. */
export function paintSeat(pen, colours, { x, y, size, state, grade, mine }) {
  const half = size / 2;
  pen.fillStyle = colours.ground;
  pen.fillRect(x - half, y - half, size, size);
  if (mine) return paintMine(pen, colours, x, y, size);
  switch (state) {
    case FREE:
      pen.fillStyle = colours.grades[grade % GRADES];
      pen.fillRect(x - size * 0.39, y - size * 0.39, size * 0.78, size * 0.78);
      break;
    case HELD: {
      const r = size * 0.32;
      pen.strokeStyle = colours.edge;
      pen.lineWidth = Math.max(1, size * 0.1);
      pen.beginPath();
      pen.rect(x - r, y - r, r * 2, r * 2);
      pen.moveTo(x - r, y + r);
      pen.lineTo(x + r, y - r);
      pen.stroke();
      break;
    }
    case SOLD:
      pen.fillStyle = colours.edge;
      pen.fillRect(x - size * 0.13, y - size * 0.13, size * 0.26, size * 0.26);
      break;
    case CLOSED:
      break;
  }
  return undefined;
}

function paintMine(pen, colours, x, y, size) {
  pen.fillStyle = colours.ink;
  pen.fillRect(x - size * 0.47, y - size * 0.47, size * 0.94, size * 0.94);
  pen.strokeStyle = colours.ground;
  pen.lineWidth = Math.max(1, size * 0.13);
  pen.beginPath();
  pen.moveTo(x - size * 0.22, y + size * 0.02);
  pen.lineTo(x - size * 0.05, y + size * 0.19);
  pen.lineTo(x + size * 0.25, y - size * 0.17);
  pen.stroke();
}

export function paintNumber(pen, colours, { x, y, size, state, number, mine }) {
  if (size < LABEL_PX || state !== FREE || mine) return;
  pen.fillStyle = colours.ground;
  pen.fillText(String(number), x, y);
}

export function numbersFont(pen, colours, size) {
  pen.font = `600 ${Math.min(14, size * 0.42)}px ${colours.font}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
}

/* A section's or the stage's name, readable over whatever lies below. */
export function paintName(pen, colours, words, x, y, px) {
  pen.font = `700 ${px}px ${colours.font}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.lineJoin = 'round';
  pen.lineWidth = px * 0.35;
  pen.strokeStyle = colours.ground;
  pen.strokeText(words, x, y);
  pen.fillStyle = colours.ink;
  pen.fillText(words, x, y);
}

export function paintStage(pen, colours, words, x, y, width, height) {
  pen.fillStyle = colours.line;
  pen.beginPath();
  pen.roundRect(x - width / 2, y, width, height, height / 4);
  pen.fill();
  if (height < 9) return;
  pen.font = `700 ${Math.min(15, height * 0.62)}px ${colours.font}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillStyle = colours.ink;
  pen.fillText(words, x, y + height / 2);
}
