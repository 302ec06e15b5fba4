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

export const hasTicket = (concert) => kept(name(concert)) !== null;

export async function leave(concert) {
  await del(`/concerts/${concert}/queue`, { tries: 3 });
  forget(name(concert));
}
