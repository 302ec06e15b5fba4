/* The seats a fan has picked and not yet asked for: a small set with a limit. */
export function picked(limit, changed) {
  const seats = new Set();
  return {
    get list() {
      return [...seats].sort((a, b) => a - b);
    },
    get size() {
      return seats.size;
    },
    get full() {
      return seats.size >= limit();
    },
    has: (seat) => seats.has(seat),
    /* Returns what happened: 'added', 'removed' or 'full'. */
    toggle(seat) {
      if (seats.delete(seat)) {
        changed([seat]);
        return 'removed';
      }
      if (seats.size >= limit()) return 'full';
      seats.add(seat);
      changed([seat]);
      return 'added';
    },
    drop(gone) {
      const lost = gone.filter((seat) => seats.delete(seat));
      if (lost.length) changed(lost);
      return lost;
    },
    set(wanted) {
      const all = new Set([...seats, ...wanted]);
      seats.clear();
      wanted.slice(0, limit()).forEach((seat) => seats.add(seat));
      changed([...all]);
    },
  };
}
