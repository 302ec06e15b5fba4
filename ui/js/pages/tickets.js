/* A fan's reservations: those to come first, those that were cancelled last. */
import '../frame.js';
import { get } from '../api.js';
import { stub } from '../concert.js';
import { $, h, put } from '../dom.js';
import { points, t, venueHour } from '../i18n.js';
import { problemNote } from '../problem.js';
import { isOff, reservationChip } from '../reservation.js';
import { sentToSignIn } from '../session.js';

const list = $('#list');

function card(reservation) {
  const { reservation_number, title, venue, section, row, number, price } = reservation;
  return h(
    'li',
    { class: isOff(reservation) ? 'ticket ticket-off' : 'ticket' },
    stub(reservation),
    h(
      'div',
      { class: 'ticket-body' },
      h(
        'div',
        { class: 'row row-apart' },
        h('h2', {}, h('a', { href: `/ticket.html?n=${encodeURIComponent(reservation_number)}` }, title)),
        reservationChip(reservation),
      ),
      h(
        'p',
        { class: 'ticket-line' },
        h('strong', {}, t('seat.name', { section, row: String(row), number: String(number) })),
        h('span', {}, venue),
        h('span', {}, venueHour(reservation.starts_at, reservation)),
      ),
      h('p', { class: 'ticket-line num' }, h('span', {}, points(price)), h('span', {}, reservation_number)),
    ),
  );
}

function group(key, reservations) {
  return (
    reservations.length > 0 &&
    h(
      'section',
      { class: 'stack' },
      h('h2', { class: 'group-title' }, t(key)),
      h('ul', { class: 'stack tickets' }, reservations.map(card)),
    )
  );
}

async function all() {
  const reservations = [];
  let cursor = null;
  do {
    const page = await get(`/reservations?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
    reservations.push(...page.reservations);
    cursor = page.next_cursor;
  } while (cursor);
  return reservations;
}

async function load() {
  put(list, h('p', { class: 'loading' }, t('loading')));
  try {
    const reservations = await all();
    put(
      list,
      reservations.length
        ? [
            group(
              'tickets.mine',
              reservations.filter((r) => !isOff(r)),
            ),
            group('tickets.cancelled', reservations.filter(isOff)),
          ]
        : h(
            'div',
            { class: 'empty' },
            h('h2', {}, t('tickets.none')),
            h('p', {}, t('tickets.none_detail')),
            h('a', { class: 'btn btn-main', href: '/' }, t('concerts.all')),
          ),
    );
  } catch (problem) {
    if (!sentToSignIn(problem))
      put(list, problemNote(problem, h('button', { class: 'btn btn-s', type: 'button', onclick: load }, t('again'))));
  }
}

load();
