/*
 * The hall as a map. An extra for those who like to look: everything it does can be done with the
 * list. Far away it is a picture, close up each visible seat is drawn with its number.
 */
import { h, text } from '../dom.js';
import { points, t } from '../i18n.js';
import { FREE } from './live.js';
import { gradeOf, seatName } from './layout.js';
import { bitmapOf, paintAll, paintSeats } from './map-bitmap.js';
import { camera } from './map-camera.js';
import { gridOf, step } from './map-grid.js';
import { listen, ZOOM_STEP } from './map-input.js';
import { numbersFont, paintName, paintNumber, paintSeat, paintStage, palette } from './map-paint.js';

const CLOSE_PX = 16;
const TAP_ZOOM_PX = 28;
const STAGE_PX_MIN = 18;
const STATE_WORD = ['seat.free', 'seat.held', 'seat.sold', 'seat.closed'];

export function seatMap(layout, live, chosen, toggle) {
  const canvas = h('canvas', {
    class: 'map',
    tabindex: 0,
    role: 'application',
    'aria-label': t('map.label'),
    'aria-describedby': 'map-help',
  });
  const said = h('p', { class: 'map-said num', 'aria-live': 'polite' }, t('map.hint'));
  const pen = canvas.getContext('2d', { alpha: false });
  const grid = gridOf(layout);
  const view = camera(layout);
  const bitmap = bitmapOf(layout);
  const middles = layout.sections.map(middleOf);
  let colours = palette();
  let at = 0;
  let frame = 0;
  let density = 1;

  const look = (seat) => ({ state: live.state[seat], grade: layout.grade[seat], mine: chosen.has(seat) });

  function middleOf({ section, seats }) {
    const xs = seats.map((seat) => layout.x[seat]);
    const ys = seats.map((seat) => layout.y[seat]);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    return { section, x: (left + right) / 2, y: (top + bottom) / 2, wide: right - left + 1, high: bottom - top + 1 };
  }

  function draw() {
    frame = 0;
    pen.setTransform(density, 0, 0, density, 0, 0);
    pen.fillStyle = colours.ground;
    pen.fillRect(0, 0, view.width, view.height);
    if (view.scale >= CLOSE_PX) drawClose();
    else drawFar();
    const stage_wide = Math.min(layout.width * 0.5, 60);
    paintStage(
      pen,
      colours,
      t('map.stage'),
      view.toX(layout.width / 2),
      Math.min(view.toY(-view.stage_units * 0.75), view.toY(-0.5) - STAGE_PX_MIN),
      stage_wide * view.scale,
      Math.max(STAGE_PX_MIN, Math.min(36, view.scale * 2.2)),
    );
    drawMark();
  }

  function drawFar() {
    pen.imageSmoothingEnabled = true;
    pen.drawImage(bitmap.canvas, view.toX(0), view.toY(0), layout.width * view.scale, layout.height * view.scale);
    for (const { section, x, y, wide, high } of middles) {
      const px = Math.min(18, wide * view.scale * 0.4, high * view.scale * 0.5);
      if (px >= 9 && middles.length > 1) paintName(pen, colours, section, view.toX(x), view.toY(y), px);
    }
  }

  function drawClose() {
    const seats = [...grid.within(view.x - 1, view.y - 1, view.fromX(view.width) + 1, view.fromY(view.height) + 1)];
    numbersFont(pen, colours, view.scale);
    for (const seat of seats) {
      const one = {
        x: view.toX(layout.x[seat]),
        y: view.toY(layout.y[seat]),
        size: view.scale,
        number: layout.number[seat],
        ...look(seat),
      };
      paintSeat(pen, colours, one);
      paintNumber(pen, colours, one);
    }
  }

  function drawMark() {
    if (!at || document.activeElement !== canvas) return;
    const r = Math.max(6, view.scale * 0.6);
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 3;
    pen.strokeRect(view.toX(layout.x[at]) - r, view.toY(layout.y[at]) - r, r * 2, r * 2);
  }

  function refresh() {
    frame ||= requestAnimationFrame(draw);
  }

  function say(seat) {
    const state = chosen.has(seat) ? 'seat.mine' : STATE_WORD[live.state[seat]];
    const { grade, price } = gradeOf(layout, seat);
    text(said, t('map.said', { seat: seatName(layout, seat), grade, price: points(price), state: t(state) }));
  }

  function goTo(seat) {
    at = seat;
    view.reveal(layout.x[seat], layout.y[seat], Math.max(view.scale, Math.min(TAP_ZOOM_PX, CLOSE_PX * 1.4)));
    say(seat);
    refresh();
  }

  function firstSeat() {
    const middle = layout.width / 2;
    let best = 1;
    for (let seat = 1; seat <= layout.total; seat++) {
      const cost = (live.state[seat] === FREE ? 0 : 1e6) + Math.abs(layout.x[seat] - middle) + layout.y[seat];
      const best_cost = (live.state[best] === FREE ? 0 : 1e6) + Math.abs(layout.x[best] - middle) + layout.y[best];
      if (cost < best_cost) best = seat;
    }
    return best;
  }

  function press(seat) {
    if (live.state[seat] !== FREE && !chosen.has(seat)) {
      say(seat);
      return;
    }
    toggle(seat);
    say(seat);
  }

  const zoom = (by, x, y) => {
    view.zoom(by, x, y);
    refresh();
  };
  const fit = () => {
    view.fit();
    refresh();
  };

  listen(canvas, {
    zoom,
    fit,
    pan(dx, dy) {
      view.pan(dx, dy);
      refresh();
    },
    tap(px, py) {
      const seat = grid.at(view.fromX(px), view.fromY(py), Math.max(0.6, 14 / view.scale));
      if (view.scale < CLOSE_PX * 0.8) {
        zoom(TAP_ZOOM_PX / view.scale, px, py);
        return;
      }
      if (seat) {
        at = seat;
        press(seat);
        refresh();
      }
    },
    hover(px, py) {
      const seat = grid.at(view.fromX(px), view.fromY(py));
      canvas.classList.toggle('map-hit', Boolean(seat) && view.scale >= CLOSE_PX * 0.8);
      if (seat && view.scale >= CLOSE_PX * 0.8) say(seat);
    },
    move(dx, dy) {
      goTo(at ? step(layout, at, dx, dy) : (chosen.list[0] ?? firstSeat()));
    },
    press() {
      if (at) press(at);
      else goTo(firstSeat());
    },
  });

  canvas.addEventListener('focus', refresh);
  canvas.addEventListener('blur', refresh);
  document.addEventListener('theme', () => {
    colours = palette();
    paintAll(bitmap, layout, colours, look);
    refresh();
  });
  new ResizeObserver(([{ contentRect }]) => {
    if (!contentRect.width) return;
    density = devicePixelRatio || 1;
    canvas.width = Math.round(contentRect.width * density);
    canvas.height = Math.round(contentRect.height * density);
    view.resize(contentRect.width, contentRect.height);
    draw();
  }).observe(canvas);
  paintAll(bitmap, layout, colours, look);

  const tool = (key, words, run) =>
    h('button', { class: 'map-tool', type: 'button', 'aria-label': t(key), title: t(key), onclick: run }, words);
  return {
    node: h(
      'div',
      { class: 'map-box' },
      h(
        'div',
        { class: 'map-frame' },
        canvas,
        h(
          'div',
          { class: 'map-tools' },
          tool('map.closer', '+', () => zoom(ZOOM_STEP)),
          tool('map.farther', '−', () => zoom(1 / ZOOM_STEP)),
          tool('map.all', '⤢', fit),
        ),
      ),
      said,
      layout.schematic && h('p', { class: 'quiet' }, t('map.schematic')),
      h('p', { class: 'sr', id: 'map-help' }, t('map.help')),
    ),
    update(changed) {
      paintSeats(bitmap, layout, colours, look, changed);
      refresh();
    },
    showSeat: goTo,
  };
}

/* What the shapes and colours mean. */
export function legend(layout) {
  const item = (kind, words) => h('li', {}, h('span', { class: `key key-${kind}`, 'aria-hidden': 'true' }), words);
  return h(
    'ul',
    { class: 'legend' },
    layout.grades.map(({ grade, price }, i) =>
      h(
        'li',
        {},
        h('span', { class: `swatch swatch-${(i % 6) + 1}`, 'aria-hidden': 'true' }),
        `${grade} · ${points(price)}`,
      ),
    ),
    item('mine', t('seat.mine')),
    item('held', t('seat.held')),
    item('sold', t('seat.sold')),
  );
}
