/* The ledger of points: rows are only added, and an account's points are their sum. */
#ifndef FRONTROW_STORE_POINTS_LEDGER_H
#define FRONTROW_STORE_POINTS_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "store/transaction.h"

struct point_entry {
    uint64_t entry_id;
    uint64_t account_id;
    int64_t delta;
    const char *reason;    /* opening, charge, payment, refund */
    const char *reference; /* of a payment its id, of a refund the reservation number, else "" */
    int64_t balance_after;
    int64_t created_ms;
};

/*
 * Inside a transaction, after the account's points were changed and thereby locked: add an entry. 1;
 * it travels with the next statement or COMMIT, as sql_queue() says.
 */
int64_t points_ledger_insert(struct call *call, const struct point_entry *entry);

/* What a transaction begins with: add delta, not negative, to the caller's points, and an entry to the ledger. */
void points_ledger_ask_credit(struct call *call, const struct point_entry *entry);

/* What it came to: 1, with the entry's balance_after and number filled in; 0 when there is no such account. */
int64_t points_ledger_credited(const struct sql_done done[TRANSACTION_ASKS], struct point_entry *entry);

/* Up to limit entries of the caller with an id below before (0: from the newest), newest first. DONE or UNAVAILABLE. */
enum outcome points_ledger_list(struct call *call, uint64_t before, size_t limit, struct point_entry **entries,
                                size_t *count);

#endif
