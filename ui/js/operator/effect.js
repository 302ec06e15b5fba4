/*
 * What a cap and a rate would do to the wait. The people inside divided by the people let in per
 * minute is how long one stays (Little's law); with that, a new cap means a new flow, and the rate
 * bounds it. As long as nothing was measured, everybody is taken to stay as long as allowed.
 */
export function effectOf({ board, flow, capacity, rate, active_ttl_s }) {
  const measured = flow > 0 && board.active > 0;
  const stay_minutes = measured ? board.active / flow : active_ttl_s / 60;
  const by_cap = capacity / stay_minutes;
  const per_minute = rate ? Math.min(rate, by_cap) : by_cap;
  return {
    measured,
    stay_minutes,
    per_minute,
    bound_by: rate && rate < by_cap ? 'rate' : 'capacity',
    wait_s: board.waiting === 0 ? 0 : per_minute > 0 ? (board.waiting / per_minute) * 60 : null,
  };
}
