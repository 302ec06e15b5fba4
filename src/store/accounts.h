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
 * Inside a transaction, for its first flush (sql_queue()): change the caller's points. It changes no
 * row when they do not suffice or there is no such account, and leaves the new balance where the
 * number of an inserted row would be. The row stays locked until the end, so the changes of one
 * account come one after the other.
 */
void accounts_queue_debit(struct call *call, int64_t amount);
void accounts_queue_credit(struct call *call, int64_t amount);

#endif
