/* The server's series of a concert as columns for charts. What was counted in a row is told per minute. */
import { get } from '../api.js';

/* How often each code was refused in these rows. */
function refusedIn(rows) {
  const counts = {};
  for (const { refused } of rows)
    for (const [code, times] of Object.entries(refused)) counts[code] = (counts[code] ?? 0) + times;
  return counts;
}

export async function readStats(concert) {
  const { step_s, series, waits, server_now } = await get(`/operator/concerts/${concert}/stats`, { tries: 1 });
  const at = series.map((row) => Date.parse(row.at) / 1000);
  const now = Date.parse(server_now) / 1000;
  return {
    at,
    waits,
    level: (name) => series.map((row) => row[name]),
    minutes: (name) => series.map((row) => (row[name] === null ? null : row[name] / 60)),
    per_minute: (name) => series.map((row) => (row[name] * 60) / step_s),
    refused: (last_s) => refusedIn(series.filter((_, i) => at[i] > now - last_s)),
  };
}
