#include "store/payments.h"

#include "store/accounts.h"
#include "store/mysql.h"
#include "store/store.h"

void payments_ask_debit(struct call *call, int64_t amount)
{
    accounts_queue_debit(call, amount);
}

void payments_ask_insert(struct call *call, uint64_t concert_id, int64_t amount)
{
    /* When the points do not suffice the payment is written in vain; nobody waits for its row, and it is undone. */
    sql_queue_row(call->store->mysql, SQL_PAYMENTS_INSERT,
                  SQL_ARGS(sql_u64(call->account_id), sql_u64(concert_id), sql_i64(amount), sql_time(call->now_ms)));
}

int64_t payments_debited(const struct sql_done done[TRANSACTION_ASKS], struct payment_made *made)
{
    made->balance = (int64_t)done[0].inserted_id;
    made->payment_id = done[1].inserted_id;
    return done[0].changed;
}
