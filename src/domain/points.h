/* Points: the money, in whole numbers. */
#ifndef FRONTROW_DOMAIN_POINTS_H
#define FRONTROW_DOMAIN_POINTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "store/points_ledger.h"

enum { POINTS_CHARGE_MAX = 10000000 };

/* The caller's points. DONE, NOT_SIGNED_IN when the account is gone, or UNAVAILABLE. */
enum outcome points_balance(struct call *call, int64_t *balance);

/*
 * Add points to the caller's, once per Idempotency-Key. DONE with *answer, the receipt as JSON on
 * call->mem: entry_id, amount, balance. Else as change_make(), or NOT_SIGNED_IN.
 */
enum outcome points_charge(struct call *call, int64_t amount, const char **answer);

/* The caller's ledger, newest first, as points_ledger_list(). */
enum outcome points_entries(struct call *call, uint64_t before, size_t limit, struct point_entry **entries,
                            size_t *count);

#endif
