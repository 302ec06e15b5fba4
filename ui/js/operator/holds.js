/* The seats that are set aside right now, and taking one back: for fans who call because they are stuck. */
import { del, get } from '../api.js';
import { until } from '../clock.js';
import { busy, h, put } from '../dom.js';
import { t, ticking } from '../i18n.js';
import { problemText } from '../problem.js';
import { announce, ask, toast } from '../say.js';
import { table } from './table.js';

const EVERY_MS = 5000;
const SHOWN = 50;
const HEADS = [{ key: 'ticket.seat' }, { key: 'op.holder' }, { key: 'op.left', end: true }, { end: true }];

export const placeOf = ({ section, row, number }) =>
  t('seat.name', { section, row: String(row), number: String(number) });

/* The account goes along, so that a seat which found another holder meanwhile is left alone. */
async function release({ reservation_number, account_id, email }) {
  const number = reservation_number;
  if (
    !(await ask({
      title: t('op.release_title'),
      detail: t('op.release_detail', { number, email }),
      yes: t('op.release'),
      bad: true,
    }))
  )
    return;
  try {
    await del(`/operator/holds/${number}?account_id=${account_id}`, { tries: 3 });
    announce(t('op.released', { number }));
  } catch (problem) {
    toast(problem.code === 'not_found' ? t('op.release_late', { number }) : problemText(problem));
  }
}

/* `look()` asks and shows; it resolves with the pause until the next time. */
export function holdsTable(concert) {
  const place = h('div', {});

  function row(hold) {
    const number = hold.reservation_number;
    const work = async () => {
      await release(hold);
      button.blur();
      await look();
    };
    const label = t('op.release_label', { number });
    const button = h(
      'button',
      { class: 'btn btn-s', type: 'button', 'aria-label': label, onclick: () => busy(button, work) },
      t('op.release'),
    );
    const seat = [placeOf(hold), h('span', { class: 'quiet ref num' }, number)];
    return [seat, hold.email, h('span', { class: 'num' }, ticking(until(hold.expires_at))), button];
  }

  async function look() {
    /* Nobody's finger is on a button that a new table would take away. */
    if (place.contains(document.activeElement)) return EVERY_MS;
    const { holds, next_cursor } = await get(`/operator/concerts/${concert}/holds?limit=${SHOWN}`, { tries: 1 });
    put(
      place,
      holds.length ? table(HEADS, holds.map(row)) : h('p', { class: 'quiet' }, t('op.no_holds')),
      next_cursor && h('p', { class: 'quiet' }, t('op.more_holds', { n: SHOWN })),
    );
    return EVERY_MS;
  }

  return { node: h('section', { class: 'card card-s stack stack-s' }, h('h2', {}, t('op.held')), place), look };
}
