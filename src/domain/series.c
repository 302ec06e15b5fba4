#include "domain/series.h"

#include <talloc.h>

#include "base/must.h"
#include "store/concerts.h"

enum outcome series_read(struct call *call, uint64_t concert_id, int64_t since_ms, struct series *series)
{
    const struct plan *plan;
    enum outcome outcome = concerts_plan(call, concert_id, &plan);

    if (outcome == OUTCOME_DONE)
        outcome = queues_series(call, concert_id, since_ms / 1000, &series->row, &series->count, &series->step_s);
    if (outcome != OUTCOME_DONE)
        return outcome;
    series->wait = must(talloc_array(call->mem, struct wait, series->count + 1));
    series->waits_right = waits_judge(series->row, series->count, series->step_s, series->wait);
    return OUTCOME_DONE;
}
