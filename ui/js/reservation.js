/* A reservation as its owner sees it: what has become of it, in one word. */
import { h } from './dom.js';
import { t } from './i18n.js';

export const isOff = ({ state }) => state === 'cancelled';

export function reservationChip(reservation) {
  if (isOff(reservation)) return h('span', { class: 'chip' }, t('ticket.cancelled'));
  return h(
    'span',
    { class: reservation.used_at ? 'chip' : 'chip chip-good' },
    t(reservation.used_at ? 'ticket.used' : 'ticket.paid'),
  );
}
