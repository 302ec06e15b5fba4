/* One reservation: the ticket with its code for the door, and cancelling it. */
import { titled } from '../frame.js';
import { get } from '../api.js';
import { $, busy, h, put, query } from '../dom.js';
import { localTime, points, t, venueTime } from '../i18n.js';
import { changeOnce } from '../keys.js';
import { problemNote } from '../problem.js';
import { complete, isOff } from '../reservation.js';
import { ask, toast } from '../say.js';
import { sentToSignIn } from '../session.js';

const number = query('n') ?? '';
const path = `/reservations/${encodeURIComponent(number)}`;
const page = $('#ticket');
const trouble = $('#trouble');

/* The code comes as a picture; a server that makes none simply leaves the ticket without. */
function code() {
  const box = h('figure', { class: 'code', hidden: true });
  const image = h('img', { src: `/api/v1${path}/ticket.svg`, alt: t('ticket.code_alt', { number }), width: 220, height: 220 });
  image.addEventListener('load', () => { box.hidden = false; });
  image.addEventListener('error', () => box.remove());
  box.append(image, h('figcaption', { class: 'quiet' }, t('ticket.code_hint')));
  return box;
}

function facts(reservation) {
  const row = (key, value) => value && [h('dt', {}, t(key)), h('dd', { class: 'num' }, value)];
  const { starts_at, date, has_time, venue, section, price, paid_at, cancelled_at } = reservation;
  return h('dl', { class: 'facts' },
    row('ticket.when', has_time ? venueTime(starts_at, reservation) : date), row('ticket.venue', venue),
    row('ticket.section', section), row('ticket.row', String(reservation.row)), row('ticket.seat', String(reservation.number ?? reservation.seat)),
    row('ticket.price', points(price)), row('ticket.number', reservation.reservation_number),
    row('ticket.paid_at', paid_at && localTime(paid_at)), row('ticket.cancelled_at', cancelled_at && localTime(cancelled_at)));
}

async function cancel(reservation, button) {
  const agreed = await ask({ title: t('ticket.cancel_title'), detail: t('ticket.cancel_detail', { price: points(reservation.price) }), yes: t('ticket.cancel_yes'), no: t('ticket.cancel_no'), bad: true });
  if (!agreed) return;
  put(trouble);
  await busy(button, async () => {
    try {
      const { refunded, balance } = await changeOnce(`cancel:${number}:${reservation.paid_at}`, 'DELETE', path, undefined);
      toast(t('ticket.refunded', { amount: points(refunded), balance: points(balance) }));
      draw({ ...reservation, state: 'cancelled' });
    } catch (problem) {
      if (!sentToSignIn(problem)) put(trouble, problemNote(problem));
    }
  });
}

function draw(reservation) {
  const off = isOff(reservation);
  const undo = h('button', { class: 'btn btn-bad btn-s', type: 'button', onclick: () => cancel(reservation, undo) }, t('ticket.cancel'));
  const print = h('button', { class: 'btn btn-s', type: 'button', onclick: () => window.print() }, t('ticket.print'));
  titled(reservation.title);
  put(page, h('article', { class: off ? 'card pass pass-off' : 'card pass' },
    h('header', { class: 'pass-head' }, h('h1', {}, reservation.title), h('span', { class: off ? 'chip' : 'chip chip-good' }, t(off ? 'ticket.cancelled' : 'ticket.paid'))),
    h('div', { class: 'pass-body' }, facts(reservation), !off && code()),
    !off && h('footer', { class: 'pass-foot no-print' }, print, undo)));
}

get(path).then(complete).then(draw).catch((problem) => {
  if (!sentToSignIn(problem)) put(page, problemNote(problem, h('a', { class: 'btn btn-s', href: '/tickets.html' }, t('nav.tickets'))));
});
