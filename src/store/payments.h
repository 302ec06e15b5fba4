/* Payments in MySQL: what was debited at once for one or more seats of one concert. */
#ifndef FRONTROW_STORE_PAYMENTS_H
#define FRONTROW_STORE_PAYMENTS_H

#include <stdint.h>

#include "base/call.h"

struct payment_made {
    uint64_t payment_id;
    int64_t balance; /* the caller's points afterwards */
};

/*
 * At the beginning of a transaction, in one round trip: take the amount from the caller's points and
 * write the payment, made now. 1; 0 when the points do not suffice; or a failure of sql_change().
 */
int64_t payments_debit(struct call *call, uint64_t concert_id, int64_t amount, struct payment_made *made);

#endif
