/*
 * Choosing by section and row with ordinary controls: nothing to see, nothing to drag, one row in
 * the page at a time however big the hall is.
 */
import { h, put, text } from '../dom.js';
import { points, t } from '../i18n.js';
import { CLOSED, FREE, HELD, SOLD } from './live.js';
import { gradeOf } from './layout.js';

const WORD = { [FREE]: 'seat.free', [HELD]: 'seat.held', [SOLD]: 'seat.sold', [CLOSED]: 'seat.closed' };

const freeIn = (seats, state) => seats.reduce((n, seat) => n + (state[seat] === FREE ? 1 : 0), 0);

/* `toggle(seat)` picks or unpicks. */
export function seatList(layout, live, chosen, toggle) {
  const sections = h('select', { onchange: () => toSection(Number(sections.value)) });
  const rows = h('select', { onchange: () => toRow(rows.value) });
  const title = h('h3', { class: 'row-title' });
  const seats = h('ul', { class: 'seat-row' });
  const back = h('button', { class: 'btn btn-s', type: 'button', onclick: () => step(-1) }, t('list.row_before'));
  const on = h('button', { class: 'btn btn-s', type: 'button', onclick: () => step(1) }, t('list.row_after'));
  let section = layout.sections[0];
  let row = null;

  function toSection(index) {
    section = layout.sections[index];
    const first_free = [...section.rows].find(([, list]) => freeIn(list, live.state) > 0);
    put(
      rows,
      [...section.rows.keys()].map((name) => h('option', { value: name })),
    );
    toRow(String((first_free ?? [...section.rows][0])[0]));
    words();
  }

  function toRow(name) {
    row = Number(name);
    rows.value = name;
    put(seats, section.rows.get(row).map(seatButton));
    words();
  }

  function step(by) {
    const names = [...section.rows.keys()];
    const next = names[names.indexOf(row) + by];
    if (next !== undefined) toRow(String(next));
  }

  function seatButton(seat) {
    const button = h(
      'button',
      { class: 'seat', type: 'button', 'data-seat': seat, onclick: () => toggle(seat) },
      String(layout.number[seat]),
    );
    return h('li', {}, dress(button, seat));
  }

  function dress(button, seat) {
    const state = live.state[seat];
    const mine = chosen.has(seat);
    const { grade, price } = gradeOf(layout, seat);
    button.className = `seat seat-${mine ? 'mine' : ['free', 'held', 'sold', 'closed'][state]} grade-${(layout.grade[seat] % 6) + 1}`;
    button.setAttribute('aria-pressed', String(mine));
    button.disabled = state !== FREE && !mine;
    button.setAttribute(
      'aria-label',
      t('seat.said', {
        number: String(layout.number[seat]),
        grade,
        price: points(price),
        state: t(mine ? 'seat.mine' : WORD[state]),
      }),
    );
    return button;
  }

  function words() {
    [...sections.options].forEach((option, i) => {
      const { section: name, seats: all, grade } = layout.sections[i];
      text(
        option,
        t('list.section', {
          section: name,
          grade: layout.grades[grade].grade,
          price: points(layout.grades[grade].price),
          n: freeIn(all, live.state),
        }),
      );
    });
    [...rows.options].forEach((option) =>
      text(option, t('list.row', { row: option.value, n: freeIn(section.rows.get(Number(option.value)), live.state) })),
    );
    text(title, t('list.row_title', { section: section.section, row: String(row) }));
    const names = [...section.rows.keys()];
    back.disabled = names.indexOf(row) <= 0;
    on.disabled = names.indexOf(row) >= names.length - 1;
  }

  put(
    sections,
    layout.sections.map((_, i) => h('option', { value: i })),
  );
  const first = layout.sections.findIndex(({ seats: all }) => freeIn(all, live.state) > 0);
  sections.value = String(Math.max(0, first));
  toSection(Math.max(0, first));

  return {
    node: h(
      'div',
      { class: 'stack' },
      h(
        'div',
        { class: 'list-pick' },
        h('label', { class: 'field' }, h('span', {}, t('list.section_label')), sections),
        h('label', { class: 'field' }, h('span', {}, t('list.row_label')), rows),
      ),
      h('div', { class: 'row row-apart' }, title, h('div', { class: 'row' }, back, on)),
      seats,
    ),
    update(changed) {
      const now = new Set(changed);
      for (const button of seats.querySelectorAll('button')) {
        const seat = Number(button.dataset.seat);
        if (now.has(seat)) dress(button, seat);
      }
      words();
    },
    showSeat(seat) {
      sections.value = String(layout.section[seat]);
      toSection(layout.section[seat]);
      toRow(String(layout.row[seat]));
    },
  };
}
