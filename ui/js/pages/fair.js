/*
 * How the queue is fair, and one concert's draw: what was promised before the opening, what was shown afterwards, and
 * whether the two agree. Nobody has to believe the server: the hashes and the shuffle are worked out here.
 */
import '../frame.js';
import { get } from '../api.js';
import { stateOf } from '../concert.js';
import { $, busy, concertOfPage, h, put, text } from '../dom.js';
import { number, t } from '../i18n.js';
import { Problem, problemNote } from '../problem.js';
import { who } from '../session.js';
import { noted } from '../wait/entry.js';
import { bytesOf, bytesOf64, canCheck, entriesOf, hexOf, sha256, shuffleOf, tookPart } from '../wait/shuffle.js';

const id = concertOfPage();
const page = $('#fair');

const how = () =>
  h(
    'section',
    { class: 'stack' },
    h('h2', {}, t('fair.how')),
    h(
      'ul',
      { class: 'plain-list' },
      ['fair.1', 'fair.2', 'fair.3', 'fair.4', 'fair.5'].map((key) => h('li', {}, t(key))),
    ),
  );

const verdict = (good, key) =>
  h(
    'li',
    { class: good ? 'check-good' : 'check-bad' },
    h('span', { class: 'check-mark', 'aria-hidden': 'true' }, good ? '✓' : '×'),
    h('span', {}, t(good ? key : `${key}_not`)),
  );

/* Each thing that can be checked without an entry number, as a line with its outcome. */
async function checks(draw, list) {
  const { commitment: noted_then } = noted(id);
  const found = [
    noted_then && ['fair.same', noted_then === draw.commitment],
    ['fair.agrees', hexOf(await sha256(bytesOf(draw.seed))) === draw.commitment],
    ['fair.list', hexOf(await sha256(list)) === draw.entrants_hash && entriesOf(list).length === draw.entrants],
  ].filter(Boolean);
  return h(
    'ul',
    { class: 'checks' },
    found.map(([key, good]) => verdict(good, key)),
  );
}

/* One's own place: the number that the draw gives, and how many of the entrants got a smaller one. */
function ownPlace(draw, list) {
  const input = h('input', {
    name: 'entry',
    inputmode: 'numeric',
    autocomplete: 'off',
    pattern: '[0-9]*',
    value: String(noted(id).entry ?? ''),
  });
  const go = h('button', { class: 'btn' }, t('fair.check_go'));
  const said = h('div', { 'aria-live': 'polite' });

  async function check(event) {
    event.preventDefault();
    const entry = Number(input.value);
    const there = Number.isSafeInteger(entry) && entry >= 1 && entry <= draw.last_entry && tookPart(list, entry);
    if (!there) {
      put(said, h('p', { class: 'note note-warn' }, t('fair.not_there', { entry: input.value || '–' })));
      return;
    }
    await busy(go, async () => {
      const numbers = await shuffleOf(draw);
      const [mine] = await numbers([entry]);
      const counted = h('p', { class: 'quiet num' });
      put(
        said,
        h(
          'p',
          { class: 'note note-good' },
          h('strong', {}, t('fair.number', { entry: number(entry), number: number(mine) })),
        ),
        counted,
      );
      const all = await numbers(entriesOf(list), (part) =>
        text(counted, t('fair.counting', { part: `${Math.floor(part * 100)}%` })),
      );
      text(counted, t('fair.ahead', { n: all.filter((other) => other < mine).length }));
    });
  }

  return h(
    'form',
    { class: 'stack stack-s', onsubmit: check, novalidate: true },
    h('h3', {}, t('fair.own')),
    h('p', {}, t('fair.own_detail')),
    h('div', { class: 'inline-form' }, h('label', { class: 'field' }, h('span', {}, t('fair.entry')), input), go),
    said,
  );
}

async function checked() {
  if (!canCheck()) return h('p', { class: 'note' }, t('fair.by_hand'));
  const draw = await get(`/concerts/${id}/draw?format=list`);
  const list = bytesOf64(draw.list);
  return [await checks(draw, list), draw.entrants > 0 && h('div', { class: 'card' }, ownPlace(draw, list))];
}

const promise = () =>
  who() && noted(id).entry ? h('p', {}, t('fair.your_entry', { number: number(noted(id).entry) })) : null;

async function drawOf(draw) {
  const row = (name, value) => value !== null && [h('dt', {}, t(name)), h('dd', { class: 'hash' }, value)];
  return h(
    'section',
    { class: 'stack' },
    h('h2', {}, t('fair.draw')),
    draw.seed ? await checked() : [h('p', { class: 'note' }, t('fair.before')), promise()],
    h(
      'dl',
      { class: 'facts facts-long' },
      row('fair.commitment', draw.commitment),
      row('fair.seed', draw.seed),
      row('fair.list_hash', draw.entrants_hash),
      row('fair.entrants', number(draw.entrants)),
      row('fair.method', `${draw.algorithm} · SHA-256`),
    ),
    h(
      'p',
      {},
      h('a', { href: `/api/v1/concerts/${id}/draw?format=list`, download: `draw-${id}.json` }, t('fair.download')),
    ),
  );
}

/* A concert that opened at once, or before anybody came, had nothing to draw. */
const hadNobody = (concert, draw) => stateOf(concert) !== 'pre' && draw.entrants === 0;

async function load() {
  put(page, how());
  if (!id) return;
  try {
    const [concert, draw] = await Promise.all([get(`/concerts/${id}`, { shared: true }), get(`/concerts/${id}/draw`)]);
    $('.page-head').append(h('p', {}, h('a', { href: `/concert.html?c=${id}` }, concert.title)));
    page.append(hadNobody(concert, draw) ? h('p', { class: 'note' }, t('fair.no_draw')) : await drawOf(draw));
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 404)
      page.append(h('p', { class: 'note note-warn' }, t('concert.unknown')));
    else page.append(problemNote(problem));
  }
}

load();
