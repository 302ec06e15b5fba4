/*
 * The fan's own place in a queue, and the signed ticket that gives it back should the server have
 * lost it.
 */
import { del, get, post } from '../api.js';
import { forget, keep, kept } from '../store.js';
import { who } from '../session.js';
import { noteEntry } from './entry.js';

const name = (concert) => `ticket:${concert}:${who()?.account_id ?? ''}`;

function noted(concert, own) {
  if (own.ticket) keep(name(concert), own.ticket);
  noteEntry(concert, own);
  return own;
}

/* Safe to repeat: whoever is in the queue keeps the place. */
export async function join(concert, options) {
  const ticket = kept(name(concert));
  return noted(concert, await post(`/concerts/${concert}/queue`, ticket ? { ticket } : {}, { tries: 3, ...options }));
}

export async function myPlace(concert, options) {
  return noted(concert, await get(`/concerts/${concert}/queue`, options));
}

/* Another value on the board says that the server lost the line: all go back, but not in the same moment. */
const BACK_MS_MAX = 5000;
export const beganAnew = (board, before) => before !== null && board.numbers_from !== before.numbers_from;
export const backAt = () => Date.now() + BACK_MS_MAX * Math.random();

/* A place that another device took anew is not noted: the ticket counts for more. */
export async function goBack(concert) {
  const own = await get(`/concerts/${concert}/queue`, { tries: 1 });
  return ['none', 'waiting'].includes(own.state) ? join(concert) : noted(concert, own);
}

export const hasTicket = (concert) => kept(name(concert)) !== null;

export async function leave(concert) {
  await del(`/concerts/${concert}/queue`, { tries: 3 });
  forget(name(concert));
}
