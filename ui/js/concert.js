/* A concert as fans see it: its state in a word, its date as a ticket stub. */
import { now } from './clock.js';
import { h } from './dom.js';
import { t, venueDateParts } from './i18n.js';

const TONE = { pre: 'accent', open: 'good', paused: 'warn', draining: 'warn', closed: '', sold_out: 'bad' };

export function stateOf(concert) {
  if (concert.state === 'closed') return 'closed';
  if (concert.seats_left === 0) return 'sold_out';
  if (concert.opens_at && Date.parse(concert.opens_at) > now()) return 'pre';
  return concert.state ?? 'open';
}

export function stateChip(state) {
  return h('span', { class: `chip ${TONE[state] ? `chip-${TONE[state]}` : ''}` }, t(`state.${state}`));
}

export function stub(concert) {
  const { month, day, weekday } = venueDateParts(concert.starts_at, concert);
  return h(
    'div',
    { class: 'stub' },
    h('span', { class: 'month' }, month),
    h('span', { class: 'day' }, day),
    h('span', { class: 'weekday' }, weekday),
  );
}

/* What a fan may do and for how long; the usual values where a concert says nothing. */
export function limitsOf({ limits }) {
  return { seats_per_fan: 4, hold_ttl_s: 300, active_ttl_s: 900, admit_ttl_s: 180, cancel_until: null, ...limits };
}

export const waitPage = (concert_id) => `/wait.html?c=${concert_id}`;
export const seatsPage = (concert_id) => `/seats.html?c=${concert_id}`;
export const payPage = (concert_id) => `/pay.html?c=${concert_id}`;
