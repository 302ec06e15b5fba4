/*
 * Telling people things: a polite line that screen readers hear, an urgent one, a short toast,
 * and a question with two answers. Live lines exist before they speak, or nobody hears them.
 */
import { h } from './dom.js';
import { t } from './i18n.js';

const polite = h('div', { class: 'sr', role: 'status', 'aria-live': 'polite' });
const urgent = h('div', { class: 'sr', role: 'alert', 'aria-live': 'assertive' });
const toasts = h('section', { class: 'toast-zone', 'aria-label': t('messages') });
document.body.append(polite, urgent, toasts);

export function announce(words) {
  polite.textContent = '';
  setTimeout(() => {
    polite.textContent = words;
  }, 60);
}

export function alarm(words) {
  urgent.textContent = '';
  setTimeout(() => {
    urgent.textContent = words;
  }, 60);
}

export function toast(words) {
  const note = h('div', { class: 'toast' }, words);
  toasts.append(note);
  announce(words);
  setTimeout(() => note.remove(), 6000);
}

/* Resolves true when the reader agrees, false when they do not or press Escape. */
export function ask({ title, detail, yes, no = t('cancel'), bad = false }) {
  return new Promise((answer) => {
    const close = (value) => {
      dialog.close();
      dialog.remove();
      answer(value);
    };
    const dialog = h(
      'dialog',
      { 'aria-labelledby': 'ask-title' },
      h('h2', { id: 'ask-title' }, title),
      detail && h('p', {}, detail),
      h(
        'div',
        { class: 'row' },
        h('button', { class: 'btn', type: 'button', onclick: () => close(false) }, no),
        h('button', { class: bad ? 'btn btn-bad' : 'btn btn-main', type: 'button', onclick: () => close(true) }, yes),
      ),
    );
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      close(false);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
