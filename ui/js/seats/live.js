/*
 * The state of every seat, followed while the page is looked at. An unchanged hall costs a 304;
 * a changed one tells exactly which seats changed.
 */
import { get } from '../api.js';
import { jittered, repeat } from '../repeat.js';

export const FREE = 0;
export const HELD = 1;
export const SOLD = 2;
export const CLOSED = 3;

const FOLLOW_MS = 2500;
const HIDDEN_MS = 30000;

/* Two bits a seat in seat order; seat 1 is in the lowest bits of the first byte. */
export function decode(base64, total) {
  const bytes = atob(base64);
  const state = new Uint8Array(total + 1).fill(CLOSED);
  for (let seat = 1; seat <= total; seat++) {
    const at = seat - 1;
    state[seat] = (bytes.charCodeAt(at >> 2) >> ((at & 3) * 2)) & 3;
  }
  return state;
}

export function changes(before, after) {
  const changed = [];
  for (let seat = 1; seat < after.length; seat++) if (before[seat] !== after[seat]) changed.push(seat);
  return changed;
}

/* `heard(changed)` runs after every change; `live.state` is always the newest. */
export async function follow(concert_id, heard) {
  const live = { state: null, version: null };
  async function ask(options) {
    const seats = await get(`/concerts/${concert_id}/seats`, { shared: true, ...options });
    if (seats.version === live.version) return;
    const state = decode(seats.state, seats.total);
    const changed = live.state ? changes(live.state, state) : null;
    live.state = state;
    live.version = seats.version;
    if (changed?.length) heard(changed);
  }
  await ask();
  live.loop = repeat(
    async () => {
      await ask({ tries: 1 });
      return jittered(document.visibilityState === 'visible' ? FOLLOW_MS : HIDDEN_MS);
    },
    () => undefined,
  );
  /* Known before the next answer: these are gone. Whether for good, the next answer tells. */
  live.mark = (seats, state) => {
    const changed = seats.filter((seat) => live.state[seat] !== state);
    changed.forEach((seat) => {
      live.state[seat] = state;
    });
    if (changed.length) heard(changed);
  };
  return live;
}
