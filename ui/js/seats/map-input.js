/* Fingers, mouse and keys on the map, told as what they mean: pan, zoom, tap, move. */
const TAP_PX = 7;
const WHEEL = 0.0016;
const ZOOM_STEP = 1.5;

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function place(event, canvas) {
  const box = canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

export function listen(canvas, { pan, zoom, tap, hover, move, press, fit }) {
  const fingers = new Map();
  let travelled = 0;

  canvas.addEventListener('pointerdown', (event) => {
    if (fingers.size === 0) travelled = 0;
    fingers.set(event.pointerId, place(event, canvas));
    canvas.setPointerCapture(event.pointerId);
  });

  canvas.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    const now = place(event, canvas);
    if (!before) {
      hover(now.x, now.y);
      return;
    }
    travelled += Math.hypot(now.x - before.x, now.y - before.y);
    if (fingers.size === 1) {
      if (travelled > TAP_PX) pan(now.x - before.x, now.y - before.y);
    } else {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const apart = (p) => Math.max(10, Math.hypot(p.x - other.x, p.y - other.y));
      zoom(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
      pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    }
    fingers.set(event.pointerId, now);
  });

  function lift(event) {
    const at = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    if (at && event.type === 'pointerup' && travelled <= TAP_PX && fingers.size === 0) tap(at.x, at.y);
  }
  canvas.addEventListener('pointerup', lift);
  canvas.addEventListener('pointercancel', lift);

  /* The page still scrolls over a map that nobody is using. */
  canvas.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return;
      event.preventDefault();
      const { x, y } = place(event, canvas);
      zoom(Math.exp(-event.deltaY * WHEEL * (event.deltaMode ? 20 : 1)), x, y);
    },
    { passive: false },
  );

  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) move(...arrow);
    else if (event.key === 'Enter' || event.key === ' ') press();
    else if (event.key === '+' || event.key === '=') zoom(ZOOM_STEP);
    else if (event.key === '-') zoom(1 / ZOOM_STEP);
    else if (event.key === '0' || event.key === 'Home') fit();
    else return;
    event.preventDefault();
  });
}

export { ZOOM_STEP };
