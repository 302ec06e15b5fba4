/* The draw: who was early is put in random order at the opening, and anybody can check how. */
import { get } from '../api.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { notePromise } from './entry.js';

/* A link to the check, where there is something to draw. Without an answer there is no link, and the page works as well. */
export function drawNote({ concert_id, opens_at }) {
  const node = h('p', { class: 'small', hidden: true });
  if (opens_at === null) return node;
  get(`/concerts/${concert_id}/draw`, { tries: 1 }).then(
    ({ commitment, seed }) => {
      if (!seed) notePromise(concert_id, commitment);
      node.append(h('a', { href: `/fair.html?c=${concert_id}` }, t(seed ? 'wait.draw_check' : 'wait.draw_promise')));
      node.hidden = false;
    },
    () => {
      /* no draw to show */
    },
  );
  return node;
}
