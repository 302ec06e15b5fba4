/* How many seats of a concert are sold, derived from events so that payments need not meet in one row. */
#ifndef FRONTROW_STORE_CONCERT_COUNTS_H
#define FRONTROW_STORE_CONCERT_COUNTS_H

#include <stdint.h>

#include "base/call.h"

/* Inside a transaction. Rows changed, or a failure of sql_change(). */
int64_t concert_counts_add(struct call *call, uint64_t concert_id, int64_t seats);

#endif
