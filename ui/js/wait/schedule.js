/*
 * When to ask the board next: its own table says how long to wait for each distance from the front.
 */
const ASK_MS_DEFAULT = 5000;
const ASK_MS_MIN = 500;

/* Rows are {ahead, ms}: the row with the greatest `ahead` not above ours counts. */
export function msFor(table, ahead) {
  const rows = [...(table ?? [])].sort((a, b) => a.ahead - b.ahead);
  const row = rows.filter((r) => r.ahead <= ahead).pop() ?? rows[0];
  return Math.max(ASK_MS_MIN, row?.ms ?? ASK_MS_DEFAULT);
}
