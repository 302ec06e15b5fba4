#include "domain/admission.h"

#include <inttypes.h>
#include <talloc.h>

#include "base/log.h"
#include "base/must.h"
#include "store/concert_warm_up.h"
#include "store/concerts.h"
#include "store/queues.h"
#include "store/seat_holds.h"
#include "store/store.h"

enum {
    LIST_MS = 1000,
    /* With batches of 200 this admits 4,000 fans a round and keeps a round short enough to stop in. */
    STEPS_MAX = 20,
    /* Syncing reads MySQL: of many concerts only a few take their turn in one round. */
    SYNCS_MAX = 4,
};

struct gate_concert {
    uint64_t concert_id;
    int64_t synced_ms;
};

struct gate {
    struct store *store;
    struct gate_concert *concert;
    size_t count;
    int64_t listed_ms;
    int64_t pruned_ms;
};

struct gate *gate_new(const void *mem, struct store *store)
{
    struct gate *gate = must(talloc_zero(mem, struct gate));

    gate->store = store;
    return gate;
}

/* A clock that was set back makes everything due, rather than nothing for a long time. */
static bool is_due(int64_t last_ms, int64_t period_ms, int64_t now_ms)
{
    return now_ms >= last_ms + period_ms || now_ms < last_ms;
}

static int64_t last_sync(const struct gate *gate, uint64_t concert_id)
{
    for (size_t i = 0; i < gate->count; i++)
        if (gate->concert[i].concert_id == concert_id)
            return gate->concert[i].synced_ms;
    return 0;
}

/* While MySQL is away the concerts known last go on. */
static void list_concerts(struct gate *gate, struct call *call)
{
    uint64_t *ids;
    size_t count;

    if (!is_due(gate->listed_ms, LIST_MS, call->now_ms))
        return;
    gate->listed_ms = call->now_ms;
    if (concerts_running(call, &ids, &count) != OUTCOME_DONE)
        return;
    struct gate_concert *concerts = must(talloc_array(gate, struct gate_concert, count + 1));
    for (size_t i = 0; i < count; i++)
        concerts[i] = (struct gate_concert){.concert_id = ids[i], .synced_ms = last_sync(gate, ids[i])};
    talloc_free(gate->concert);
    gate->concert = concerts;
    gate->count = count;
}

static void show(struct counters *counters, const struct call *call, uint64_t concert_id, const struct queue_step *step)
{
    struct counters_concert *row = counters_concert(counters, concert_id);

    if (row == NULL)
        return;
    row->waiting = step->waiting_now;
    row->admitted = step->admitted_now;
    row->active = step->active_now;
    row->held = step->held_now;
    row->sold = step->sold_now;
    row->seen_ms = (uint64_t)call->now_ms;
}

static enum outcome admit(struct gate *gate, struct call *call, uint64_t concert_id)
{
    size_t batch = (size_t)gate->store->config->gate_batch;
    struct queue_step step = {.more = true};
    uint64_t admitted = 0;

    for (int steps = 0; steps < STEPS_MAX && step.more; steps++) {
        enum outcome outcome = queues_admit(call, concert_id, batch, &step);
        if (outcome != OUTCOME_DONE)
            return outcome;
        admitted += step.admitted;
    }
    if (admitted > 0)
        log_debug("fans_admitted concert=%" PRIu64 " fans=%" PRIu64 " waiting=%" PRIu64, concert_id, admitted,
                  step.waiting_now);
    show(gate->store->counters, call, concert_id, &step);
    return OUTCOME_DONE;
}

static enum outcome tidy(struct call *call, uint64_t concert_id)
{
    enum outcome outcome = OUTCOME_DONE;
    bool more = true;

    for (int steps = 0; steps < STEPS_MAX && more && outcome == OUTCOME_DONE; steps++)
        outcome = seat_holds_tidy(call, concert_id, &more);
    return outcome;
}

/* MySQL's word on the seats, now and then: whatever an event or an answer lost is mended here. */
static void sync_some(struct gate *gate, struct call *call)
{
    int syncs = 0;

    for (size_t i = 0; i < gate->count && syncs < SYNCS_MAX; i++) {
        struct gate_concert *concert = &gate->concert[i];
        if (!is_due(concert->synced_ms, gate->store->config->gate_sync_ms, call->now_ms))
            continue;
        concert->synced_ms = call->now_ms;
        syncs++;
        if (concert_sync(call, concert->concert_id) != OUTCOME_DONE ||
            queues_prune_sessions(call, concert->concert_id) != OUTCOME_DONE)
            return;
    }
}

static void prune(struct gate *gate, struct call *call)
{
    if (!is_due(gate->pruned_ms, gate->store->config->gate_sync_ms, call->now_ms))
        return;
    gate->pruned_ms = call->now_ms;
    queues_prune_sessions(call, 0);
}

/* Redis may be away: then this round is over, and the next one tries again. */
static enum outcome step_all(struct gate *gate, void *mem, struct call *call)
{
    enum outcome outcome = OUTCOME_DONE;

    for (size_t i = 0; i < gate->count && outcome != OUTCOME_UNAVAILABLE; i++) {
        uint64_t concert_id = gate->concert[i].concert_id;
        call->mem = must(talloc_new(mem));
        outcome = admit(gate, call, concert_id);
        if (outcome == OUTCOME_DONE)
            outcome = tidy(call, concert_id);
        TALLOC_FREE(call->mem);
    }
    call->mem = mem;
    return outcome;
}

void gate_round(struct gate *gate, int64_t now_ms)
{
    void *mem = must(talloc_new(gate));
    struct call call = {.mem = mem, .store = gate->store, .now_ms = now_ms, .request_id = "gate"};

    list_concerts(gate, &call);
    if (step_all(gate, mem, &call) != OUTCOME_UNAVAILABLE) {
        sync_some(gate, &call);
        prune(gate, &call);
    }
    talloc_free(mem);
}
