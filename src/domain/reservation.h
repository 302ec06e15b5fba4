/* Reservations: a fan's own, and anybody's for operators. */
#ifndef FRONTROW_DOMAIN_RESERVATION_H
#define FRONTROW_DOMAIN_RESERVATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "store/accounts.h"
#include "store/reservations.h"

/*
 * The caller's reservation of this number with its concert's plan, on call->mem. When the seat was
 * cancelled and paid for again, the last one. DONE; NOT_FOUND, also for anybody else's; UNAVAILABLE.
 */
enum outcome reservation_read(struct call *call, const char *reservation_number, struct reservation *reservation);

/* Anybody's of this number, the last one, and whose it is. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome reservation_find(struct call *call, const char *reservation_number, struct reservation *reservation,
                              struct account *owner);

/* Up to limit of the caller's with an id below before (0: from the newest), newest first. DONE or UNAVAILABLE. */
enum outcome reservation_list(struct call *call, uint64_t before, size_t limit, struct reservation **reservations,
                              size_t *count);

#endif
