/*
 * The draw: who was early is put in random order at the opening, and anybody can check how.
 * A server that does not publish its draw simply shows nothing here.
 */
import { get } from '../api.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';

export function drawNote(concert) {
  const node = h('p', { class: 'small', hidden: true });
  get(`/concerts/${concert}/draw`, { tries: 1 }).then((draw) => {
    if (!draw?.commitment) return;
    node.append(h('a', { href: `/fair.html?c=${concert}` }, t(draw.seed ? 'wait.draw_check' : 'wait.draw_promise')));
    node.hidden = false;
  }, () => { /* no draw to show */ });
  return node;
}
