/*
 * For whoever is inside: the server may lose who that is. The ticket is good for the front of the
 * line, when it is shown soon enough.
 */
import { get } from '../api.js';
import { jittered, repeat } from '../repeat.js';
import { backAt, beganAnew, goBack } from './place.js';

const LINE_MS = 10000;

/* `back(own)` hears of the place that the ticket gave, if it was shown because `isInside()`. */
export function watchLine(id, isInside, back) {
  let board = null;
  let back_at = 0;
  async function look() {
    const before = board;
    board = await get(`/concerts/${id}/board`, { shared: true, tries: 1 });
    if (beganAnew(board, before) && isInside()) back_at = backAt(0, false);
    if (!back_at) return jittered(LINE_MS);
    if (Date.now() < back_at) return back_at - Date.now();
    const own = await goBack(id);
    back_at = 0;
    await back(own);
    return jittered(LINE_MS);
  }
  repeat(look, (problem) => (problem.settled || problem.status === 401 ? null : undefined));
}
