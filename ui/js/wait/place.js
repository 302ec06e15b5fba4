/*
 * The fan's own place in a queue, and the signed ticket that gives it back should the server have
 * lost it.
 */
import { del, get, post } from '../api.js';
import { forget, keep, kept } from '../store.js';
import { who } from '../session.js';
import { noteEntry } from './entry.js';

const name = (concert) => `ticket:${concert}:${who()?.account_id ?? ''}`;

/*
 * A board may be some seconds old, so the server may have lost the line before it says so: the
 * ticket from before the last change of number is worth more then.
 */
const BEFORE_MS = 60000;
let number = 0;
let before = null;

function noted(concert, own) {
  if (own.ticket) {
    if (number !== 0 && own.number !== number) before = { ticket: kept(name(concert)), until: Date.now() + BEFORE_MS };
    number = own.number;
    keep(name(concert), own.ticket);
  }
  noteEntry(concert, own);
  return own;
}

/* Safe to repeat: whoever is in the queue keeps the place. */
export const join = (concert, options) => joinWith(concert, kept(name(concert)), options);

async function joinWith(concert, ticket, options) {
  return noted(concert, await post(`/concerts/${concert}/queue`, ticket ? { ticket } : {}, { tries: 3, ...options }));
}

export async function myPlace(concert, options) {
  return noted(concert, await get(`/concerts/${concert}/queue`, options));
}

/*
 * Another value on the board says that the server lost the line: all go back, but not in the same moment. The front
 * comes first, 5,000 a second; before the draw nobody is in front. A hidden tab may have slept for a minute as it is.
 */
const BACK_MS_MAX = 5000;
const FAR_MS_MAX = 240000;
const FANS_A_MS = 5;
export const beganAnew = (board, last) => last !== null && board.numbers_from > last.numbers_from;
export function backAt(ahead, is_early) {
  const near = document.visibilityState === 'hidden' ? 0 : BACK_MS_MAX;
  const far = Math.min(FAR_MS_MAX, ahead / FANS_A_MS);
  return Date.now() + near * Math.random() + (is_early ? far * Math.random() : far);
}

/* Who is still inside, or let in, has nothing to show. */
export async function goBack(concert) {
  const own = await get(`/concerts/${concert}/queue`, { tries: 1 });
  if (!['none', 'waiting'].includes(own.state)) return noted(concert, own);
  const ticket = before?.until > Date.now() ? before.ticket : null;
  /* Where joining again means the end of the line, it is not done for nothing. */
  if (own.state === 'waiting' && own.number === number && !ticket) return noted(concert, own);
  const back = await joinWith(concert, ticket ?? kept(name(concert)));
  before = null;
  return back;
}

export const hasTicket = (concert) => kept(name(concert)) !== null;

export async function leave(concert) {
  await del(`/concerts/${concert}/queue`, { tries: 3 });
  forget(name(concert));
}
