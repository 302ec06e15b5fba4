/*
 * A table for the box office. On a phone each row becomes a card whose cells carry their column's name; the roles are
 * written out, since a browser forgets them with the table's layout.
 */
import { h } from '../dom.js';
import { t } from '../i18n.js';

/* `heads` are {key, end}, no key for a column of buttons; each row is a list of cells, the first of which names it. */
export function table(heads, rows) {
  const head = ({ key, end }) =>
    key ? h('th', { role: 'columnheader', scope: 'col', class: end && 'end' }, t(key)) : h('td', { role: 'cell' });
  const cell = (content, i) =>
    i === 0
      ? h('th', { role: 'rowheader', scope: 'row' }, content)
      : h('td', { role: 'cell', class: heads[i].end && 'end', 'data-head': heads[i].key && t(heads[i].key) }, content);
  return h(
    'table',
    { role: 'table', class: 'table-cards' },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, heads.map(head))),
    h(
      'tbody',
      { role: 'rowgroup' },
      rows.map((cells) => h('tr', { role: 'row' }, cells.map(cell))),
    ),
  );
}
