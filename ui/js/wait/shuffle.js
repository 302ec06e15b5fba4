/*
 * The draw, worked out once more by the browser of whoever doubts it: docs/draw.md in JavaScript, sharing no code with
 * the server. The hashes are the browser's own.
 */
const ROUNDS = 8;
const AT_ONCE = 1000;
const LABEL = new TextEncoder().encode('frontrow draw 1\n');

export const canCheck = () => Boolean(globalThis.crypto?.subtle);

export const bytesOf = (hex) => new Uint8Array((hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
export const bytesOf64 = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
export const hexOf = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/* Entry number n is bit n, counted from the highest bit of the first byte. */
export const tookPart = (list, entry) => Boolean(list[entry >> 3] & (0x80 >> (entry & 7)));

export function entriesOf(list) {
  const entries = [];
  for (let entry = 1; entry < list.length * 8; entry++) if (tookPart(list, entry)) entries.push(entry);
  return entries;
}

/* `numbers(entries, progress)` resolves with the number that each entry number got. */
export async function shuffleOf({ seed, entrants_hash, last_entry }) {
  const key = await sha256(joined(LABEL, bytesOf(seed), bytesOf(entrants_hash)));
  const bits = Math.max(2, 32 - Math.clz32(last_entry - 1));
  const high_bits = Math.floor(bits / 2);
  const low_bits = bits - high_bits;

  async function f(round, half, n) {
    const input = joined(key, new Uint8Array(5));
    const view = new DataView(input.buffer);
    view.setUint8(key.length, round);
    view.setUint32(key.length + 1, half);
    const digest = await crypto.subtle.digest('SHA-256', input);
    return new DataView(digest).getUint32(0) % 2 ** n;
  }

  async function once(index) {
    let high = Math.floor(index / 2 ** low_bits);
    let low = index % 2 ** low_bits;
    for (let round = 0; round < ROUNDS; round += 2) {
      high = (high ^ (await f(round, low, high_bits))) >>> 0;
      low = (low ^ (await f(round + 1, high, low_bits))) >>> 0;
    }
    return high * 2 ** low_bits + low;
  }

  async function number(entry) {
    let index = await once(entry - 1);
    while (index >= last_entry) index = await once(index);
    return index + 1;
  }

  return async function numbers(entries, progress = () => {}) {
    const all = [];
    for (let i = 0; i < entries.length; i += AT_ONCE) {
      all.push(...(await Promise.all(entries.slice(i, i + AT_ONCE).map(number))));
      progress(all.length / entries.length);
    }
    return all;
  };
}
