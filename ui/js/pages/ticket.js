/* One reservation: the ticket with its code for the door, and cancelling it. */
import { titled } from '../frame.js';
import { get } from '../api.js';
import { $, busy, h, put, query } from '../dom.js';
import { localTime, points, t, venueTime } from '../i18n.js';
import { changeOnce } from '../keys.js';
import { problemNote } from '../problem.js';
import { isOff, reservationChip } from '../reservation.js';
import { ask, toast } from '../say.js';
import { sentToSignIn } from '../session.js';

const number = query('n') ?? '';
const path = `/reservations/${encodeURIComponent(number)}`;
const page = $('#ticket');
const trouble = $('#trouble');

/* Whoever stands at the door without the picture is let in by the number, so that is told where the picture fails. */
function code() {
  const image = h('img', {
    src: `/api/v1${path}/ticket.svg`,
    alt: t('ticket.code_alt', { number }),
    width: 220,
    height: 220,
  });
  const hint = h('figcaption', { class: 'quiet' }, t('ticket.code_hint'));
  image.addEventListener('error', () => {
    image.remove();
    hint.textContent = t('ticket.code_failed');
  });
  return h('figure', { class: 'code' }, image, hint);
}

function facts(reservation) {
  const row = (key, value) => value && [h('dt', {}, t(key)), h('dd', { class: 'num' }, value)];
  const { starts_at, venue, section, price, paid_at, used_at, cancelled_at } = reservation;
  return h(
    'dl',
    { class: 'facts' },
    row('ticket.when', venueTime(starts_at, reservation)),
    row('ticket.venue', venue),
    row('ticket.section', section),
    row('ticket.row', String(reservation.row)),
    row('ticket.seat', String(reservation.number)),
    row('ticket.price', points(price)),
    row('ticket.number', reservation.reservation_number),
    row('ticket.paid_at', paid_at && localTime(paid_at)),
    row('ticket.used_at', used_at && localTime(used_at)),
    row('ticket.cancelled_at', cancelled_at && localTime(cancelled_at)),
  );
}

async function cancel(reservation, button) {
  const agreed = await ask({
    title: t('ticket.cancel_title'),
    detail: t('ticket.cancel_detail', { price: points(reservation.price) }),
    yes: t('ticket.cancel_yes'),
    no: t('ticket.cancel_no'),
    bad: true,
  });
  if (!agreed) return;
  put(trouble);
  await busy(button, async () => {
    try {
      const { refunded, balance } = await changeOnce(
        `cancel:${number}:${reservation.paid_at}`,
        'DELETE',
        path,
        undefined,
      );
      toast(t('ticket.refunded', { amount: points(refunded), balance: points(balance) }));
      draw({ ...reservation, state: 'cancelled' });
    } catch (problem) {
      if (!sentToSignIn(problem)) put(trouble, problemNote(problem));
    }
  });
}

function draw(reservation) {
  const off = isOff(reservation);
  const undo = h(
    'button',
    { class: 'btn btn-bad btn-s', type: 'button', onclick: () => cancel(reservation, undo) },
    t('ticket.cancel'),
  );
  const print = h('button', { class: 'btn btn-s', type: 'button', onclick: () => window.print() }, t('ticket.print'));
  titled(reservation.title);
  put(
    page,
    h(
      'article',
      { class: off ? 'card pass pass-off' : 'card pass' },
      h('header', { class: 'pass-head' }, h('h1', {}, reservation.title), reservationChip(reservation)),
      h('div', { class: 'pass-body' }, facts(reservation), !off && code()),
      !off && h('footer', { class: 'pass-foot no-print' }, print, !reservation.used_at && undo),
    ),
  );
}

get(path)
  .then(draw)
  .catch((problem) => {
    if (!sentToSignIn(problem))
      put(page, problemNote(problem, h('a', { class: 'btn btn-s', href: '/tickets.html' }, t('nav.tickets'))));
  });
