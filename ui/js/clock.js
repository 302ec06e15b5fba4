/*
 * The server's clock. Every deadline is shown by it, never by the fan's own clock.
 *
 * The answer that came back fastest tells the most: its error is at most half its round trip. A
 * shared answer may have lain in a cache for a second, so it only counts until a private one came.
 */
let offset_ms = 0;
let trust_ms = Infinity;
const SHARED_PENALTY_MS = 3000;
const STALE_AFTER_MS = 120000;
let learned_at = -Infinity;

export function learn(server_now, sent, received, shared = false) {
  const server = Date.parse(server_now);
  if (Number.isNaN(server)) return;
  const error_ms = (received - sent) / 2 + (shared ? SHARED_PENALTY_MS : 0);
  if (error_ms > trust_ms && received - learned_at < STALE_AFTER_MS) return;
  offset_ms = server - (sent + received) / 2;
  trust_ms = error_ms;
  learned_at = received;
}

export const now = () => Date.now() + offset_ms;

export const until = (time) => Date.parse(time) - now();
