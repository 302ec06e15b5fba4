#include "store/payment_seats.h"

#include <talloc.h>

#include "base/must.h"
#include "store/mysql.h"
#include "store/store.h"

enum outcome payment_seats_taken(struct call *call, uint64_t payment_id, uint32_t **seats, size_t *count)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_PAYMENT_SEATS_TAKEN, SQL_ARGS(sql_u64(payment_id)), &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    *seats = must(talloc_zero_array(call->mem, uint32_t, rows.count + 1));
    *count = rows.count;
    for (size_t i = 0; i < rows.count; i++)
        (*seats)[i] = (uint32_t)sql_number(&rows, i, 0);
    return OUTCOME_DONE;
}

enum outcome payment_seats_number_taken(struct call *call, const char *reservation_number, bool *taken)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_PAYMENT_SEATS_NUMBER_TAKEN,
                   SQL_ARGS(sql_text(reservation_number)), &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    *taken = rows.count > 0;
    return OUTCOME_DONE;
}
