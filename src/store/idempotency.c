#include "store/idempotency.h"

#include <string.h>

#include "store/mysql.h"
#include "store/store.h"

enum { RUNNING_RETRY_MS = 1000 };

static struct sql_arg key_of(const struct call *call)
{
    return sql_bytes(call->idempotency_key, strlen(call->idempotency_key));
}

int64_t idempotency_insert(struct call *call, const char *answer)
{
    return sql_queue_row(call->store->mysql, SQL_IDEMPOTENCY_INSERT,
                         SQL_ARGS(sql_u64(call->account_id), key_of(call),
                                  sql_bytes(call->fingerprint, sizeof(call->fingerprint)), sql_text(answer),
                                  sql_time(call->now_ms)));
}

bool idempotency_clashed(const struct call *call)
{
    return sql_failed(call->store->mysql) == SQL_IDEMPOTENCY_INSERT;
}

static bool is_of_this_request(const struct call *call, const struct sql_rows *rows)
{
    return rows->values[0].length == sizeof(call->fingerprint) &&
           memcmp(sql_string(rows, 0, 0), call->fingerprint, sizeof(call->fingerprint)) == 0;
}

enum outcome idempotency_find(struct call *call, const char **answer)
{
    struct sql_rows rows;

    switch (sql_select(call->store->mysql, call->mem, SQL_IDEMPOTENCY_FIND,
                       SQL_ARGS(sql_u64(call->account_id), key_of(call)), &rows)) {
    case 0: break;
    case SQL_AGAIN: return call_refuse_until(call, OUTCOME_KEY_RUNNING, RUNNING_RETRY_MS);
    default: return OUTCOME_UNAVAILABLE;
    }
    if (rows.count == 0)
        return OUTCOME_NOT_FOUND;
    if (!is_of_this_request(call, &rows))
        return OUTCOME_KEY_REUSED;
    *answer = sql_string(&rows, 0, 1);
    return OUTCOME_DONE;
}
