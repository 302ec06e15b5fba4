/*
 * Speaking rarely. A screen reader hears about the line when it starts, at each tenth of the way,
 * at each minute of the last five, and when its state changes; never at every poll.
 */
import { announce } from '../say.js';
import { range, t } from '../i18n.js';

const LAST_MINUTES = 5;

export function milestones() {
  let said = '';
  return function tell(state, part, ahead, estimate) {
    const minutes = estimate ? Math.ceil(estimate.high_s / 60) : null;
    const near = minutes !== null && minutes <= LAST_MINUTES;
    const mark = `${state}:${Math.floor(part * 10)}:${near ? minutes : ''}`;
    if (mark === said) return;
    said = mark;
    announce(
      [
        t(`wait.say_${state}`),
        t('wait.ahead', { n: ahead }),
        estimate && t('wait.say_estimate', { range: range(estimate.low_s, estimate.high_s) }),
      ]
        .filter(Boolean)
        .join(' '),
    );
  };
}
