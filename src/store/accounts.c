#include "store/accounts.h"

#include <string.h>

#include "store/mysql.h"
#include "store/store.h"

static const char *role_text(enum role role)
{
    return role == ROLE_OPERATOR ? "operator" : "fan";
}

int64_t accounts_insert(struct call *call, struct account *account)
{
    int64_t rows =
        sql_change(call->store->mysql, SQL_ACCOUNTS_INSERT,
                   SQL_ARGS(sql_text(account->email), sql_text(account->name), sql_text(account->password_hash),
                            sql_text(role_text(account->role)), sql_i64(account->points), sql_time(call->now_ms)));

    if (rows == 1)
        account->account_id = sql_inserted_id(call->store->mysql);
    return rows == SQL_DUPLICATE ? 0 : rows;
}

static enum outcome take_one(const struct sql_rows *rows, struct account *account)
{
    if (rows->count == 0)
        return OUTCOME_NOT_FOUND;
    account->account_id = (uint64_t)sql_number(rows, 0, 0);
    account->email = sql_string(rows, 0, 1);
    account->name = sql_string(rows, 0, 2);
    account->password_hash = sql_string(rows, 0, 3);
    account->role = strcmp(sql_string(rows, 0, 4), "operator") == 0 ? ROLE_OPERATOR : ROLE_FAN;
    account->points = sql_number(rows, 0, 5);
    return OUTCOME_DONE;
}

enum outcome accounts_read(struct call *call, uint64_t account_id, struct account *account)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_ACCOUNTS_READ, SQL_ARGS(sql_u64(account_id)), &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    return take_one(&rows, account);
}

enum outcome accounts_find(struct call *call, const char *email, struct account *account)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_ACCOUNTS_FIND, SQL_ARGS(sql_text(email)), &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    return take_one(&rows, account);
}

void accounts_queue_debit(struct call *call, int64_t amount)
{
    sql_queue(call->store->mysql, SQL_ACCOUNTS_DEBIT,
              SQL_ARGS(sql_i64(amount), sql_u64(call->account_id), sql_i64(amount)));
}

void accounts_queue_credit(struct call *call, int64_t amount)
{
    sql_queue(call->store->mysql, SQL_ACCOUNTS_CREDIT, SQL_ARGS(sql_i64(amount), sql_u64(call->account_id)));
}
