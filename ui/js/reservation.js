/*
 * A reservation with what a ticket shows. The server's answer is short: the concert says where and
 * when, its layout says which seat of the row. Both are asked once for all of a page's tickets.
 */
import { get } from './api.js';
import { loadLayout } from './seats/layout.js';

const concerts = new Map();
const layouts = new Map();

function once(known, id, ask) {
  if (!known.has(id)) known.set(id, ask().catch(() => null));
  return known.get(id);
}

/* What cannot be found out stays away; a ticket without its venue is still a ticket. */
export async function complete(reservation) {
  const { concert_id, seat } = reservation;
  const concert = await once(concerts, concert_id, () => get(`/concerts/${concert_id}`, { shared: true }));
  const layout = concert && reservation.number === undefined ? await once(layouts, concert_id, () => loadLayout(concert)) : null;
  return {
    number: layout?.number[seat], venue: concert?.venue, starts_at: concert?.starts_at ?? `${reservation.date}T12:00:00Z`,
    time_zone: concert?.time_zone, ...reservation, has_time: Boolean(concert),
  };
}

export const isOff = ({ state }) => state === 'cancelled';
