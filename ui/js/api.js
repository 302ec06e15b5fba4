/*
 * The one door to the server.
 *
 * A call resolves with the answer's JSON or throws a Problem. Reading, and changes that carry an
 * idempotency key, are asked again when the answer got lost or the server was busy; other changes
 * are asked once and the page decides.
 */
import { learn } from './clock.js';
import { lang } from './i18n.js';
import { Problem } from './problem.js';

const BASE = '/api/v1';
const TIMEOUT_MS = 8000;
const PAUSE_MS = 400;
const PAUSE_MS_MAX = 8000;
const READ_TRIES = 3;
const KEYED_TRIES = 6;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export const get = (path, options) => call('GET', path, { tries: READ_TRIES, ...options });
export const post = (path, body, options) => call('POST', path, { body, ...options });
export const patch = (path, body, options) => call('PATCH', path, { body, ...options });
export const del = (path, options) => call('DELETE', path, options ?? {});

/* A change that must happen once: the same key on every try, so the server can tell. */
export const keyed = (method, path, body, key, options) =>
  call(method, path, { body, key, tries: KEYED_TRIES, ...options });

/* `onRetry(problem, attempt)` lets a page say that it is asking again. */
export async function call(method, path, { tries = 1, onRetry, ...options }) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(method, path, options);
    } catch (problem) {
      if (!(problem instanceof Problem) || attempt >= tries || !worthAnotherTry(problem) || options.signal?.aborted)
        throw problem;
      onRetry?.(problem, attempt);
      await sleep(pauseBefore(attempt, problem));
    }
  }
}

function worthAnotherTry({ status, code }) {
  return (
    status === 0 || status === 429 || [502, 503, 504].includes(status) || code === 'key_running' || code === 'busy'
  );
}

/* Full jitter, so that a crowd that failed together does not come back together. */
export function pauseBefore(attempt, { retry_after_ms } = {}) {
  const most = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** attempt);
  return (retry_after_ms ?? 0) + PAUSE_MS / 2 + Math.random() * most;
}

async function once(method, path, { body, key, signal, shared, timeout_ms = TIMEOUT_MS }) {
  const clock = AbortSignal.timeout(timeout_ms);
  const sent = Date.now();
  let response;
  let answer;
  try {
    response = await fetch(BASE + path, {
      method,
      headers: headers(body, key),
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, clock]) : clock,
      cache: shared ? 'no-cache' : 'default',
      credentials: 'same-origin',
    });
    answer = await read(response);
  } catch {
    throw new Problem(0);
  }
  if (answer?.server_now) learn(answer.server_now, sent, Date.now(), shared);
  if (!response.ok) throw refusal(response, answer);
  return answer;
}

function headers(body, key) {
  return {
    Accept: 'application/json, application/problem+json',
    'Accept-Language': lang,
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(key ? { 'Idempotency-Key': key } : {}),
  };
}

async function read(response) {
  const type = response.headers.get('Content-Type') ?? '';
  if (!type.includes('json')) return null;
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

function refusal(response, answer) {
  const after_s = Number(response.headers.get('Retry-After'));
  return new Problem(response.status, { retry_after_ms: after_s > 0 ? after_s * 1000 : undefined, ...answer });
}
