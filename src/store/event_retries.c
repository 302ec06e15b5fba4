#include "store/event_retries.h"

#include <talloc.h>

#include "base/must.h"
#include "store/event_rows.h"
#include "store/mysql.h"
#include "store/store.h"
#include "store/transaction.h"

enum { COLUMN_ATTEMPTS = 5, COLUMN_CREATED = 6, COLUMN_NEXT = 7 };

int64_t event_retries_insert(struct call *call, const char *group, const struct event *event, const char *error,
                             int64_t attempts, int64_t next_ms)
{
    return sql_change(call->store->mysql, SQL_EVENT_RETRIES_INSERT,
                      SQL_ARGS(sql_text(group), sql_text(event->id), sql_text(event->aggregatetype),
                               sql_text(event->aggregateid), sql_text(event->type), sql_text(event->payload),
                               sql_text(error), sql_i64(attempts), sql_time(call->now_ms), sql_time(next_ms)));
}

enum outcome event_retries_due(struct call *call, const char *group, size_t limit, struct event_retry **retries,
                               size_t *count)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_EVENT_RETRIES_DUE,
                   SQL_ARGS(sql_text(group), sql_time(call->now_ms), sql_u64(limit)), &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    *retries = must(talloc_zero_array(call->mem, struct event_retry, rows.count + 1));
    *count = rows.count;
    for (size_t i = 0; i < rows.count; i++) {
        struct event_retry *retry = &(*retries)[i];
        retry->event = event_of_row(&rows, i, 0);
        retry->event.created_ms = sql_time_ms(&rows, i, COLUMN_CREATED);
        retry->attempts = sql_number(&rows, i, COLUMN_ATTEMPTS);
        retry->next_ms = sql_time_ms(&rows, i, COLUMN_NEXT);
    }
    return OUTCOME_DONE;
}

struct claim {
    const char *group;
    struct event_retry *retries;
    size_t count;
    int64_t until_ms;
    bool *ours;
};

static enum tx claim_all(struct call *call, void *args)
{
    struct claim *claim = args;

    for (size_t i = 0; i < claim->count; i++) {
        const struct event_retry *retry = &claim->retries[i];
        int64_t changed = sql_change(call->store->mysql, SQL_EVENT_RETRIES_CLAIM,
                                     SQL_ARGS(sql_time(claim->until_ms), sql_text(retry->event.id),
                                              sql_text(claim->group), sql_time(retry->next_ms)));
        if (changed < 0)
            return tx_failure(changed);
        claim->ours[i] = changed == 1;
    }
    return TX_KEEP;
}

enum outcome event_retries_claim(struct call *call, const char *group, struct event_retry *retries, size_t *count,
                                 int64_t until_ms)
{
    struct claim claim = {group, retries, *count, until_ms, must(talloc_zero_array(call->mem, bool, *count + 1))};

    if (transact(call, claim_all, &claim) != TRANSACTION_KEPT)
        return OUTCOME_UNAVAILABLE;
    *count = 0;
    for (size_t i = 0; i < claim.count; i++) {
        if (!claim.ours[i])
            continue;
        retries[i].attempts++;
        retries[i].next_ms = until_ms;
        retries[(*count)++] = retries[i];
    }
    return OUTCOME_DONE;
}

int64_t event_retries_postpone(struct call *call, const char *group, const struct event_retry *retry, const char *error,
                               int64_t next_ms)
{
    return sql_change(call->store->mysql, SQL_EVENT_RETRIES_POSTPONE,
                      SQL_ARGS(sql_time(next_ms), sql_i64(retry->attempts), sql_text(error), sql_text(retry->event.id),
                               sql_text(group)));
}

int64_t event_retries_delete(struct call *call, const char *group, const struct event *event)
{
    return sql_change(call->store->mysql, SQL_EVENT_RETRIES_DELETE, SQL_ARGS(sql_text(event->id), sql_text(group)));
}

enum outcome event_retries_count(struct call *call, uint64_t *count)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_EVENT_RETRIES_COUNT, SQL_NO_ARGS, &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    *count = (uint64_t)sql_number(&rows, 0, 0);
    return OUTCOME_DONE;
}
