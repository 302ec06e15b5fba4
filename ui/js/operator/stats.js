/* The server's statistics of a concert as columns for charts. Null when the server keeps none. */
import { get } from '../api.js';
import { missing } from './desk.js';

/*
 * Answers look like { points: [{ at, joins, … }] } or { at: […], series: { joins: […] } }; refusals
 * may be one number or one for each code.
 */
export async function readStats(concert, since) {
  try {
    return columnsOf(await get(`/operator/concerts/${concert}/stats${since ? `?since=${encodeURIComponent(since)}` : ''}`, { tries: 1 }));
  } catch (problem) {
    if (missing(problem)) return null;
    throw problem;
  }
}

const total = (value) => (value && typeof value === 'object' ? Object.values(value).reduce((a, b) => a + b, 0) : value ?? null);
const seconds = (at) => (typeof at === 'number' ? at : Date.parse(at)) / (typeof at === 'number' && at < 1e11 ? 1 : 1000);

export function columnsOf(answer) {
  const points = answer.points ?? answer.series;
  if (Array.isArray(points)) {
    return { at: points.map((p) => seconds(p.at)), column: (name) => points.map((p) => total(p[name])), refusals: points.at(-1)?.refusals };
  }
  const at = (answer.at ?? answer.times ?? []).map(seconds);
  return { at, column: (name) => (answer.series?.[name] ?? answer[name] ?? at.map(() => null)).map(total), refusals: null };
}
