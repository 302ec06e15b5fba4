/* Whether every promise holds, what waits to be sent, and what got stuck. */
import '../frame.js';
import { get, post } from '../api.js';
import { $, busy, h, put } from '../dom.js';
import { has, localTime, number, spoken, t } from '../i18n.js';
import { failedAt } from '../operator/desk.js';
import { table } from '../operator/table.js';
import { problemText } from '../problem.js';
import { ask, toast } from '../say.js';

const SHOWN = 20;

async function part(place, path, draw) {
  try {
    put(place, draw(await get(path)));
  } catch (problem) {
    failedAt(place, problem);
  }
}

/* A promise that these pages have no words for yet is told by its name. */
const promiseWords = (name) => (has(`promise.${name}`) ? t(`promise.${name}`) : name.replaceAll('_', ' '));

function invariants({ invariants: rows }) {
  const broken = rows.reduce((sum, row) => sum + row.broken, 0);
  return [
    h(
      'p',
      { class: `note ${broken ? 'note-bad' : 'note-good'}` },
      h('strong', {}, broken ? t('health.broken', { n: broken }) : t('health.kept', { n: rows.length })),
    ),
    h(
      'ul',
      { class: 'promises' },
      rows.map((row) =>
        h(
          'li',
          {},
          h('span', { class: row.broken ? 'chip chip-bad' : 'chip chip-good' }, number(row.broken)),
          h('span', {}, promiseWords(row.promise)),
        ),
      ),
    ),
  ];
}

const eventCell = ({ type, aggregatetype, aggregateid }) => [
  type,
  h('span', { class: 'quiet ref num' }, `${aggregatetype} ${aggregateid}`),
];

const when = (time) => h('span', { class: 'num nowrap' }, localTime(time));

const EVENT_HEADS = [{ key: 'health.event' }, { key: 'health.since' }, { key: 'health.sent' }];

const eventRow = (event) => [
  eventCell(event),
  when(event.created_at),
  event.sent_at ? when(event.sent_at) : t('health.not_sent'),
];

function outbox({ waiting, retrying, lag_ms, events }) {
  const fact = (key, value) => [h('dt', {}, t(key)), h('dd', { class: 'num' }, value)];
  return [
    h(
      'dl',
      { class: 'facts' },
      fact('health.waiting', number(waiting)),
      fact('health.retrying', number(retrying)),
      fact('health.oldest', lag_ms > 0 ? spoken(lag_ms) : '–'),
    ),
    events.length > 0 && table(EVENT_HEADS, events.map(eventRow)),
  ];
}

async function replay(letter, button) {
  if (
    !(await ask({
      title: t('health.replay_title'),
      detail: t('health.replay_detail', { type: letter.type }),
      yes: t('health.replay'),
    }))
  )
    return;
  await busy(button, async () => {
    try {
      await post(`/operator/dead-letters/${letter.dead_letter_id}/replay`, undefined, { tries: 1 });
      toast(t('health.replayed'));
      await letters();
    } catch (problem) {
      toast(problemText(problem));
    }
  });
}

/* What was in it is only asked when somebody wants to see it. */
function content(letter) {
  const box = h('pre', {});
  const node = h('details', {}, h('summary', {}, t('health.content')), box);
  node.addEventListener('toggle', async () => {
    if (!node.open || box.textContent) return;
    try {
      box.textContent = (await get(`/operator/dead-letters/${letter.dead_letter_id}`)).payload;
    } catch (problem) {
      box.textContent = problemText(problem);
    }
  });
  return node;
}

const LETTER_HEADS = [
  { key: 'health.event' },
  { key: 'health.error' },
  { key: 'health.attempts', end: true },
  { key: 'health.since' },
  { end: true },
];

function letterRow(letter) {
  const button = h(
    'button',
    { class: 'btn btn-s', type: 'button', onclick: () => replay(letter, button) },
    t('health.replay'),
  );
  const again = letter.replayed_at && t('health.replayed_at', { time: localTime(letter.replayed_at) });
  return [
    eventCell(letter),
    h(
      'div',
      { class: 'letter' },
      h('strong', {}, letter.consumer_group),
      h('span', { class: 'ref' }, letter.error),
      content(letter),
    ),
    h('span', { class: 'num' }, number(letter.attempts)),
    when(letter.created_at),
    again ? h('span', { class: 'quiet' }, again) : button,
  ];
}

const letters = () =>
  part($('#letters'), `/operator/dead-letters?limit=${SHOWN}`, ({ dead_letters: list, next_cursor }) =>
    list.length
      ? [
          table(LETTER_HEADS, list.map(letterRow)),
          next_cursor && h('p', { class: 'quiet' }, t('health.more', { n: SHOWN })),
        ]
      : h('p', { class: 'quiet' }, t('health.no_letters')),
  );

const load = () =>
  Promise.all([
    part($('#invariants'), '/operator/invariants', invariants),
    part($('#outbox'), `/operator/outbox?limit=${SHOWN}`, outbox),
    letters(),
  ]);

$('#again').addEventListener('click', () => busy($('#again'), load));
load();
