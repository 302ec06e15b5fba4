/* Whether every promise holds, what waits to be sent, and what got stuck. */
import '../frame.js';
import { get, post } from '../api.js';
import { $, busy, h, put } from '../dom.js';
import { localTime, number, spoken, t } from '../i18n.js';
import { failedAt, missing } from '../operator/desk.js';
import { problemText } from '../problem.js';
import { ask, toast } from '../say.js';

const none = (key) => h('p', { class: 'note' }, t(key));

async function part(place, path, draw, absent) {
  try {
    put(place, draw(await get(path)));
  } catch (problem) {
    if (missing(problem)) put(place, none(absent));
    else failedAt(place, problem);
  }
}

const rowsOf = (answer) => answer.invariants ?? answer.promises ?? Object.entries(answer).filter(([, n]) => typeof n === 'number').map(([name, broken]) => ({ name, broken }));
const brokenOf = (row) => row.broken ?? row.rows ?? row.count ?? 0;

function invariants(answer) {
  const rows = rowsOf(answer);
  const broken = rows.reduce((sum, row) => sum + brokenOf(row), 0);
  return [h('p', { class: `note ${broken ? 'note-bad' : 'note-good'}` }, h('strong', {}, broken ? t('health.broken', { n: broken }) : t('health.kept', { n: rows.length }))),
    h('ul', { class: 'promises' }, rows.map((row) => h('li', {}, h('span', { class: brokenOf(row) ? 'chip chip-bad' : 'chip chip-good' }, number(brokenOf(row))),
      h('span', {}, row.title ?? row.description ?? String(row.name ?? row.promise).replaceAll('_', ' ')))))];
}

function outbox(answer) {
  const oldest = answer.oldest_ms ?? answer.lag_ms ?? null;
  return h('dl', { class: 'facts' }, h('dt', {}, t('health.waiting')), h('dd', { class: 'num' }, number(answer.waiting ?? answer.pending ?? 0)),
    oldest !== null && [h('dt', {}, t('health.oldest')), h('dd', { class: 'num' }, spoken(oldest))]);
}

async function replay(letter, button) {
  if (!await ask({ title: t('health.replay_title'), detail: t('health.replay_detail', { type: letter.type }), yes: t('health.replay') })) return;
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

function letterRow(letter) {
  const button = h('button', { class: 'btn btn-s', type: 'button', onclick: () => replay(letter, button) }, t('health.replay'));
  return h('tr', {}, h('td', {}, letter.type, h('span', { class: 'quiet ref' }, letter.consumer_group)), h('td', {}, letter.error), h('td', { class: 'end' }, number(letter.attempts ?? 0)),
    h('td', { class: 'num nowrap' }, localTime(letter.created_at)), h('td', { class: 'end' }, letter.replayed_at ? t('health.replayed_at', { time: localTime(letter.replayed_at) }) : button));
}

const letters = () => part($('#letters'), '/operator/dead-letters', (answer) => {
  const list = answer.dead_letters ?? [];
  return list.length ? h('div', { class: 'table-wrap' }, h('table', {},
    h('thead', {}, h('tr', {}, ['health.event', 'health.error', 'health.attempts', 'health.since', 'health.replay'].map((key, i) => h('th', { scope: 'col', class: i === 2 || i === 4 ? 'end' : null }, t(key))))),
    h('tbody', {}, list.map(letterRow)))) : h('p', { class: 'quiet' }, t('health.no_letters'));
}, 'health.letters_absent');

const load = () => Promise.all([
  part($('#invariants'), '/operator/invariants', invariants, 'health.invariants_absent'),
  part($('#outbox'), '/operator/outbox', outbox, 'health.outbox_absent'),
  letters(),
]);

$('#again').addEventListener('click', () => busy($('#again'), load));
load();
