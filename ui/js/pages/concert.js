/* One concert: what it costs, how the sale works, and the way in. */
import { titled } from '../frame.js';
import { get } from '../api.js';
import { limitsOf, stateChip, stateOf, stub, waitPage } from '../concert.js';
import { $, concertOfPage, h, put } from '../dom.js';
import { number, points, spoken, t, venueHour, venueTime } from '../i18n.js';
import { Problem, problemNote } from '../problem.js';
import { who } from '../session.js';

const id = concertOfPage();
const page = $('#concert');

function wayIn(concert, state) {
  if (state === 'closed' || state === 'sold_out') {
    return h(
      'div',
      { class: 'note' },
      h('strong', {}, t(`concert.${state}`)),
      h('p', {}, t(`concert.${state}_detail`)),
    );
  }
  const target = `${waitPage(id)}#join`;
  const href = who() ? target : `/sign-in.html?next=${encodeURIComponent(target)}`;
  return h(
    'div',
    { class: 'stack stack-s' },
    h('a', { class: 'btn btn-main btn-wide', href }, t(state === 'pre' ? 'concert.join_early' : 'concert.join')),
    h(
      'p',
      { class: 'quiet' },
      state === 'pre'
        ? t('concert.opens_at', { time: venueTime(concert.opens_at, concert) })
        : t(who() ? 'concert.join_detail' : 'concert.join_signed_out'),
    ),
  );
}

function prices(concert) {
  return h(
    'table',
    { class: 'prices' },
    h('caption', { class: 'sr' }, t('concert.prices')),
    h(
      'thead',
      {},
      h('tr', {}, h('th', { scope: 'col' }, t('grade')), h('th', { scope: 'col', class: 'end' }, t('price'))),
    ),
    h(
      'tbody',
      {},
      concert.grades.map(({ grade, price }) =>
        h('tr', {}, h('th', { scope: 'row' }, grade), h('td', { class: 'end' }, points(price))),
      ),
    ),
  );
}

/* What a fan should know before the clock runs, so that nothing timed comes as a surprise. */
function rules(concert) {
  const { active_ttl_s, hold_ttl_s, seats_per_fan, cancel_until } = limitsOf(concert);
  const items = [
    t('concert.rule_queue'),
    t('concert.rule_active', { time: spoken(active_ttl_s * 1000) }),
    t('concert.rule_hold', { time: spoken(hold_ttl_s * 1000) }),
    t('concert.rule_limit', { n: seats_per_fan }),
    cancel_until && cancel_until !== concert.starts_at
      ? t('concert.rule_cancel', { time: venueTime(cancel_until, concert) })
      : t('concert.rule_cancel_open'),
  ];
  return h(
    'section',
    { class: 'stack' },
    h('h2', {}, t('concert.how')),
    h(
      'ul',
      { class: 'plain-list' },
      items.map((item) => h('li', {}, item)),
    ),
  );
}

function draw(concert) {
  const state = stateOf(concert);
  titled(concert.title);
  put(
    page,
    h(
      'header',
      { class: 'ticket ticket-head' },
      stub(concert),
      h(
        'div',
        { class: 'ticket-body' },
        h('div', { class: 'row row-apart' }, h('h1', {}, concert.title), stateChip(state)),
        h(
          'p',
          { class: 'ticket-line' },
          h('span', {}, concert.venue),
          h('span', {}, venueHour(concert.starts_at, concert)),
        ),
        h(
          'p',
          { class: 'ticket-line num' },
          t('concerts.seats_left', { n: concert.seats_left, total: number(concert.seats_total) }),
        ),
      ),
    ),
    h(
      'div',
      { class: 'sides' },
      h('section', { class: 'card stack' }, h('h2', {}, t('concert.get_seats')), wayIn(concert, state)),
      h('section', { class: 'card stack' }, h('h2', {}, t('concert.prices')), prices(concert)),
    ),
    rules(concert),
  );
}

const unknown = () =>
  h(
    'div',
    { class: 'empty' },
    h('h1', {}, t('concert.unknown')),
    h('p', {}, t('concert.unknown_detail')),
    h('a', { class: 'btn btn-main', href: '/' }, t('concerts.all')),
  );

async function load() {
  if (!id) return put(page, unknown());
  try {
    draw(await get(`/concerts/${id}`, { shared: true }));
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 404) put(page, unknown());
    else
      put(page, problemNote(problem, h('button', { class: 'btn btn-s', type: 'button', onclick: load }, t('again'))));
  }
}

load();
