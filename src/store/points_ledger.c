#include "store/points_ledger.h"

#include <talloc.h>

#include "base/must.h"
#include "store/accounts.h"
#include "store/mysql.h"
#include "store/store.h"

int64_t points_ledger_insert(struct call *call, const struct point_entry *entry)
{
    return sql_queue_row(call->store->mysql, SQL_POINTS_LEDGER_INSERT,
                         SQL_ARGS(sql_u64(entry->account_id), sql_i64(entry->delta), sql_text(entry->reason),
                                  sql_text(entry->reference), sql_i64(entry->balance_after), sql_time(call->now_ms)));
}

void points_ledger_ask_credit(struct call *call, const struct point_entry *entry)
{
    accounts_queue_credit(call, entry->delta);
    sql_queue(call->store->mysql, SQL_POINTS_LEDGER_INSERT_AFTER_CHANGE,
              SQL_ARGS(sql_u64(entry->account_id), sql_i64(entry->delta), sql_text(entry->reason),
                       sql_text(entry->reference), sql_time(call->now_ms)));
}

int64_t points_ledger_credited(const struct sql_done done[TRANSACTION_ASKS], struct point_entry *entry)
{
    entry->balance_after = (int64_t)done[0].inserted_id;
    entry->entry_id = done[1].inserted_id;
    return done[0].changed;
}

enum outcome points_ledger_list(struct call *call, uint64_t before, size_t limit, struct point_entry **entries,
                                size_t *count)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_POINTS_LEDGER_LIST,
                   SQL_ARGS(sql_u64(call->account_id), sql_u64(before == 0 ? INT64_MAX : before), sql_u64(limit)),
                   &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    *count = rows.count;
    *entries = must(talloc_zero_array(call->mem, struct point_entry, rows.count + 1));
    for (size_t i = 0; i < rows.count; i++) {
        (*entries)[i] = (struct point_entry){
            .entry_id = (uint64_t)sql_number(&rows, i, 0),
            .account_id = call->account_id,
            .delta = sql_number(&rows, i, 1),
            .reason = sql_string(&rows, i, 2),
            .reference = sql_string(&rows, i, 3),
            .balance_after = sql_number(&rows, i, 4),
            .created_ms = sql_time_ms(&rows, i, 5),
        };
    }
    return OUTCOME_DONE;
}
