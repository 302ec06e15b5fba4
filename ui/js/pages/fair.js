/*
 * How the queue is fair, and one concert's draw: what was promised before the opening, what was
 * shown afterwards, and whether the two agree.
 */
import '../frame.js';
import { get } from '../api.js';
import { $, concertOfPage, h, put } from '../dom.js';
import { number, t } from '../i18n.js';
import { Problem, problemNote } from '../problem.js';

const id = concertOfPage();
const page = $('#fair');

const how = () => h('section', { class: 'stack' }, h('h2', {}, t('fair.how')),
  h('ul', { class: 'plain-list' }, ['fair.1', 'fair.2', 'fair.3', 'fair.4', 'fair.5'].map((key) => h('li', {}, t(key)))));

const bytesOf = (hex) => new Uint8Array(hex.match(/../g).map((pair) => parseInt(pair, 16)));
const hexOf = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16).padStart(2, '0')).join('');

/* True or false when the commitment is the SHA-256 of the seed; null when it cannot be checked here. */
async function agrees({ commitment, seed, commitment_hash = 'sha256' }) {
  if (!seed || !crypto.subtle || commitment_hash !== 'sha256' || !/^[0-9a-f]{64}$/i.test(commitment) || !/^([0-9a-f]{2})+$/i.test(seed)) return null;
  return hexOf(await crypto.subtle.digest('SHA-256', bytesOf(seed))) === commitment.toLowerCase();
}

const VERDICT = { true: ['note-good', 'fair.agrees'], false: ['note-bad', 'fair.differs'], null: ['', 'fair.by_hand'] };

async function drawOf(draw) {
  const [tone, key] = VERDICT[draw.seed ? await agrees(draw) : null];
  const entrants = Array.isArray(draw.entrants) ? draw.entrants.length : draw.entrants;
  const row = (name, value) => value !== undefined && value !== null && [h('dt', {}, t(name)), h('dd', { class: 'hash num' }, String(value))];
  return h('section', { class: 'stack' }, h('h2', {}, t('fair.draw')),
    draw.seed ? h('p', { class: `note ${tone}` }, t(key)) : h('p', { class: 'note' }, t('fair.before')),
    h('dl', { class: 'facts' }, row('fair.commitment', draw.commitment), row('fair.seed', draw.seed), row('fair.entrants', entrants === undefined ? null : number(entrants)), row('fair.method', draw.method ?? draw.algorithm)),
    h('p', {}, h('a', { href: `/api/v1/concerts/${id}/draw`, download: `draw-${id}.json` }, t('fair.download'))));
}

async function load() {
  put(page, how());
  if (!id) return;
  try {
    page.append(await drawOf(await get(`/concerts/${id}/draw`)));
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 404) page.append(h('p', { class: 'note' }, t('fair.no_draw')));
    else page.append(problemNote(problem));
  }
}

load();
