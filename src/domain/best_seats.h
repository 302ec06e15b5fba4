/*
 * Choosing seats for a fan who asked for the best that are free: side by side, front and centre
 * first, leaving no single seat behind where that can be helped. Among near-equals chance
 * decides, so that a crowd does not chase the same seats.
 */
#ifndef FRONTROW_DOMAIN_BEST_SEATS_H
#define FRONTROW_DOMAIN_BEST_SEATS_H

#include <stddef.h>
#include <stdint.h>

#include "store/concerts.h"

enum { SEAT_FREE, SEAT_HELD, SEAT_SOLD };

/*
 * Groups of size seats each, the best first, no seat in two of them, written one after the other
 * into seats (room for groups_max * size). state[seat] is one of the above, seat from 1. grade is
 * an index into the plan's grades, or -1 for any. Where there are not enough side by side, single
 * seats near each other make the group. Returns the number of groups; 0 when too few are free.
 */
size_t best_seats(const struct plan *plan, const uint8_t *state, size_t size, int grade, uint64_t chance,
                  uint32_t *seats, size_t groups_max);

#endif
