/* Payments in MySQL: what was debited at once for one or more seats of one concert. */
#ifndef FRONTROW_STORE_PAYMENTS_H
#define FRONTROW_STORE_PAYMENTS_H

#include <stdint.h>

#include "base/call.h"
#include "store/transaction.h"

struct payment_made {
    uint64_t payment_id;
    int64_t balance; /* the caller's points afterwards */
};

/* What a transaction begins with: take the amount from the caller's points, */
void payments_ask_debit(struct call *call, int64_t amount);

/* and write the payment, made now. */
void payments_ask_insert(struct call *call, uint64_t concert_id, int64_t amount);

/* What it came to: 1; 0 when the points do not suffice. */
int64_t payments_debited(const struct sql_done done[TRANSACTION_ASKS], struct payment_made *made);

#endif
