/* The server's series of a concert as columns for charts. What was counted in a row is told per minute. */
import { get } from '../api.js';

export async function readStats(concert) {
  const { step_s, series } = await get(`/operator/concerts/${concert}/stats`, { tries: 1 });
  return {
    at: series.map(({ at }) => Date.parse(at) / 1000),
    level: (name) => series.map((row) => row[name]),
    per_minute: (name) => series.map((row) => (row[name] * 60) / step_s),
  };
}
