/* What happened in a concert's queue over time, for the operators' charts. */
#ifndef FRONTROW_DOMAIN_SERIES_H
#define FRONTROW_DOMAIN_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "domain/waits.h"
#include "store/queues_series.h"

struct series {
    int step_s; /* how long one row lasts */
    struct queue_row *row;
    struct wait *wait; /* one for each row */
    size_t count;
    struct waits_right waits_right;
};

/*
 * The rows since a moment, in the finest steps that are kept for so long: seconds for hours, minutes
 * for a day, quarters of an hour for weeks. DONE, NOT_FOUND or UNAVAILABLE.
 */
enum outcome series_read(struct call *call, uint64_t concert_id, int64_t since_ms, struct series *series);

#endif
