/* Accounts in MySQL. */
#ifndef FRONTROW_STORE_ACCOUNTS_H
#define FRONTROW_STORE_ACCOUNTS_H

#include <stdint.h>

#include "base/call.h"

struct account {
    uint64_t account_id;
    const char *email; /* in lower case */
    const char *name;
    const char *password_hash;
    enum role role;
    int64_t points;
};

/*
 * Inside a transaction: write a new account and give it its number. 1; 0 when the e-mail is taken;
 * or a failure of sql_change().
 */
int64_t accounts_insert(struct call *call, struct account *account);

/* One account, on call->mem. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome accounts_read(struct call *call, uint64_t account_id, struct account *account);
enum outcome accounts_find(struct call *call, const char *email, struct account *account);

/*
 * Inside a transaction: change the caller's points, and say what they are then. 1; 0 when the points
 * do not suffice or there is no such account; or a failure of sql_change(). The row stays locked
 * until the end, so the changes of one account come one after the other.
 */
int64_t accounts_debit(struct call *call, int64_t amount, int64_t *balance);
int64_t accounts_credit(struct call *call, int64_t amount, int64_t *balance);

#endif
