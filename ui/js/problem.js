/*
 * What can go wrong, in words. The server's problem `code` picks the words; a code this page
 * has never heard of falls back to what the server itself says.
 */
import { h } from './dom.js';
import { has, t } from './i18n.js';

export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.code ?? `status ${status}`);
    this.status = status;
    this.code = body.code ?? (status === 0 ? 'lost' : `http_${status}`);
    this.title = body.title;
    this.detail = body.detail;
    this.field = body.field;
    this.seats = body.seats;
    this.errors = body.errors;
    this.retry_after_ms = body.retry_after_ms;
    this.request_id = body.request_id;
  }

  /* Nobody knows whether the server did it. */
  get lost() {
    return this.status === 0 || this.status === 502 || this.status === 504;
  }

  /* The server has decided; asking again the same way gets the same answer. */
  get settled() {
    return (
      this.status >= 400 &&
      this.status < 500 &&
      ![401, 408, 421, 429].includes(this.status) &&
      !['key_running', 'busy'].includes(this.code)
    );
  }
}

export function problemText(problem) {
  if (!(problem instanceof Problem)) return t('error.unknown');
  if (problem.status === 0 && navigator.onLine === false) return t('error.offline');
  if (has(`error.${problem.code}`)) return t(`error.${problem.code}`);
  return problem.detail || problem.title || t('error.unknown');
}

/* A notice with what happened, the request's id for the help desk, and perhaps a way on. */
export function problemNote(problem, ...ways) {
  if (!(problem instanceof Problem)) console.error(problem);
  return h(
    'div',
    { class: 'note note-bad', role: 'alert' },
    h('p', {}, problemText(problem)),
    problem.request_id &&
      problem.status >= 500 &&
      h('p', { class: 'quiet' }, t('error.request_id', { id: problem.request_id })),
    ways.length > 0 && h('div', { class: 'row' }, ways),
  );
}
