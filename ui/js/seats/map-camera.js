/* What part of the hall is on screen: a scale (pixels a seat) and the corner it starts at. */
const SCALE_MAX = 44;
const FIT_MAX = 34;
const STAGE_UNITS = 5;
const MARGIN = 1.5;

export function camera(layout) {
  const view = { scale: 1, x: 0, y: 0, width: 1, height: 1, fit_scale: 1 };

  function clamp() {
    const wide = view.width / view.scale;
    const high = view.height / view.scale;
    view.x = Math.min(
      Math.max(view.x, Math.min(-MARGIN, (layout.width - wide) / 2)),
      Math.max(layout.width + MARGIN - wide, (layout.width - wide) / 2),
    );
    view.y = Math.min(
      Math.max(view.y, Math.min(-STAGE_UNITS, (layout.height - STAGE_UNITS - high) / 2)),
      Math.max(layout.height + MARGIN - high, (layout.height - STAGE_UNITS - high) / 2),
    );
  }

  return Object.assign(view, {
    toX: (x) => (x - view.x) * view.scale,
    toY: (y) => (y - view.y) * view.scale,
    fromX: (px) => px / view.scale + view.x,
    fromY: (px) => px / view.scale + view.y,
    stage_units: STAGE_UNITS,
    resize(width, height) {
      const fitted = Math.abs(view.scale - view.fit_scale) < 0.001;
      view.width = width;
      view.height = height;
      view.fit_scale = Math.min(
        FIT_MAX,
        width / (layout.width + 2 * MARGIN),
        height / (layout.height + STAGE_UNITS + MARGIN),
      );
      if (fitted) view.fit();
      clamp();
    },
    fit() {
      view.scale = view.fit_scale;
      clamp();
    },
    pan(dx, dy) {
      view.x -= dx / view.scale;
      view.y -= dy / view.scale;
      clamp();
    },
    /* The point under (px, py) stays under it. */
    zoom(by, px = view.width / 2, py = view.height / 2) {
      const x = view.fromX(px);
      const y = view.fromY(py);
      view.scale = Math.min(SCALE_MAX, Math.max(view.fit_scale, view.scale * by));
      view.x = x - px / view.scale;
      view.y = y - py / view.scale;
      clamp();
    },
    reveal(x, y, scale = view.scale) {
      view.scale = Math.min(SCALE_MAX, Math.max(view.fit_scale, scale));
      const px = view.toX(x);
      const py = view.toY(y);
      const edge = 40;
      if (px < edge || px > view.width - edge) view.x = x - view.width / view.scale / 2;
      if (py < edge || py > view.height - edge) view.y = y - view.height / view.scale / 2;
      clamp();
    },
  });
}
