#include "store/transaction.h"

#include <time.h>

#include "base/log.h"
#include "base/secret.h"
#include "store/mysql.h"
#include "store/store.h"

enum { TRIES_MAX = 5, PAUSE_MS_MAX = 20 };

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

static enum transaction_end commit(struct mysql_link *mysql)
{
    switch (mysql_link_commit(mysql)) {
    case 0: return TRANSACTION_KEPT;
    case SQL_LOST: return TRANSACTION_UNKNOWN;
    default: mysql_link_rollback(mysql); return TRANSACTION_BROKEN;
    }
}

enum transaction_end transact(struct call *call, enum tx (*body)(struct call *call, void *args), void *args)
{
    struct mysql_link *mysql = call->store->mysql;

    for (int tries = 1; tries <= TRIES_MAX; tries++) {
        if (mysql_link_begin(mysql) != 0)
            return TRANSACTION_BROKEN;
        switch (body(call, args)) {
        case TX_KEEP: return commit(mysql);
        case TX_UNDO: mysql_link_rollback(mysql); return TRANSACTION_UNDONE;
        case TX_BROKEN: mysql_link_rollback(mysql); return TRANSACTION_BROKEN;
        case TX_AGAIN: mysql_link_rollback(mysql); break;
        }
        counters_add(call->store->counters, COUNTER_transaction_retries, 1);
        pause_a_little(tries);
    }
    log_warning("transaction_given_up request=%s", call->request_id);
    return TRANSACTION_BROKEN;
}
