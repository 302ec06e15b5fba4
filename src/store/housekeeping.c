#include "store/housekeeping.h"

#include "store/mysql.h"
#include "store/store.h"

enum { BATCH = 500, HOUR_MS = 60 * 60 * 1000, IDEMPOTENCY_HOURS = 25, INBOX_HOURS = 8 * 24 };

enum outcome housekeeping_step(struct call *call, bool *more)
{
    const struct {
        enum statement statement;
        int64_t older_than_ms;
    } chores[] = {
        {SQL_HOUSEKEEPING_IDEMPOTENCY, call->now_ms - (int64_t)IDEMPOTENCY_HOURS * HOUR_MS},
        {SQL_INBOX_DELETE_OLD, call->now_ms - (int64_t)INBOX_HOURS * HOUR_MS},
        {SQL_HOUSEKEEPING_SESSIONS, call->now_ms},
    };

    *more = false;
    for (size_t i = 0; i < sizeof(chores) / sizeof(chores[0]); i++) {
        int64_t changed = sql_change(call->store->mysql, chores[i].statement,
                                     SQL_ARGS(sql_time(chores[i].older_than_ms), sql_i64(BATCH)));
        /* SQL_AGAIN: somebody else is at these rows; another time, then. */
        if (changed < 0 && changed != SQL_AGAIN)
            return OUTCOME_UNAVAILABLE;
        *more = *more || changed == BATCH;
    }
    return OUTCOME_DONE;
}
