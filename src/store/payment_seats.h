/* What MySQL says now about seats that an event speaks of; the event may be old. */
#ifndef FRONTROW_STORE_PAYMENT_SEATS_H
#define FRONTROW_STORE_PAYMENT_SEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"

/* The seats of a payment that were not cancelled since. DONE or UNAVAILABLE. */
enum outcome payment_seats_taken(struct call *call, uint64_t payment_id, uint32_t **seats, size_t *count);

/* Is this reservation number sold, to whomever? DONE or UNAVAILABLE. */
enum outcome payment_seats_number_taken(struct call *call, const char *reservation_number, bool *taken);

#endif
