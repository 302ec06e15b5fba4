/*
 * A bar that moves between polls without lying: it travels from the place we knew to the place
 * the last answer confirmed, over about the time until the next answer. It never runs ahead.
 */
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { keep, kept } from '../store.js';

/* The longest line we saw ahead of this number: the bar's beginning survives a reload. */
export function startOf(concert, number, ahead) {
  const name = `line:${concert}`;
  const seen = kept(name);
  const start = seen && seen.number === number ? Math.max(seen.start, ahead) : ahead;
  if (!seen || seen.number !== number || seen.start !== start) keep(name, { number, start });
  return start;
}

export const share = (start, ahead) => (start > 0 ? Math.min(1, Math.max(0, 1 - ahead / start)) : 1);

export function progressBar() {
  const fill = h('div', { class: 'bar-fill' });
  const node = h(
    'div',
    { class: 'bar', role: 'progressbar', 'aria-label': t('wait.progress'), 'aria-valuemin': 0, 'aria-valuemax': 100 },
    fill,
  );
  let first = true;
  return {
    node,
    to(part, over_ms) {
      node.setAttribute('aria-valuenow', Math.round(part * 100));
      fill.style.transitionDuration = first ? '0s' : `${Math.round(over_ms)}ms`;
      fill.style.scale = `${part} 1`;
      first = false;
    },
  };
}
