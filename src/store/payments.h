/* Payments in MySQL: what was debited at once for one or more seats of one concert. */
#ifndef FRONTROW_STORE_PAYMENTS_H
#define FRONTROW_STORE_PAYMENTS_H

#include <stdint.h>

#include "base/call.h"

/*
 * Inside a transaction: write the caller's payment, made now, and say its number. 1, or a failure of
 * sql_change().
 */
int64_t payments_insert(struct call *call, uint64_t concert_id, int64_t amount, uint64_t *payment_id);

#endif
