/* The door: a ticket's code is read or typed, and the answer is big enough to see at arm's length. */
import '../frame.js';
import { get, post } from '../api.js';
import { $, busy, h, put, show, whenSent } from '../dom.js';
import { localClock, localTime, t, venueTime } from '../i18n.js';
import { canScan, scan } from '../operator/camera.js';
import { failedAt } from '../operator/desk.js';
import { placeOf } from '../operator/holds.js';
import { alarm, toast } from '../say.js';
import { keep, kept } from '../store.js';

const KEEP = 8;
const MARKS = { good: '✓', used: '!', bad: '×' };
const form = $('#check');
const verdict = $('#verdict');
const log = $('#log');
const concerts = form.elements.concert;
let stop = null;

const kindOf = ({ valid, reason }) => (valid ? 'good' : reason === 'used' ? 'used' : 'bad');
const wordsOf = ({ valid, reason }) => t(valid ? 'door.good' : `door.${reason}`);

function showVerdict(answer) {
  const kind = kindOf(answer);
  put(
    verdict,
    h(
      'div',
      { class: `verdict verdict-${kind}` },
      h('span', { class: 'verdict-mark', 'aria-hidden': 'true' }, MARKS[kind]),
      h(
        'div',
        {},
        h('strong', {}, wordsOf(answer)),
        answer.reservation_number && h('p', { class: 'verdict-seat' }, placeOf(answer)),
        answer.reservation_number && h('p', { class: 'num' }, `${answer.title} · ${answer.reservation_number}`),
        kind === 'used' && h('p', { class: 'num' }, t('door.used_at', { time: localTime(answer.used_at) })),
      ),
    ),
  );
  alarm([wordsOf(answer), answer.reservation_number && placeOf(answer)].filter(Boolean).join('. '));
  log.prepend(
    h(
      'li',
      {},
      h('span', { class: 'num' }, localClock(Date.now())),
      h('span', { class: `door-${kind}` }, wordsOf(answer)),
      h('span', { class: 'num quiet' }, answer.reservation_number ?? ''),
    ),
  );
  while (log.children.length > KEEP) log.lastChild.remove();
}

/* Asked once: a ticket is used up by the question, and asked again it would be refused. */
async function check(ticket) {
  await busy($('#check-go'), async () => {
    try {
      showVerdict(
        await post('/operator/tickets/verify', { ticket, concert_id: concerts.value ? Number(concerts.value) : null }),
      );
    } catch (problem) {
      failedAt(verdict, problem);
    }
  });
  form.elements.ticket.select();
}

function send(event) {
  event.preventDefault();
  const ticket = form.elements.ticket.value.trim();
  if (ticket) check(ticket);
}

async function turn() {
  if (stop) {
    stop();
    stop = null;
  } else {
    show($('#video'), true);
    try {
      stop = await scan($('#video'), (ticket) => {
        form.elements.ticket.value = ticket;
        check(ticket);
      });
    } catch {
      toast(t('door.no_camera'));
    }
  }
  show($('#video'), stop !== null);
  $('#camera').textContent = t(stop ? 'door.camera_off' : 'door.camera_on');
}

/* The concerts that may be at this door, the next one first; a ticket for another is then refused. */
async function fillConcerts() {
  const { concerts: list } = await get('/operator/concerts?limit=100');
  const coming = list.sort((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at));
  concerts.append(
    ...coming.map((concert) =>
      h('option', { value: concert.concert_id }, `${concert.title} · ${venueTime(concert.starts_at, concert)}`),
    ),
  );
  concerts.value = coming.some(({ concert_id }) => String(concert_id) === kept('door')) ? kept('door') : '';
}

form.elements.ticket.focus();
await fillConcerts().catch((problem) => {
  failedAt(verdict, problem);
  delete form.dataset.sent;
});
concerts.addEventListener('change', () => keep('door', concerts.value));

/* Not before it is known for which concert this door is: a ticket for another would be used up. */
$('#camera').addEventListener('click', turn);
$('#camera').textContent = t('door.camera_on');
show($('#camera'), canScan());
show($('#camera-none'), !canScan());
whenSent(form, send);
