#include "store/payments.h"

#include "store/mysql.h"
#include "store/store.h"

int64_t payments_insert(struct call *call, uint64_t concert_id, int64_t amount, uint64_t *payment_id)
{
    int64_t rows =
        sql_change(call->store->mysql, SQL_PAYMENTS_INSERT,
                   SQL_ARGS(sql_u64(call->account_id), sql_u64(concert_id), sql_i64(amount), sql_time(call->now_ms)));

    if (rows == 1)
        *payment_id = sql_inserted_id(call->store->mysql);
    return rows;
}
