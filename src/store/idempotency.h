/*
 * What was answered to a request that may be sent again, kept with the change that it answers for.
 * A key is either free or answered; what is in between is a lock that a reader waits for.
 */
#ifndef FRONTROW_STORE_IDEMPOTENCY_H
#define FRONTROW_STORE_IDEMPOTENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/call.h"

/*
 * Inside a transaction: keep the answer under the caller's key. 1; it travels with the next statement
 * or COMMIT, as sql_queue() says.
 */
int64_t idempotency_insert(struct call *call, const char *answer);

/* Of a transaction that clashed: was it because the key was used already? */
bool idempotency_clashed(const struct call *call);

/*
 * Outside a transaction: what the caller's key was answered. A transaction that is writing the key is
 * waited for, so NOT_FOUND means that none has happened, even when the answer to a COMMIT was lost.
 *
 * Ends DONE with *answer on call->mem; NOT_FOUND; KEY_REUSED when it was another request's;
 * KEY_RUNNING when it is still being answered; UNAVAILABLE.
 */
enum outcome idempotency_find(struct call *call, const char **answer);

#endif
