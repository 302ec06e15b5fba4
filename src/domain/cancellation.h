/* Giving a paid seat back. */
#ifndef FRONTROW_DOMAIN_CANCELLATION_H
#define FRONTROW_DOMAIN_CANCELLATION_H

#include "base/call.h"

/*
 * Cancel the caller's reservation until the concert's cancel_until, or its start when it has none:
 * the price is paid back and the seat is on sale again. Once per Idempotency-Key, and once at all.
 *
 * Ends DONE with *answer, the receipt as JSON on call->mem: refunded, balance. NOT_FOUND when the
 * caller has no such reservation or has cancelled it with another key: there is nothing left to
 * cancel. TOO_LATE; or as change_make().
 */
enum outcome cancellation_make(struct call *call, const char *reservation_number, const char **answer);

#endif
