/*
 * Attempts to sign in, counted per account from one address, per address, and (far more generously,
 * or anybody could keep its owner out) per account from anywhere: guessing passwords must be slow.
 * They are counted before the password is looked at and forgiven when it was right.
 */
#ifndef FRONTROW_STORE_SIGN_IN_ATTEMPTS_H
#define FRONTROW_STORE_SIGN_IN_ATTEMPTS_H

#include "base/call.h"

struct sign_in_attempt;

/*
 * Count an attempt for this e-mail from call->client_address; whether it has an account makes no
 * difference. An IPv6 client has a whole /64 for itself, so that is its address.
 *
 * Ends DONE with *attempt on call->mem; TOO_MANY_REQUESTS with the time to wait; or UNAVAILABLE.
 */
enum outcome sign_in_attempts_begin(struct call *call, const char *email, struct sign_in_attempt **attempt);

/* The password was right, or we could not tell: it no longer counts. */
void sign_in_attempts_forgive(struct call *call, const struct sign_in_attempt *attempt);

#endif
