#include "store/payments.h"

#include "store/accounts.h"
#include "store/mysql.h"
#include "store/store.h"

int64_t payments_debit(struct call *call, uint64_t concert_id, int64_t amount, struct payment_made *made)
{
    struct mysql_link *mysql = call->store->mysql;
    struct sql_done done[2];

    /* When the points do not suffice the payment is written in vain; nobody waits for its row, and it is undone. */
    accounts_queue_debit(call, amount);
    sql_queue(mysql, SQL_PAYMENTS_INSERT,
              SQL_ARGS(sql_u64(call->account_id), sql_u64(concert_id), sql_i64(amount), sql_time(call->now_ms)));
    int failure = sql_flush(mysql, done, 2);
    if (failure != 0)
        return failure;
    made->balance = (int64_t)done[0].inserted_id;
    made->payment_id = done[1].inserted_id;
    return done[0].changed;
}
