/*
 * Held seats and paying for them. The payment's key is kept in the browser before the first try;
 * when the answer gets lost the same payment is asked about again, never made twice.
 */
import { titled } from '../frame.js';
import { del, get, post } from '../api.js';
import { seatsPage } from '../concert.js';
import { $, busy, concertOfPage, h, put, show, text } from '../dom.js';
import { countdown } from '../hold/countdown.js';
import { topUp } from '../hold/top-up.js';
import { points, t } from '../i18n.js';
import { changeOnce, finish, giveUp, unfinished } from '../keys.js';
import { Problem, problemNote, problemText } from '../problem.js';
import { announce, ask, toast } from '../say.js';
import { loadLayout, seatName } from '../seats/layout.js';
import { sentToSignIn } from '../session.js';
import { watchLine } from '../wait/watch.js';

const id = concertOfPage();
const trouble = $('#trouble');
const body = $('#pay');

let concert;
let layout;
let holds = [];
let balance = null;
const clock = countdown({ over: holdOver, extend });

const sum = () => holds.reduce((total, { price }) => total + price, 0);
const intent = () =>
  `pay:${id}:${holds
    .map(({ reservation_number }) => reservation_number)
    .sort()
    .join(',')}`;
const nameOf = (seat) => (layout ? seatName(layout, seat) : t('seat.plain', { n: String(seat) }));

function heldRow(hold) {
  const give = h(
    'button',
    {
      class: 'btn btn-plain btn-s',
      type: 'button',
      'aria-label': t('pay.give_back_label', { seat: nameOf(hold.seat) }),
      onclick: () => giveBack(hold, give),
    },
    t('pay.give_back'),
  );
  return h(
    'li',
    { class: 'held' },
    h('div', {}, h('strong', {}, nameOf(hold.seat)), h('span', { class: 'quiet num' }, hold.reservation_number)),
    h('span', { class: 'num' }, points(hold.price)),
    give,
  );
}

function draw() {
  if (!holds.length) {
    nothing();
    return;
  }
  const missing = balance === null ? 0 : Math.max(0, sum() - balance);
  put($('#held-seats'), holds.map(heldRow));
  put(
    $('#sums'),
    h('dt', {}, t('pay.seats', { n: holds.length })),
    h('dd', {}, points(sum())),
    balance !== null && [
      h('dt', {}, t('pay.balance')),
      h('dd', {}, points(balance)),
      missing === 0 && [h('dt', {}, t('pay.balance_after')), h('dd', {}, points(balance - sum()))],
    ],
    h('dt', { class: 'total' }, t('pay.total')),
    h('dd', { class: 'total' }, points(sum())),
  );
  text($('#go'), t('pay.go', { price: points(sum()) }));
  $('#go').disabled = missing > 0;
  put(
    $('#short'),
    missing > 0 &&
      h(
        'div',
        { class: 'short stack' },
        h('p', { class: 'short-words' }, t('pay.short', { n: missing, missing: points(missing) })),
        topUp((now) => {
          balance = now;
          draw();
          $('#go').focus();
        }, missing),
      ),
  );
  show(body, true);
}

/* No seats are held: perhaps they were just paid, perhaps the time ran out. */
function nothing() {
  show(body, false);
  clock.stop();
  if (!trouble.hasChildNodes()) {
    put(
      trouble,
      h(
        'div',
        { class: 'empty' },
        h('h2', {}, t('pay.nothing')),
        h('p', {}, t('pay.nothing_detail')),
        h(
          'div',
          { class: 'row center' },
          h('a', { class: 'btn btn-main', href: seatsPage(id) }, t('pay.choose')),
          h('a', { class: 'btn', href: '/tickets.html' }, t('nav.tickets')),
        ),
      ),
    );
  }
}

function holdOver() {
  const names = holds.map(({ seat }) => nameOf(seat)).join(' · ');
  holds = [];
  put(
    trouble,
    h(
      'div',
      { class: 'note note-warn', role: 'alert' },
      h('strong', {}, t('pay.over')),
      h('p', {}, t('pay.over_detail', { seats: names })),
      h('div', { class: 'row' }, h('a', { class: 'btn btn-s', href: seatsPage(id) }, t('pay.choose'))),
    ),
  );
  draw();
}

async function extend(button) {
  await busy(button, async () => {
    try {
      const { expires_at } = await post(`/concerts/${id}/holds/extend`, undefined, { tries: 1 });
      clock.to(expires_at);
      clock.used();
      toast(t('pay.extended'));
    } catch (problem) {
      if (problem.code === 'extension_used') clock.used();
      if (!sentToSignIn(problem)) toast(problemText(problem));
    }
  });
}

async function giveBack(hold, button) {
  await busy(button, async () => {
    try {
      await del(`/holds/${hold.reservation_number}`, { tries: 3 });
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.status !== 404) {
        if (!sentToSignIn(problem)) toast(problemText(problem));
        return;
      }
    }
    holds = holds.filter((other) => other !== hold);
    announce(t('pay.given_back', { seat: nameOf(hold.seat) }));
    draw();
  });
}

async function giveAllBack() {
  if (
    !(await ask({
      title: t('pay.give_all_title'),
      detail: t('pay.give_all_detail'),
      yes: t('pay.give_all_yes'),
      bad: true,
    }))
  )
    return;
  const results = await Promise.allSettled(
    holds.map(({ reservation_number }) => del(`/holds/${reservation_number}`, { tries: 3 })),
  );
  if (results.some(({ status }) => status === 'rejected')) await readHolds();
  else location.assign(seatsPage(id));
  draw();
}

async function pay() {
  put(trouble);
  const change = () =>
    changeOnce(
      intent(),
      'POST',
      '/payments',
      { reservation_numbers: holds.map(({ reservation_number }) => reservation_number) },
      { onRetry: asking },
    );
  await busy($('#go'), () => settle(change));
}

/* The answer got lost and the same payment is asked about again; say so, do not leave the fan guessing. */
function asking() {
  put(
    trouble,
    h('div', { class: 'note', role: 'status' }, h('strong', {}, t('pay.asking')), h('p', {}, t('pay.asking_detail'))),
  );
}

async function settle(change) {
  try {
    paid(await change());
  } catch (problem) {
    if (!sentToSignIn(problem)) await notPaid(problem);
  }
}

async function notPaid(problem) {
  if (!(problem instanceof Problem)) {
    put(trouble, problemNote(problem));
    return;
  }
  if (problem.code === 'points_too_few') await readBalance();
  if (['seat_taken', 'hold_expired'].includes(problem.code)) await readHolds();
  const lost =
    !problem.settled &&
    h(
      'button',
      { class: 'btn btn-s', type: 'button', onclick: () => (holds.length ? pay() : recover()) },
      t('ask_again'),
    );
  const choose =
    ['seat_taken', 'hold_expired'].includes(problem.code) &&
    h('a', { class: 'btn btn-s', href: seatsPage(id) }, t('pay.choose'));
  put(trouble, problemNote(problem, ...[lost, choose].filter(Boolean)));
  draw();
}

function paid({ payment_id, reservation_numbers, amount, balance: now }) {
  clock.stop();
  holds = [];
  show(body, false);
  show($('#head'), false);
  titled(t('pay.done'));
  put(trouble);
  put(
    $('#done'),
    h(
      'section',
      { class: 'card done stack' },
      h('span', { class: 'done-mark', 'aria-hidden': 'true' }, '✓'),
      h('h1', { tabindex: -1, id: 'done-title' }, t('pay.done')),
      h('p', {}, concert ? t('pay.done_detail', { title: concert.title }) : ''),
      h(
        'ul',
        { class: 'done-seats' },
        reservation_numbers.map((number) =>
          h(
            'li',
            {},
            h('a', { href: `/ticket.html?n=${encodeURIComponent(number)}` }, nameOf(Number(number.split('.').pop()))),
            h('span', { class: 'quiet num' }, number),
          ),
        ),
      ),
      h(
        'dl',
        { class: 'sums' },
        h('dt', {}, t('pay.paid')),
        h('dd', {}, points(amount)),
        h('dt', {}, t('pay.balance_now')),
        h('dd', {}, points(now)),
        h('dt', {}, t('pay.payment_id')),
        h('dd', {}, String(payment_id)),
      ),
      h('a', { class: 'btn btn-main', href: '/tickets.html' }, t('pay.to_tickets')),
    ),
  );
  $('#done-title').focus();
}

/* A payment was begun here and never answered. */
async function recover() {
  const [change] = unfinished(`pay:${id}:`);
  if (!change) return;
  const again = h(
    'button',
    {
      class: 'btn btn-main btn-s',
      type: 'button',
      onclick: () => busy(again, () => settle(() => finish(change, { onRetry: asking }))),
    },
    t('ask_again'),
  );
  const drop = h(
    'button',
    {
      class: 'btn btn-plain btn-s',
      type: 'button',
      onclick: () => {
        giveUp(change);
        put(trouble);
        draw();
      },
    },
    t('pay.unfinished_drop'),
  );
  put(
    trouble,
    h(
      'div',
      { class: 'note note-warn', role: 'alert' },
      h('strong', {}, t('pay.unfinished')),
      h('p', {}, t('pay.unfinished_detail')),
      h('div', { class: 'row' }, again, drop),
    ),
  );
}

async function readHolds() {
  const answer = await get(`/concerts/${id}/holds`);
  holds = answer.holds ?? [];
  if (answer.expires_at && holds.length) clock.to(answer.expires_at);
  if (answer.extension_used) clock.used();
}

async function readBalance() {
  ({ balance } = await get('/points'));
}

/* What was held may be lost with the line; a payment under way says so itself. */
async function wentBack() {
  if (unfinished(`pay:${id}:`).length) return;
  await readHolds();
  draw();
}

async function begin() {
  if (!id) {
    location.replace('/');
    return;
  }
  text($('#loading'), t('loading'));
  [concert] = await Promise.all([get(`/concerts/${id}`, { shared: true }), readHolds(), readBalance()]);
  layout = await loadLayout(concert).catch(() => null);
  text($('#concert-title'), concert.title);
  $('#back').href = seatsPage(id);
  put($('#countdown'), clock.node);
  show($('#loading'), false);
  await recover();
  draw();
  $('#go').addEventListener('click', pay);
  $('#give-all').addEventListener('click', giveAllBack);
  setInterval(clock.tick, 500);
  watchLine(id, () => holds.length > 0, wentBack);
}

begin().catch((problem) => {
  if (sentToSignIn(problem)) return;
  show($('#loading'), false);
  put(
    trouble,
    problemNote(
      problem,
      h('button', { class: 'btn btn-s', type: 'button', onclick: () => location.reload() }, t('again')),
    ),
  );
});
