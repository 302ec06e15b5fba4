/* The first page: what is on. */
import '../frame.js';
import { get } from '../api.js';
import { stateChip, stateOf, stub } from '../concert.js';
import { $, busy, h, put } from '../dom.js';
import { number, points, t, venueHour, venueTime } from '../i18n.js';
import { problemNote } from '../problem.js';

const LIMIT = 100;
const list = $('#list');

const isOver = (concert) => ['closed', 'sold_out'].includes(stateOf(concert));

function card(concert) {
  const state = stateOf(concert);
  const over = isOver(concert);
  return h(
    'li',
    { class: over ? 'ticket ticket-off' : 'ticket' },
    stub(concert),
    h(
      'div',
      { class: 'ticket-body' },
      h(
        'div',
        { class: 'row row-apart' },
        h('h2', {}, h('a', { href: `/concert.html?c=${concert.concert_id}` }, concert.title)),
        stateChip(state),
      ),
      h(
        'p',
        { class: 'ticket-line' },
        h('span', {}, concert.venue),
        h('span', {}, venueHour(concert.starts_at, concert)),
      ),
      h(
        'p',
        { class: 'ticket-line num' },
        h('strong', {}, t('concerts.from', { price: points(concert.price_from) })),
        h(
          'span',
          {},
          over
            ? t('concerts.seats_total', { n: concert.seats_total })
            : t('concerts.seats_left', { n: concert.seats_left, total: number(concert.seats_total) }),
        ),
        state === 'pre' && h('span', {}, t('concerts.opens', { time: venueTime(concert.opens_at, concert) })),
      ),
    ),
  );
}

/* What is over comes last; a page more is sorted in with what is there. */
function show(concerts, cursor) {
  concerts.sort(
    (a, b) => isOver(a) - isOver(b) || Date.parse(a.starts_at) - Date.parse(b.starts_at) || a.concert_id - b.concert_id,
  );
  const more =
    cursor &&
    h('button', { class: 'btn', type: 'button', onclick: () => busy(more, () => load(concerts, cursor)) }, t('more'));
  put(
    list,
    concerts.length
      ? [h('ul', { class: 'stack tickets' }, concerts.map(card)), more && h('p', { class: 'more' }, more)]
      : h('div', { class: 'empty' }, h('h2', {}, t('concerts.none')), h('p', {}, t('concerts.none_detail'))),
  );
}

async function load(before = [], cursor = null) {
  if (!cursor) put(list, h('p', { class: 'loading' }, t('loading')));
  try {
    const { concerts, next_cursor } = await get(
      `/concerts?limit=${LIMIT}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      { shared: true },
    );
    show([...before, ...concerts], next_cursor);
  } catch (problem) {
    put(
      list,
      problemNote(problem, h('button', { class: 'btn btn-s', type: 'button', onclick: () => load() }, t('again'))),
    );
  }
}

load();
