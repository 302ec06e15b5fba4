#include "store/transaction.h"

#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "store/store.h"

enum { TRIES_MAX = 5, PAUSE_MS_MAX = 20, AGAIN_WITHIN_MS = 3000 };

enum tx tx_failure(int64_t failure)
{
    return failure == SQL_AGAIN || failure == SQL_LOST ? TX_AGAIN : TX_BROKEN;
}

static void pause_a_little(int tries)
{
    long pause_ms = 1 + (long)secret_random_below(PAUSE_MS_MAX) * tries;
    struct timespec pause = {.tv_sec = 0, .tv_nsec = pause_ms * 1000000};

    nanosleep(&pause, NULL);
}

/* What COMMIT, and what was queued for it, comes to; true when the transaction has ended with it. */
static bool commit(struct mysql_link *mysql, enum transaction_end *end)
{
    int outcome = mysql_link_commit(mysql);

    *end = outcome == 0               ? TRANSACTION_KEPT
           : outcome == SQL_LOST      ? TRANSACTION_UNKNOWN
           : outcome == SQL_DUPLICATE ? TRANSACTION_CLASHED
                                      : TRANSACTION_BROKEN;
    if (outcome != 0)
        mysql_link_rollback(mysql);
    return outcome != SQL_AGAIN;
}

/* One try; true when it was the last. */
static bool attempt(struct call *call, enum tx (*body)(struct call *call, void *args), void *args,
                    enum transaction_end *end)
{
    struct mysql_link *mysql = call->store->mysql;
    enum tx tx = mysql_link_begin(mysql) == 0 ? body(call, args) : TX_BROKEN;

    if (tx == TX_KEEP)
        return commit(mysql, end);
    mysql_link_rollback(mysql);
    *end = tx == TX_UNDO ? TRANSACTION_UNDONE : TRANSACTION_BROKEN;
    return tx != TX_AGAIN;
}

enum transaction_end transact_until(struct call *call, int64_t until_ns, enum tx (*body)(struct call *call, void *args),
                                    void *args)
{
    enum transaction_end end;

    for (int tries = 1; !attempt(call, body, args, &end); tries++) {
        if (tries == TRIES_MAX || clock_steady_ns() > until_ns) {
            if (until_ns != TRANSACTION_ONE_TRY)
                log_warning("transaction_given_up request=%s", call->request_id);
            return TRANSACTION_BROKEN;
        }
        counters_add(call->store->counters, COUNTER_transaction_retries, 1);
        pause_a_little(tries);
    }
    return end;
}

enum transaction_end transact(struct call *call, enum tx (*body)(struct call *call, void *args), void *args)
{
    return transact_until(call, transact_limit_ns(), body, args);
}

int64_t transact_limit_ns(void)
{
    return clock_steady_ns() + (int64_t)AGAIN_WITHIN_MS * 1000000;
}

size_t transact_asked(const struct call *call)
{
    return sql_queued(call->store->mysql);
}

enum tx transact_ask(struct call *call, struct sql_done *done, size_t count)
{
    int failure = sql_flush(call->store->mysql, done, count);

    return failure == 0 ? TX_KEEP : tx_failure(failure);
}
