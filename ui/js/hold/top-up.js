/* Buying points on the way: an amount, one request that happens once, the new balance. */
import { busy, h, put } from '../dom.js';
import { number, points, t } from '../i18n.js';
import { changeOnce, finish, giveUp, unfinished } from '../keys.js';
import { problemNote } from '../problem.js';
import { toast } from '../say.js';
import { sentToSignIn } from '../session.js';

const PRESETS = [10000, 50000, 100000];
const STEP = 10000;

/* `charged(balance)` hears of every top-up; `least` is what is missing, if something is. */
export function topUp(charged, least = 0) {
  const start = least > 0 ? Math.ceil(least / STEP) * STEP : PRESETS[1];
  const trouble = h('div', {});
  const amount = h('input', {
    name: 'amount',
    inputmode: 'numeric',
    autocomplete: 'off',
    value: String(start),
    required: true,
  });
  const go = h('button', { class: 'btn btn-main' }, t('points.charge'));
  const presets = [...new Set([...(least > 0 ? [start] : []), ...PRESETS])].slice(0, 4);
  const node = h(
    'form',
    { class: 'stack top-up', novalidate: true, onsubmit: send },
    h('label', { class: 'field' }, h('span', {}, t('points.amount')), amount),
    h(
      'div',
      { class: 'row' },
      presets.map((n) =>
        h(
          'button',
          {
            class: 'btn btn-s',
            type: 'button',
            onclick: () => {
              amount.value = String(n);
            },
          },
          number(n),
        ),
      ),
    ),
    trouble,
    h('div', {}, go),
  );

  async function send(event) {
    event.preventDefault();
    const wanted = Number(amount.value.replace(/[,\s]/g, ''));
    const fine = Number.isSafeInteger(wanted) && wanted > 0;
    amount.toggleAttribute('aria-invalid', false);
    put(trouble);
    if (!fine) {
      amount.setAttribute('aria-invalid', 'true');
      put(trouble, h('p', { class: 'error', role: 'alert' }, t('points.amount_wrong')));
      amount.focus();
      return;
    }
    await run(() => changeOnce(`charge:${wanted}`, 'POST', '/points/charges', { amount: wanted }));
  }

  async function run(change) {
    await busy(go, async () => {
      try {
        const { amount: added, balance } = await change();
        toast(t('points.charged', { amount: points(added), balance: points(balance) }));
        charged(balance);
      } catch (problem) {
        if (!sentToSignIn(problem)) put(trouble, problemNote(problem));
      }
    });
  }

  /* A top-up whose answer never came: ask about that one, do not make another. */
  const left = unfinished('charge:')[0];
  if (left) {
    put(
      trouble,
      h(
        'div',
        { class: 'note note-warn' },
        h('p', {}, t('points.unfinished', { amount: points(left.body.amount) })),
        h(
          'div',
          { class: 'row' },
          h(
            'button',
            {
              class: 'btn btn-s',
              type: 'button',
              onclick: async () => {
                put(trouble);
                await run(() => finish(left));
              },
            },
            t('ask_again'),
          ),
          h(
            'button',
            {
              class: 'btn btn-s btn-plain',
              type: 'button',
              onclick: () => {
                giveUp(left);
                put(trouble);
              },
            },
            t('points.forget'),
          ),
        ),
      ),
    );
  }
  return node;
}
