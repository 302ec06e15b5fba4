/*
 * The ticket that a door reads: sealed text that names one reservation. A seat that was cancelled and
 * sold again is another reservation, so the first ticket does not open the door for the second.
 */
#ifndef FRONTROW_DOMAIN_TICKET_H
#define FRONTROW_DOMAIN_TICKET_H

#include <stdint.h>

#include "base/call.h"
#include "store/reservations.h"

/* The ticket of the caller's reservation, on call->mem. DONE, NOT_FOUND, CANCELLED or UNAVAILABLE. */
enum outcome ticket_make(struct call *call, const char *reservation_number, const char **ticket);

struct ticket_check {
    enum { TICKET_VALID, TICKET_USED, TICKET_CANCELLED, TICKET_ELSEWHERE, TICKET_UNKNOWN } verdict;
    struct reservation reservation; /* with its plan; not of an unknown ticket */
};

/*
 * Use a ticket: valid the first time only, however many doors ask at once. concert_id is the concert
 * behind this door, 0 for any: a ticket for another is told apart and stays unused.
 *
 * DONE with *check, or UNAVAILABLE: then it may have been used, and asking again tells when.
 */
enum outcome ticket_use(struct call *call, const char *ticket, uint64_t concert_id, struct ticket_check *check);

#endif
