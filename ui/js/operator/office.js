/* What concerns all concerts, for the tiles: events that wait to be sent, and promises that are broken. */
import { get } from '../api.js';
import { number, spoken, t } from '../i18n.js';

const EVERY_MS = 15000;

export async function officeTiles(tiles) {
  const [outbox, { invariants }] = await Promise.all([
    get('/operator/outbox', { tries: 1 }),
    get('/operator/invariants', { tries: 1 }),
  ]);
  const broken = invariants.reduce((sum, row) => sum + row.broken, 0);
  tiles.set('outbox', number(outbox.waiting), {
    more: outbox.lag_ms > 0 ? t('op.outbox_lag', { time: spoken(outbox.lag_ms) }) : '',
    bad: outbox.lag_ms > 60000,
  });
  tiles.set('promises', number(broken), {
    more: t(broken ? 'op.promises_broken' : 'op.promises_kept', { n: invariants.length }),
    bad: broken > 0,
  });
  return EVERY_MS;
}
