/* How many seats of a concert are sold, derived from events so that payments need not meet in one row. */
#ifndef FRONTROW_STORE_CONCERT_COUNTS_H
#define FRONTROW_STORE_CONCERT_COUNTS_H

#include <stdint.h>

#include "base/call.h"

/* Inside a transaction, queued. 1 or a failure. */
int64_t concert_counts_add(struct call *call, uint64_t concert_id, int64_t seats);

#endif
