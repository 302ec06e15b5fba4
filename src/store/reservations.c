#include "store/reservations.h"

#include <talloc.h>

#include "base/must.h"
#include "store/accounts.h"
#include "store/mysql.h"
#include "store/store.h"

int64_t reservations_insert(struct call *call, uint64_t payment_id, const struct reservation *reservation)
{
    return sql_queue_row(call->store->mysql, SQL_RESERVATIONS_INSERT,
                         SQL_ARGS(sql_text(reservation->reservation_number), sql_u64(call->account_id),
                                  sql_u64(reservation->concert_id), sql_u64(reservation->seat),
                                  sql_i64(reservation->price), sql_u64(payment_id), sql_time(call->now_ms)));
}

void reservations_ask_cancel(struct call *call, const struct reservation *reservation)
{
    accounts_queue_credit(call, reservation->price);
    sql_queue(call->store->mysql, SQL_RESERVATIONS_CANCEL,
              SQL_ARGS(sql_time(call->now_ms), sql_u64(reservation->reservation_id), sql_u64(call->account_id)));
}

int64_t reservations_cancelled(const struct sql_done done[TRANSACTION_ASKS], int64_t *balance)
{
    *balance = (int64_t)done[0].inserted_id;
    return done[0].changed == 1 ? done[1].changed : 0;
}

static struct reservation row_of(const struct sql_rows *rows, size_t row)
{
    return (struct reservation){
        .reservation_id = (uint64_t)sql_number(rows, row, 0),
        .reservation_number = sql_string(rows, row, 1),
        .concert_id = (uint64_t)sql_number(rows, row, 2),
        .seat = (uint32_t)sql_number(rows, row, 3),
        .price = sql_number(rows, row, 4),
        .payment_id = (uint64_t)sql_number(rows, row, 5),
        .paid_ms = sql_time_ms(rows, row, 6),
        .cancelled_ms = sql_time_ms(rows, row, 7),
        .used_ms = sql_time_ms(rows, row, 8),
        .account_id = (uint64_t)sql_number(rows, row, 9),
    };
}

int64_t reservations_use(struct call *call, uint64_t reservation_id)
{
    return sql_change(call->store->mysql, SQL_RESERVATIONS_USE,
                      SQL_ARGS(sql_time(call->now_ms), sql_u64(reservation_id)));
}

/* The one row of a statement. */
static enum outcome read_one(struct call *call, enum statement statement, const struct sql_arg *args, size_t count,
                             struct reservation *reservation)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, statement, args, count, &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    if (rows.count == 0)
        return OUTCOME_NOT_FOUND;
    *reservation = row_of(&rows, 0);
    return OUTCOME_DONE;
}

enum outcome reservations_read(struct call *call, uint64_t reservation_id, struct reservation *reservation)
{
    return read_one(call, SQL_RESERVATIONS_READ, SQL_ARGS(sql_u64(reservation_id)), reservation);
}

enum outcome reservations_find(struct call *call, const char *reservation_number, struct reservation *reservation)
{
    return read_one(call, SQL_RESERVATIONS_FIND, SQL_ARGS(sql_text(reservation_number), sql_u64(call->account_id)),
                    reservation);
}

enum outcome reservations_find_anybodys(struct call *call, const char *reservation_number,
                                        struct reservation *reservation)
{
    return read_one(call, SQL_RESERVATIONS_FIND_ANYBODYS, SQL_ARGS(sql_text(reservation_number)), reservation);
}

enum outcome reservations_list(struct call *call, uint64_t before, size_t limit, struct reservation **reservations,
                               size_t *count)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_RESERVATIONS_LIST,
                   SQL_ARGS(sql_u64(call->account_id), sql_u64(before == 0 ? INT64_MAX : before), sql_u64(limit)),
                   &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    *count = rows.count;
    *reservations = must(talloc_zero_array(call->mem, struct reservation, rows.count + 1));
    for (size_t i = 0; i < rows.count; i++)
        (*reservations)[i] = row_of(&rows, i);
    return OUTCOME_DONE;
}

enum outcome reservations_sold(struct call *call, uint64_t concert_id, const uint32_t *seats, size_t count,
                               uint32_t *sold, size_t *sold_count)
{
    struct sql_arg args[SEATS_PER_CALL_MAX + 1] = {sql_u64(concert_id)};
    struct sql_rows rows;

    for (size_t i = 0; i < SEATS_PER_CALL_MAX; i++)
        args[i + 1] = i < count ? sql_u64(seats[i]) : sql_null();
    if (sql_select(call->store->mysql, call->mem, SQL_RESERVATIONS_SOLD, args, SEATS_PER_CALL_MAX + 1, &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    for (size_t i = 0; i < rows.count; i++)
        sold[i] = (uint32_t)sql_number(&rows, i, 0);
    *sold_count = rows.count;
    return OUTCOME_DONE;
}
