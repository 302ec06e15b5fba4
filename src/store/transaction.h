/*
 * A transaction is a function, because a deadlock means running it again.
 */
#ifndef FRONTROW_STORE_TRANSACTION_H
#define FRONTROW_STORE_TRANSACTION_H

#include <stdint.h>

#include "base/call.h"
#include "store/mysql.h"

/* What a body wants: KEEP what it did, UNDO it (a refusal), run AGAIN, or give up because it is BROKEN. */
enum tx { TX_KEEP, TX_UNDO, TX_AGAIN, TX_BROKEN };

/* What a failure of sql_change() or sql_select() means for the transaction it happened in. */
enum tx tx_failure(int64_t failure);

enum transaction_end {
    TRANSACTION_KEPT,
    TRANSACTION_UNDONE,
    TRANSACTION_CLASHED, /* nothing of it happened: a unique row that it had queued was there already */
    TRANSACTION_BROKEN,  /* nothing of it happened, as far as can be known */
    TRANSACTION_UNKNOWN, /* the answer to COMMIT was lost: ask again with the same idempotency key */
};

/*
 * Run the body in a transaction; up to five times while it deadlocks or its link breaks before
 * COMMIT, but not again once it has taken three seconds: whoever asks has waited long enough, and a
 * lock around it does not last for ever. The body touches the database and its own args, nothing else.
 */
enum transaction_end transact(struct call *call, enum tx (*body)(struct call *call, void *args), void *args);

/* For transact_until(). */
enum { TRANSACTION_ONE_TRY = 0 };

/* The same with another end of all tries, on clock_steady_ns(). One is made in any case. */
enum transaction_end transact_until(struct call *call, int64_t until_ns, enum tx (*body)(struct call *call, void *args),
                                    void *args);

/* When a transaction that begins now is not tried again. */
int64_t transact_limit_ns(void);

/* A change of points begins by queueing this often, and the answers say how it goes on. */
enum { TRANSACTION_ASKS = 2 };

/* In a body: how often something was queued. */
size_t transact_asked(const struct call *call);

/* In a body: send what is queued in one round trip; done, of count, says what came of it, as sql_flush() does. */
enum tx transact_ask(struct call *call, struct sql_done *done, size_t count);

#endif
