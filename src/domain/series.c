#include "domain/series.h"

#include "store/concerts.h"

enum outcome series_read(struct call *call, uint64_t concert_id, int64_t since_ms, struct series *series)
{
    const struct plan *plan;
    enum outcome outcome = concerts_plan(call, concert_id, &plan);

    if (outcome != OUTCOME_DONE)
        return outcome;
    return queues_series(call, concert_id, since_ms / 1000, &series->row, &series->count, &series->step_s);
}
