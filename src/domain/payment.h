/* Paying for held seats. */
#ifndef FRONTROW_DOMAIN_PAYMENT_H
#define FRONTROW_DOMAIN_PAYMENT_H

#include <stddef.h>

#include "base/call.h"

/*
 * Pay for 1 to SEATS_PER_CALL_MAX seats of one concert, all or none, once per Idempotency-Key. The
 * prices are the concert's. Beginning to pay prolongs the holds and the payer's stay.
 *
 * Ends DONE with *answer, the receipt as JSON on call->mem: payment_id, reservation_numbers, amount,
 * balance, paid_at. Else nothing was debited:
 *   BAD_VALUE       a number is none, is there twice, or is of another concert than the first
 *   NOT_FOUND       there is no such concert, date or seat
 *   CLOSED          the concert has begun
 *   HOLD_EXPIRED    the payer never held a seat, or too long ago
 *   SEAT_TAKEN      somebody else has call->refusal.seats
 *   POINTS_TOO_FEW
 * or as change_make(), NOT_ADMITTED, NOT_SIGNED_IN.
 */
enum outcome payment_make(struct call *call, const char *const *reservation_numbers, size_t count, const char **answer);

#endif
