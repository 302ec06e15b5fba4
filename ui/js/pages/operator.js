/* The box office: every concert at a glance, and finding one reservation. */
import '../frame.js';
import { get } from '../api.js';
import { stateChip, stateOf } from '../concert.js';
import { $, busy, h, put } from '../dom.js';
import { number, points, t, venueTime } from '../i18n.js';
import { failedAt, missing } from '../operator/desk.js';

const BOARDS_MAX = 40;
const list = $('#list');

function row(concert, board) {
  return h('tr', {},
    h('th', { scope: 'row' }, h('a', { href: `/operator-concert.html?c=${concert.concert_id}` }, concert.title), h('span', { class: 'quiet ref' }, venueTime(concert.starts_at, concert))),
    h('td', {}, stateChip(board?.state ?? stateOf(concert))),
    h('td', { class: 'end' }, board ? number(board.waiting) : '–'),
    h('td', { class: 'end' }, board ? `${number(board.active)} / ${number(board.capacity)}` : '–'),
    h('td', { class: 'end' }, `${number(board?.seats_left ?? concert.seats_left)} / ${number(concert.seats_total)}`));
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
  return Promise.all(concerts.map(({ concert_id, state }) => (state === 'closed' || (asked += 1) > BOARDS_MAX ? null
    : get(`/concerts/${concert_id}/board`, { shared: true, tries: 1 }).catch(() => null))));
}

async function load() {
  put(list, h('p', { class: 'loading' }, t('loading')));
  try {
    const concerts = await all();
    const boards = await boardsOf(concerts);
    const head = ['op.concert', 'op.state', 'op.waiting', 'op.inside', 'op.seats'];
    put(list, concerts.length ? h('div', { class: 'card card-s table-wrap' }, h('table', {},
      h('thead', {}, h('tr', {}, head.map((key, i) => h('th', { scope: 'col', class: i > 1 ? 'end' : null }, t(key))))),
      h('tbody', {}, concerts.map((concert, i) => row(concert, boards[i])))))
      : h('div', { class: 'empty' }, h('h2', {}, t('op.no_concerts')), h('a', { class: 'btn btn-main', href: '/operator-new.html' }, t('op.new'))));
  } catch (problem) {
    failedAt(list, problem);
  }
}

function found(reservation) {
  const fact = (key, value) => value !== undefined && value !== null && value !== '' && [h('dt', {}, t(key)), h('dd', { class: 'num' }, String(value))];
  return h('div', { class: 'card card-s' }, h('dl', { class: 'facts' },
    fact('ticket.number', reservation.reservation_number), fact('op.concert', reservation.title), fact('op.holder', reservation.name ?? reservation.email ?? reservation.account_id),
    fact('ticket.seat', t('seat.name', { section: reservation.section, row: String(reservation.row), number: String(reservation.number ?? reservation.seat) })),
    fact('ticket.price', points(reservation.price)), fact('op.state', t(reservation.state === 'cancelled' ? 'ticket.cancelled' : 'ticket.paid'))));
}

async function find(event) {
  event.preventDefault();
  const wanted = event.target.elements.number.value.trim();
  if (!wanted) return;
  await busy($('#find-go'), async () => {
    try {
      put($('#found'), found(await get(`/operator/reservations/${encodeURIComponent(wanted)}`)));
    } catch (problem) {
      if (missing(problem)) put($('#found'), h('p', { class: 'note' }, t('op.not_found', { number: wanted })));
      else failedAt($('#found'), problem);
    }
  });
}

$('#find').addEventListener('submit', find);
load();
