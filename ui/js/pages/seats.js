/*
 * Choosing seats. The server picks the best ones by itself, or the fan picks by list or map; both
 * ways end in one request to hold them, and a hold leads to the payment page.
 */
import { titled } from '../frame.js';
import { get, post } from '../api.js';
import { until } from '../clock.js';
import { limitsOf, payPage, waitPage } from '../concert.js';
import { $, busy, concertOfPage, h, put, show, text } from '../dom.js';
import { points, t, ticking } from '../i18n.js';
import { Problem, problemNote } from '../problem.js';
import { alarm, announce } from '../say.js';
import { bestForm } from '../seats/best.js';
import { loadLayout, priceOf, seatName } from '../seats/layout.js';
import { seatList } from '../seats/list.js';
import { follow, FREE, HELD } from '../seats/live.js';
import { legend, seatMap } from '../seats/map.js';
import { nearTo } from '../seats/near.js';
import { picked } from '../seats/picked.js';
import { sentToSignIn } from '../session.js';
import { join } from '../wait/place.js';
import { watchLine } from '../wait/watch.js';

const WARN_MS = 60000;

const id = concertOfPage();
const page = $('#seats');
const trouble = $('#trouble');
const clock = $('#clock');

let concert;
let layout;
let live;
let held = [];
let own;
let best;
let ways = [];

const limit = () => Math.max(0, limitsOf(concert).seats_per_fan - held.length);
const chosen = picked(limit, (changed) => {
  ways.forEach((way) => way.update(changed));
  tray();
});

function toggle(seat) {
  const done = chosen.toggle(seat);
  if (done === 'full') alarm(t('seats.limit', { n: limit() }));
  else announce(t(done === 'added' ? 'seats.added' : 'seats.removed', { seat: seatName(layout, seat) }));
}

function tray() {
  const seats = chosen.list;
  show($('#tray'), seats.length > 0);
  if (!seats.length) return;
  put(
    $('#tray-seats'),
    seats.map((seat) =>
      h(
        'button',
        {
          class: 'picked-seat',
          type: 'button',
          'aria-label': t('seats.unpick', { seat: seatName(layout, seat) }),
          onclick: () => toggle(seat),
        },
        seatName(layout, seat),
        h('span', { 'aria-hidden': 'true' }, '×'),
      ),
    ),
  );
  text(
    $('#tray-sum'),
    t('seats.tray_sum', {
      n: seats.length,
      price: points(seats.reduce((sum, seat) => sum + priceOf(layout, seat), 0)),
    }),
  );
}

/* A hold whose answer got lost may have happened: look before saying that it failed. */
async function hold(wish, button) {
  put(trouble);
  await busy(button, async () => {
    try {
      await post(`/concerts/${id}/holds`, wish);
      location.assign(payPage(id));
    } catch (problem) {
      if (problem instanceof Problem && problem.lost && (await heldAnyway(wish))) {
        location.assign(payPage(id));
        return;
      }
      if (!sentToSignIn(problem)) refused(problem, wish);
    }
  });
}

async function heldAnyway(wish) {
  const before = held.length;
  await readHolds();
  return held.length >= before + (wish.seats?.length ?? wish.best.count);
}

function refused(problem, wish) {
  if (problem.code === 'seat_taken') lost(problem, wish);
  else if (problem.code === 'not_admitted')
    put(trouble, problemNote(problem, h('a', { class: 'btn btn-s', href: waitPage(id) }, t('seats.to_queue'))));
  else if (problem.code === 'hold_limit' && held.length)
    put(trouble, problemNote(problem, h('a', { class: 'btn btn-s', href: payPage(id) }, t('seats.to_held'))));
  else put(trouble, problemNote(problem));
  trouble.scrollIntoView({ block: 'nearest' });
}

/* Say which seats are gone, and offer others close by. */
function lost(problem, wish) {
  const gone = problem.seats ?? [];
  chosen.drop(gone);
  live.mark(gone, HELD);
  if (wish.best) {
    put(trouble, problemNote(problem, h('p', {}, t('seats.best_failed'))));
    return;
  }
  const near = nearTo(layout, live.state, gone);
  put(
    trouble,
    h(
      'div',
      { class: 'note note-warn', role: 'alert' },
      h('strong', {}, t('seats.lost_title', { n: gone.length })),
      h('p', {}, gone.map((seat) => seatName(layout, seat)).join(' · ')),
      near.length > 0 && h('p', {}, t('seats.near', { seats: near.map((seat) => seatName(layout, seat)).join(' · ') })),
      near.length > 0 &&
        h(
          'div',
          { class: 'row' },
          h(
            'button',
            {
              class: 'btn btn-s',
              type: 'button',
              onclick: () => {
                chosen.set([...chosen.list, ...near]);
                put(trouble);
                ways.forEach((way) => way.showSeat(near[0]));
                $('#hold').focus();
              },
            },
            t('seats.take_near'),
          ),
        ),
    ),
  );
}

async function readHolds() {
  const answer = await get(`/concerts/${id}/holds`);
  held = answer.holds ?? [];
}

function heldNote() {
  put(
    $('#held'),
    held.length > 0 &&
      h(
        'div',
        { class: 'note' },
        h('strong', {}, t('seats.held', { n: held.length })),
        h('p', {}, t('seats.held_detail')),
        h('div', { class: 'row' }, h('a', { class: 'btn btn-main btn-s', href: payPage(id) }, t('seats.to_held'))),
      ),
  );
}

/* How long this fan may still choose. Warned a minute before, and told when it is over. */
function tick() {
  if (!own?.expires_at) return;
  const left = until(own.expires_at);
  text(clock, t('seats.time_left', { time: ticking(left) }));
  show(clock, true);
  clock.classList.toggle('chip-warn', left < WARN_MS);
  if (left < WARN_MS && !tick.warned) {
    tick.warned = true;
    announce(t('seats.time_warning'));
  }
  if (left <= 0 && !tick.over && !held.length) {
    tick.over = true;
    put(
      trouble,
      h(
        'div',
        { class: 'note note-warn', role: 'alert' },
        h('strong', {}, t('seats.time_over')),
        h('p', {}, t('seats.time_over_detail')),
        h('div', { class: 'row' }, h('a', { class: 'btn btn-s', href: waitPage(id) }, t('seats.to_queue'))),
      ),
    );
  }
}

function showWay(which) {
  const list = which === 'list';
  show(ways[0].node, list);
  show(ways[1].node, !list);
  show($('#legend'), !list);
}

function draw() {
  best = bestForm(layout, live, limit, (wish, button) => hold({ best: wish }, button));
  put($('#best'), best.node);
  ways = [seatList(layout, live, chosen, toggle), seatMap(layout, live, chosen, toggle)];
  put(
    $('#ways'),
    ways.map(({ node }) => node),
  );
  put($('#legend'), legend(layout));
  for (const radio of $('#way').querySelectorAll('input')) radio.addEventListener('change', () => showWay(radio.value));
  showWay($('#way').querySelector('input:checked').value);
  $('#hold').addEventListener('click', () => hold({ seats: chosen.list }, $('#hold')));
  heldNote();
  show(page, true);
  show($('#loading'), false);
  setInterval(tick, 1000);
  tick();
}

/* Coming here takes up an admission; without one the place to be is the queue. */
async function enter() {
  own = await get(`/concerts/${id}/queue`);
  if (own.state === 'admitted') own = await join(id, { tries: 3 });
  return own.state === 'active';
}

function heard(changed) {
  const gone = chosen.drop(changed.filter((seat) => live.state[seat] !== FREE));
  ways.forEach((way) => way.update(changed));
  best.update();
  if (gone.length) lost({ seats: gone }, {});
}

async function begin() {
  if (!id) {
    location.replace('/');
    return;
  }
  text($('#loading'), t('loading'));
  if (!(await enter())) {
    location.replace(waitPage(id));
    return;
  }
  concert = await get(`/concerts/${id}`, { shared: true });
  titled(`${t('seats.title')} · ${concert.title}`);
  text($('#concert-title'), concert.title);
  [layout] = await Promise.all([loadLayout(concert), readHolds()]);
  live = await follow(id, heard);
  draw();
  watchLine(
    id,
    () => until(own.expires_at) > 0,
    (now) => {
      own = now;
      if (own.state !== 'active') location.replace(waitPage(id));
    },
  );
}

begin().catch((problem) => {
  if (sentToSignIn(problem)) return;
  put($('#loading'));
  put(
    trouble,
    problemNote(
      problem,
      h('button', { class: 'btn btn-s', type: 'button', onclick: () => location.reload() }, t('again')),
    ),
  );
});
