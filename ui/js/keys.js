/*
 * Idempotency keys. A key is made and kept before the first try and thrown away only when the
 * server has decided, so a reload or a lost answer asks about the same change, never for a second.
 */
import { keyed } from './api.js';
import { Problem } from './problem.js';
import { forget, keep, kept, keptNames } from './store.js';

const PREFIX = 'key:';

function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/* Changes begun here whose answer never came: [{ intent, body, at }]. */
export function unfinished(prefix) {
  return keptNames(PREFIX + prefix)
    .map((name) => ({ intent: name.slice(PREFIX.length), ...kept(name) }))
    .filter((change) => change.key);
}

/* `intent` says what the fan wants in a few words: the same intent is the same change. */
export async function changeOnce(intent, method, path, body, options) {
  const name = PREFIX + intent;
  const change = kept(name) ?? { key: newKey(), method, path, body, at: Date.now() };
  keep(name, change);
  try {
    const answer = await keyed(method, path, change.body, change.key, options);
    forget(name);
    return answer;
  } catch (problem) {
    if (problem instanceof Problem && problem.settled) forget(name);
    throw problem;
  }
}

export const finish = (change, options) => changeOnce(change.intent, change.method, change.path, change.body, options);

export const giveUp = (change) => forget(PREFIX + change.intent);
