/*
 * Who is using this browser. The session itself is an HttpOnly cookie that no script can read;
 * what is kept here is only a name to greet, so that pages need not ask the server who is there.
 */
import { del, get, post } from './api.js';
import { Problem } from './problem.js';
import { forget, keep, kept, keptNames } from './store.js';

const WHO = 'who';

export function who() {
  const person = kept(WHO);
  return person && (!person.expires_at || Date.parse(person.expires_at) > Date.now()) ? person : null;
}

export async function signIn(email, password) {
  const session = await post('/sessions', { email, password }, { timeout_ms: 15000 });
  const { account_id, name, role } = await get('/account');
  keep(WHO, { account_id, name, role, expires_at: session.expires_at });
  return who();
}

export async function signUp(email, password, name) {
  await post('/accounts', { email, password, name }, { timeout_ms: 15000 });
  return signIn(email, password);
}

export async function signOut() {
  try {
    await del('/sessions/current', { tries: 2 });
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status !== 401) throw problem;
  }
  forgetMe();
}

export function forgetMe() {
  forget(WHO);
  keptNames('key:').forEach(forget);
}

export function toSignIn() {
  const next = location.pathname + location.search + location.hash;
  location.assign(`/sign-in.html?next=${encodeURIComponent(next)}`);
}

/* True when the problem was "nobody is signed in" and the reader is on the way to the form. */
export function sentToSignIn(problem) {
  if (!(problem instanceof Problem) || problem.status !== 401) return false;
  forget(WHO);
  toSignIn();
  return true;
}

/* Only paths of this site: a link must not send a fan elsewhere after signing in. */
export function safeNext(next) {
  return next && /^\/(?![/\\])/.test(next) ? next : '/';
}
