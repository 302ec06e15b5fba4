/*
 * The whole hall painted once, off screen. Panning and zooming then only copy a picture, whatever
 * the number of seats; a seat that changes repaints its own cell.
 */
import { paintSeat } from './map-paint.js';

const CELL_PX = 10;
const SIDE_PX_MAX = 4096;

export function bitmapOf(layout) {
  const cell = Math.max(2, Math.min(CELL_PX, Math.floor(SIDE_PX_MAX / Math.max(layout.width, layout.height))));
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(layout.width * cell);
  canvas.height = Math.ceil(layout.height * cell);
  const pen = canvas.getContext('2d', { alpha: false });
  return { canvas, cell, pen };
}

export function paintSeats({ pen, cell }, layout, colours, look, seats) {
  for (const seat of seats) {
    paintSeat(pen, colours, { x: layout.x[seat] * cell, y: layout.y[seat] * cell, size: cell, ...look(seat) });
  }
}

export function paintAll(bitmap, layout, colours, look) {
  bitmap.pen.fillStyle = colours.ground;
  bitmap.pen.fillRect(0, 0, bitmap.canvas.width, bitmap.canvas.height);
  for (let seat = 1; seat <= layout.total; seat++) paintSeats(bitmap, layout, colours, look, [seat]);
}
