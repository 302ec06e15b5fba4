#include "domain/outbox_view.h"

#include "store/event_retries.h"

enum outcome outbox_view(struct call *call, uint64_t after, size_t limit, struct outbox_view *view)
{
    int64_t oldest_ms;
    enum outcome outcome = outbox_list(call, after, limit, &view->rows, &view->count);

    if (outcome == OUTCOME_DONE)
        outcome = outbox_waiting(call, &view->waiting, &oldest_ms);
    if (outcome == OUTCOME_DONE)
        outcome = event_retries_count(call, &view->retrying);
    if (outcome == OUTCOME_DONE)
        view->lag_ms = oldest_ms == 0 || oldest_ms > call->now_ms ? 0 : call->now_ms - oldest_ms;
    return outcome;
}
