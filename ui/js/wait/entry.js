/*
 * What a fan notes down before the opening, so that the draw can be checked afterwards: the entry number and the promise
 * as it was then.
 */
import { who } from '../session.js';
import { keep, kept } from '../store.js';

const name = (concert) => `entry:${concert}:${who()?.account_id ?? ''}`;

export const noted = (concert) => kept(name(concert)) ?? {};

export function noteEntry(concert, own) {
  if (own.early && noted(concert).entry !== own.number) keep(name(concert), { ...noted(concert), entry: own.number });
}

/* The first promise seen counts: a later one would be another. */
export function notePromise(concert, commitment) {
  if (!noted(concert).commitment) keep(name(concert), { ...noted(concert), commitment });
}
