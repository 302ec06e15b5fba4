/* One concert while it sells: what is going on, the levers, and what they would do. */
import { titled } from '../frame.js';
import { get, patch, post } from '../api.js';
import { limitsOf, stateChip } from '../concert.js';
import { $, busy, concertOfPage, h, put, text, whenSent } from '../dom.js';
import { localClock, number, range, t } from '../i18n.js';
import { chart } from '../operator/chart.js';
import { failedAt } from '../operator/desk.js';
import { effectOf } from '../operator/effect.js';
import { holdsTable } from '../operator/holds.js';
import { officeTiles } from '../operator/office.js';
import { refusedTable } from '../operator/refused.js';
import { samples } from '../operator/samples.js';
import { readStats } from '../operator/stats.js';
import { tilesOf } from '../operator/tiles.js';
import { problemText } from '../problem.js';
import { jittered, repeat } from '../repeat.js';
import { ask, toast } from '../say.js';
import { estimateOf } from '../wait/estimate.js';

const BOARD_MS = 2000;
const STATS_MS = 5000;
const CAPACITY_MAX_LEAST = 200;
const RATE_MAX = 6000;

const id = concertOfPage();
const seen = samples();
const form = $('#policy');
let concert;
let board;
let dirty = false;

const tiles = tilesOf(['waiting', 'inside', 'per_minute', 'wait', 'seats', 'sold', 'outbox', 'promises']);
put($('#tiles'), tiles.nodes);

const charts = {
  crowd: chart(t('op.chart.crowd'), [{ label: t('op.waiting') }, { label: t('op.inside') }, { label: t('op.away') }]),
  flow: chart(t('op.chart.flow'), [
    { label: t('op.joins') },
    { label: t('op.admissions') },
    { label: t('op.no_shows') },
  ]),
  sales: chart(t('op.chart.sales'), [
    { label: t('op.holds') },
    { label: t('op.payments') },
    { label: t('op.refusals') },
  ]),
  wait: chart(t('op.chart.wait'), [
    { label: t('op.wait_low') },
    { label: t('op.wait_high') },
    { label: t('op.wait_truth') },
  ]),
};

const refused = refusedTable();
const came_true = h('p', { class: 'quiet small' });
charts.wait.node.append(came_true);

const waitWords = (seconds) =>
  seconds === null ? t('op.never') : seconds === 0 ? t('op.nobody') : range(seconds, seconds);

/* The wait as fans are told it, where they are told one; what the levers promise where not. */
function waitNow(flow) {
  if (board.state !== 'open') return t(`state.${board.state}`);
  const told = board.waiting ? estimateOf(board.flow, board.waiting - 1) : null;
  if (told) return range(told.low_s, told.high_s);
  return waitWords(
    effectOf({
      board,
      flow,
      capacity: board.capacity,
      rate: board.rate_per_minute,
      active_ttl_s: limitsOf(concert).active_ttl_s,
    }).wait_s,
  );
}

function show() {
  const flow = seen.flow();
  tiles.set('waiting', number(board.waiting), { more: board.away ? t('op.tile_away', { n: board.away }) : '' });
  tiles.set('inside', number(board.active), { more: t('op.tile_room', { n: board.capacity }) });
  tiles.set('per_minute', flow === null ? '–' : number(rounded(flow)));
  tiles.set('seats', number(board.seats_left), { more: t('op.tile_of', { n: concert.seats_total }) });
  tiles.set('sold', `${Math.floor((1 - board.seats_left / concert.seats_total) * 100)}%`);
  tiles.set('wait', waitNow(flow));
  put($('#state'), stateChip(board.state));
  for (const button of $('#levers').querySelectorAll('button'))
    button.disabled = !button.dataset.when.split(' ').includes(board.state);
  text($('#fresh'), t('wait.updated', { time: localClock(Date.now()) }));
  effect();
}

const rounded = (n) => (n < 10 ? Math.round(n * 10) / 10 : Math.round(n));

/* The levers' effect is worked out before anything is sent. */
function effect() {
  if (!board) return;
  const capacity = Number(form.elements.capacity.value);
  const rate = form.elements.limited.checked ? Number(form.elements.rate.value) : null;
  text($('#capacity-out'), number(capacity));
  text($('#rate-out'), rate === null ? t('op.no_rate') : t('op.rate_out', { n: rate }));
  form.elements.rate.disabled = rate === null;
  const then = effectOf({ board, flow: seen.flow(), capacity, rate, active_ttl_s: limitsOf(concert).active_ttl_s });
  put(
    $('#effect'),
    h(
      'p',
      {},
      h(
        'strong',
        {},
        board.waiting === 0
          ? t('op.effect_none')
          : t('op.effect', { wait: waitWords(then.wait_s), waiting: board.waiting, n: board.waiting }),
      ),
    ),
    h(
      'p',
      { class: 'quiet' },
      t(then.measured ? 'op.effect_measured' : 'op.effect_assumed', {
        minutes: Math.max(1, Math.round(then.stay_minutes)),
        flow: rounded(then.per_minute),
        n: rounded(then.per_minute),
      }),
    ),
  );
  $('#apply').disabled = !dirty;
}

function fromServer({ capacity, rate_per_minute }) {
  form.elements.capacity.max = String(Math.max(CAPACITY_MAX_LEAST, capacity * 4));
  form.elements.capacity.value = String(capacity);
  form.elements.limited.checked = rate_per_minute !== null && rate_per_minute !== undefined && rate_per_minute > 0;
  form.elements.rate.max = String(Math.max(600, Math.min(RATE_MAX, (rate_per_minute ?? 0) * 4)));
  if (rate_per_minute) form.elements.rate.value = String(rate_per_minute);
  dirty = false;
}

async function apply(event) {
  event.preventDefault();
  await busy($('#apply'), async () => {
    try {
      const capacity = Number(form.elements.capacity.value);
      const rate_per_minute = form.elements.limited.checked ? Number(form.elements.rate.value) : null;
      await patch(`/operator/concerts/${id}`, { capacity, rate_per_minute }, { tries: 3 });
      Object.assign(board, { capacity, rate_per_minute });
      dirty = false;
      toast(t('op.applied'));
      show();
    } catch (problem) {
      toast(problemText(problem));
    }
  });
}

async function pull(button) {
  const what = button.dataset.do;
  if (
    ['drain', 'close'].includes(what) &&
    !(await ask({
      title: t(`op.${what}_title`),
      detail: t(`op.${what}_detail`),
      yes: t(`op.${what}`),
      bad: what === 'close',
    }))
  )
    return;
  await busy(button, async () => {
    try {
      await post(`/operator/concerts/${id}/queue/${what}`, undefined, { tries: 3 });
      toast(t(`op.${what}_done`));
      await look();
    } catch (problem) {
      toast(problemText(problem));
    }
  });
}

async function look() {
  board = await get(`/concerts/${id}/board`, { shared: true, tries: 1 });
  seen.add(board, Date.now());
  if (!dirty && document.activeElement?.form !== form) fromServer(board);
  show();
  return jittered(BOARD_MS);
}

async function drawCharts() {
  const stats = await readStats(id);
  charts.crowd.set(stats.at, stats.level('waiting'), stats.level('active'), stats.level('away'));
  charts.flow.set(stats.at, stats.per_minute('joins'), stats.per_minute('admissions'), stats.per_minute('no_shows'));
  charts.sales.set(stats.at, stats.per_minute('holds'), stats.per_minute('payments'), stats.per_minute('refusals'));
  charts.wait.set(stats.at, stats.minutes('told_low_s'), stats.minutes('told_high_s'), stats.minutes('true_s'));
  const { right, over } = stats.waits;
  text(came_true, over ? t('op.came_true', { n: over, right, share: `${Math.round((right / over) * 100)}%` }) : '');
  refused.set(stats);
  return STATS_MS;
}

async function begin() {
  if (!id) {
    location.replace('/operator.html');
    return;
  }
  concert = await get(`/concerts/${id}`, { shared: true });
  text($('h1'), concert.title);
  titled(`${concert.title} · ${t('nav.operator')}`);
  await look();
  fromServer(board);
  $('#live').hidden = false;
  put(
    $('#charts'),
    Object.values(charts).map(({ node }) => node),
  );
  const holds = holdsTable(id);
  put($('#refused'), refused.node);
  put($('#holds'), holds.node);
  for (const work of [look, drawCharts, holds.look, () => officeTiles(tiles)]) repeat(work, () => undefined);
}

form.addEventListener('input', () => {
  dirty = true;
  effect();
});
whenSent(form, apply);
$('#levers').addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button) pull(button);
});
$('#fan-view').href = `/concert.html?c=${id}`;
begin().catch((problem) => failedAt($('#trouble'), problem));
