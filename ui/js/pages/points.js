/* The balance, a top-up, and every entry that made the balance what it is. */
import '../frame.js';
import { get } from '../api.js';
import { $, busy, h, put, show, text } from '../dom.js';
import { topUp } from '../hold/top-up.js';
import { has, localTime, number, points, t } from '../i18n.js';
import { problemNote } from '../problem.js';
import { sentToSignIn } from '../session.js';

const LIMIT = 20;
const rows = $('#entries');
const more = $('#more');
let cursor = null;

const signed = (n) => `${n > 0 ? '+' : n < 0 ? '−' : ''}${number(Math.abs(n))}`;
const reasonOf = (reason) => t(has(`points.reason.${reason}`) ? `points.reason.${reason}` : 'points.reason.other');

function row({ delta, reason, reference, balance_after, created_at }) {
  return h(
    'tr',
    { role: 'row' },
    h(
      'td',
      { role: 'cell' },
      h('span', {}, reasonOf(reason)),
      h('span', { class: 'quiet ref num' }, localTime(created_at), reference && ` · ${reference}`),
    ),
    h('td', { role: 'cell', class: delta < 0 ? 'end' : 'end plus' }, signed(delta)),
    h('td', { role: 'cell', class: 'end' }, number(balance_after)),
  );
}

async function page() {
  const answer = await get(`/points/entries?limit=${LIMIT}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
  cursor = answer.next_cursor;
  rows.append(...answer.entries.map(row));
  show(more, cursor !== null);
}

async function load() {
  try {
    const { balance } = await get('/points');
    text($('#balance'), points(balance));
    cursor = null;
    put(rows);
    await page();
    show($('#history'), true);
  } catch (problem) {
    if (!sentToSignIn(problem)) put($('#trouble'), problemNote(problem));
  }
}

more.addEventListener('click', () =>
  busy(more, () => page().catch((problem) => put($('#trouble'), problemNote(problem)))),
);
put($('#top-up'), topUp(load));
load();
