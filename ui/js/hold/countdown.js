/*
 * The clock of a hold, by the server's time. It is silent except at the marks that matter, warns
 * in good time, and says once when it is over.
 */
import { until } from '../clock.js';
import { h, show, text } from '../dom.js';
import { t, spoken, ticking } from '../i18n.js';
import { announce } from '../say.js';

const SAY_AT_MS = [300000, 120000, 60000, 30000];
const WARN_MS = 90000;

/* The smallest mark not yet passed; Infinity before the first. */
const markOf = (left) => SAY_AT_MS.filter((ms) => ms >= left).pop() ?? Infinity;

/* `over()` runs once; `extend()` is offered with the warning until `can_extend` is false. */
export function countdown({ over, extend }) {
  const clock = h('strong', { class: 'clock num', role: 'timer' });
  const words = h('span', {});
  const more = h('button', { class: 'btn btn-s', type: 'button', onclick: () => extend(more) }, t('pay.extend'));
  const node = h('div', { class: 'countdown' }, h('div', { class: 'countdown-words' }, clock, words), more);
  let expires_at = null;
  let can_extend = true;
  let said = Infinity;
  let ended = false;

  function tick() {
    if (!expires_at || ended) return;
    const left = until(expires_at);
    text(clock, ticking(left));
    node.classList.toggle('countdown-warn', left < WARN_MS);
    text(words, t(left < WARN_MS && can_extend ? 'pay.hurry' : 'pay.kept'));
    show(more, can_extend);
    const mark = markOf(left);
    if (mark < said && left > 0) announce(t('pay.say_left', { time: spoken(left) }));
    said = mark;
    if (left <= 0) {
      ended = true;
      over();
    }
  }

  return {
    node,
    to(time) {
      expires_at = time;
      ended = false;
      said = markOf(until(time));
      tick();
    },
    used() {
      can_extend = false;
      tick();
    },
    stop() {
      ended = true;
    },
    tick,
  };
}
