/* The numbers above the charts. A tile whose number is no good news says so in colour and in words. */
import { h, text } from '../dom.js';
import { t } from '../i18n.js';

export function tilesOf(keys) {
  const tiles = Object.fromEntries(
    keys.map((key) => {
      const value = h('dd', { class: 'num' }, '–');
      const more = h('dd', { class: 'tile-more num' });
      return [
        key,
        { value, more, node: h('div', { class: 'card card-s tile' }, h('dt', {}, t(`op.tile.${key}`)), value, more) },
      ];
    }),
  );
  return {
    nodes: keys.map((key) => tiles[key].node),
    set(key, words, { more = '', bad = false } = {}) {
      text(tiles[key].value, words);
      text(tiles[key].more, more);
      tiles[key].node.classList.toggle('tile-bad', bad);
    },
  };
}
