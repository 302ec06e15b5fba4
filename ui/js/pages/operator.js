/* The box office: every concert at a glance, and finding one reservation. */
import '../frame.js';
import { get } from '../api.js';
import { stateChip, stateOf } from '../concert.js';
import { $, busy, h, put, whenSent } from '../dom.js';
import { localTime, number, points, t, venueTime } from '../i18n.js';
import { failedAt } from '../operator/desk.js';
import { placeOf } from '../operator/holds.js';
import { table } from '../operator/table.js';
import { Problem } from '../problem.js';

const BOARDS_MAX = 40;
const list = $('#list');

const HEADS = [
  { key: 'op.concert' },
  { key: 'op.state' },
  { key: 'op.waiting', end: true },
  { key: 'op.inside', end: true },
  { key: 'op.seats', end: true },
];

function row(concert, board) {
  return [
    [
      h('a', { href: `/operator-concert.html?c=${concert.concert_id}` }, concert.title),
      h('span', { class: 'quiet ref' }, venueTime(concert.starts_at, concert)),
    ],
    stateChip(board?.state ?? stateOf(concert)),
    board ? number(board.waiting) : '–',
    board ? `${number(board.active)} / ${number(board.capacity)}` : '–',
    `${number(board?.seats_left ?? concert.seats_left)} / ${number(concert.seats_total)}`,
  ];
}

async function all() {
  const concerts = [];
  let cursor = null;
  do {
    const page = await get(`/operator/concerts?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
    concerts.push(...page.concerts);
    cursor = page.next_cursor;
  } while (cursor && concerts.length < 500);
  return concerts;
}

/* The newest sales that are not over; what the others show does not change any more. */
function boardsOf(concerts) {
  let asked = 0;
  return Promise.all(
    concerts.map(({ concert_id, state }) =>
      state === 'closed' || (asked += 1) > BOARDS_MAX
        ? null
        : get(`/concerts/${concert_id}/board`, { shared: true, tries: 1 }).catch(() => null),
    ),
  );
}

const none = () =>
  h(
    'div',
    { class: 'empty' },
    h('h2', {}, t('op.no_concerts')),
    h('a', { class: 'btn btn-main', href: '/operator-new.html' }, t('op.new')),
  );

async function load() {
  put(list, h('p', { class: 'loading' }, t('loading')));
  try {
    const concerts = await all();
    const boards = await boardsOf(concerts);
    const rows = concerts.map((concert, i) => row(concert, boards[i]));
    put(list, rows.length ? h('div', { class: 'card card-s' }, table(HEADS, rows)) : none());
  } catch (problem) {
    failedAt(list, problem);
  }
}

const stateKey = ({ state, used_at }) =>
  state === 'cancelled' ? 'ticket.cancelled' : used_at ? 'op.used' : 'ticket.paid';

function found(reservation) {
  const { reservation_number, concert_id, title, price, state, name, email, paid_at, cancelled_at, used_at } =
    reservation;
  const fact = (key, ...value) => h('div', {}, h('dt', {}, t(key)), h('dd', { class: 'num' }, value));
  const when = (key, time) => time && fact(key, localTime(time));
  return h(
    'div',
    { class: 'card' },
    h(
      'div',
      { class: 'row row-apart' },
      h('h3', { class: 'num' }, reservation_number),
      h(
        'span',
        { class: state === 'cancelled' ? 'chip chip-bad' : used_at ? 'chip' : 'chip chip-good' },
        t(stateKey(reservation)),
      ),
    ),
    h(
      'dl',
      { class: 'found' },
      fact('op.concert', h('a', { href: `/operator-concert.html?c=${concert_id}` }, title)),
      fact('ticket.seat', placeOf(reservation)),
      fact('op.holder', name, h('span', { class: 'quiet ref' }, email)),
      fact('ticket.price', points(price)),
      when('ticket.paid_at', paid_at),
      when('ticket.cancelled_at', cancelled_at),
      when('op.used_at', used_at),
    ),
  );
}

async function find(event) {
  event.preventDefault();
  const wanted = event.target.elements.number.value.trim();
  if (!wanted) return;
  await busy($('#find-go'), async () => {
    try {
      put($('#found'), found(await get(`/operator/reservations/${encodeURIComponent(wanted)}`)));
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 404)
        put($('#found'), h('p', { class: 'note' }, t('op.not_found', { number: wanted })));
      else failedAt($('#found'), problem);
    }
  });
}

whenSent($('#find'), find);
load();
