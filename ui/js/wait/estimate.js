/*
 * The wait between two answers about the own place. The board says how fast the line moves, and the range follows from
 * the people ahead as it does at the server (docs/decisions/0013): how long so few take is chance, so a short line has a
 * wide range.
 */
const SCATTER = 2.0;
const DEVIATIONS = 1.3;

export function estimateOf(flow, ahead) {
  if (!flow || flow.low_per_minute <= 0 || flow.high_per_minute < flow.low_per_minute) return null;
  const slack = DEVIATIONS * Math.sqrt((ahead + 1) * SCATTER);
  return {
    low_s: Math.floor((Math.max(0, ahead - slack) * 60) / flow.high_per_minute),
    high_s: Math.ceil(((ahead + 1 + slack) * 60) / flow.low_per_minute),
  };
}
