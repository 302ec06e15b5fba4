/* The door: a ticket's code is read or typed, and the answer is big enough to see at arm's length. */
import '../frame.js';
import { post } from '../api.js';
import { $, busy, h, put, show } from '../dom.js';
import { localClock, t } from '../i18n.js';
import { canScan, scan } from '../operator/camera.js';
import { failedAt, missing } from '../operator/desk.js';
import { alarm, toast } from '../say.js';

const KEEP = 8;
const form = $('#check');
const verdict = $('#verdict');
const log = $('#log');
let stop = null;

const kindOf = ({ valid, used_at }) => (valid ? 'good' : used_at ? 'used' : 'bad');

function showVerdict(answer) {
  const kind = kindOf(answer);
  put(verdict, h('div', { class: `verdict verdict-${kind}` }, h('span', { class: 'verdict-mark', 'aria-hidden': 'true' }, { good: '✓', used: '!', bad: '×' }[kind]),
    h('div', {}, h('strong', {}, t(`door.${kind}`)), h('p', { class: 'num' }, answer.reservation_number ?? ''), kind === 'used' && h('p', {}, t('door.used_at', { time: localClock(answer.used_at) })))));
  alarm(t(`door.${kind}`));
  log.prepend(h('li', {}, h('span', { class: 'num' }, localClock(Date.now())), h('span', {}, t(`door.${kind}`)), h('span', { class: 'num quiet' }, answer.reservation_number ?? '')));
  while (log.children.length > KEEP) log.lastChild.remove();
}

async function check(ticket) {
  await busy($('#check-go'), async () => {
    try {
      showVerdict(await post('/operator/tickets/verify', { ticket }));
    } catch (problem) {
      if (missing(problem)) put(verdict, h('p', { class: 'note' }, t('door.none')));
      else if ([400, 422].includes(problem.status)) showVerdict({ valid: false });
      else failedAt(verdict, problem);
    }
  });
  form.elements.ticket.select();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const ticket = form.elements.ticket.value.trim();
  if (ticket) check(ticket);
});

async function turn() {
  if (stop) {
    stop();
    stop = null;
  } else {
    try {
      stop = await scan($('#video'), (ticket) => { form.elements.ticket.value = ticket; check(ticket); });
    } catch {
      toast(t('door.no_camera'));
    }
  }
  show($('#video'), stop !== null);
  $('#camera').textContent = t(stop ? 'door.camera_off' : 'door.camera_on');
}

show($('#camera'), canScan());
show($('#camera-none'), !canScan());
$('#camera').addEventListener('click', turn);
$('#camera').textContent = t('door.camera_on');
form.elements.ticket.focus();
