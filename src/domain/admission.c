#include "domain/admission.h"

#include <inttypes.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "domain/draw.h"
#include "domain/flow.h"
#include "domain/turn.h"
#include "store/queues.h"
#include "store/queues_series.h"
#include "store/seat_holds.h"
#include "store/store.h"

enum {
    SAMPLE_MS = 1000,
    /* With batches of 50 this admits 4,000 fans a round and keeps a round short enough to stop in. */
    STEPS_MAX = 80,
    /* A draw of a million takes seconds: the other concerts get their rounds meanwhile. */
    DRAW_MS_MAX = 100,
};

struct gate_concert {
    uint64_t concert_id;
    int64_t sampled_ms;
    struct draw_run *draw; /* under way; else NULL: what it has read must not grow old */
};

struct gate {
    struct store *store;
    struct upkeep *upkeep;
    uint64_t version; /* of upkeep's list */
    struct gate_concert **concert;
    size_t count;
};

struct gate *gate_new(const void *mem, struct store *store, struct upkeep *upkeep)
{
    struct gate *gate = must(talloc_zero(mem, struct gate));

    gate->store = store;
    gate->upkeep = upkeep;
    return gate;
}

/* The concert as this gate knows it already, moved to the new list; or a new one. */
static struct gate_concert *take_over(const struct gate *gate, void *list, uint64_t concert_id)
{
    for (size_t i = 0; i < gate->count; i++)
        if (gate->concert[i]->concert_id == concert_id)
            return talloc_steal(list, gate->concert[i]);
    struct gate_concert *concert = must(talloc_zero(list, struct gate_concert));
    concert->concert_id = concert_id;
    return concert;
}

static void list_concerts(struct gate *gate, void *mem)
{
    uint64_t *ids;
    size_t count;

    if (!upkeep_running(gate->upkeep, mem, &gate->version, &ids, &count))
        return;
    struct gate_concert **concerts = must(talloc_array(gate, struct gate_concert *, count + 1));
    for (size_t i = 0; i < count; i++)
        concerts[i] = take_over(gate, concerts, ids[i]);
    talloc_free(gate->concert);
    gate->concert = concerts;
    gate->count = count;
}

static void show(struct counters *counters, const struct call *call, uint64_t concert_id, const struct queue_step *step)
{
    struct counters_concert *row = counters_concert(counters, concert_id, call->now_ms);

    if (row == NULL)
        return;
    row->waiting = step->waiting_now;
    row->admitted = step->admitted_now;
    row->active = step->active_now;
    row->held = step->held_now;
    row->sold = step->sold_now;
}

static enum outcome admit(struct gate *gate, struct call *call, uint64_t concert_id, struct queue_step *step)
{
    size_t batch = (size_t)gate->store->config->gate_batch;
    uint64_t admitted = 0;

    *step = (struct queue_step){.more = true};
    for (int steps = 0; steps < STEPS_MAX && step->more; steps++) {
        enum outcome outcome = queues_admit(call, concert_id, batch, step);
        if (outcome != OUTCOME_DONE)
            return outcome;
        admitted += step->admitted;
    }
    if (admitted > 0)
        log_debug("fans_admitted concert=%" PRIu64 " fans=%" PRIu64 " waiting=%" PRIu64, concert_id, admitted,
                  step->waiting_now);
    show(gate->store->counters, call, concert_id, step);
    return OUTCOME_DONE;
}

/* The draw, as far as it gets in a moment. */
static enum outcome draw(struct call *call, struct gate_concert *concert)
{
    int64_t end_ns = clock_steady_ns() + (int64_t)DRAW_MS_MAX * 1000000;
    enum outcome outcome = OUTCOME_DONE;
    bool done = false;

    if (concert->draw == NULL)
        concert->draw = draw_run_new(concert, concert->concert_id);
    while (outcome == OUTCOME_DONE && !done && clock_steady_ns() < end_ns)
        outcome = draw_run_step(call, concert->draw, &done);
    /* What went wrong may have lost the list: the next round begins anew, and comes to the same order. */
    if (outcome != OUTCOME_DONE || done)
        TALLOC_FREE(concert->draw);
    /* Not yet: fans are on their way back after a loss of Redis. The rest of the round goes on. */
    return outcome == OUTCOME_NOT_FOUND ? OUTCOME_DONE : outcome;
}

static enum outcome tidy(struct call *call, uint64_t concert_id)
{
    enum outcome outcome = OUTCOME_DONE;
    bool more = true;

    for (int steps = 0; steps < STEPS_MAX && more && outcome == OUTCOME_DONE; steps++)
        outcome = seat_holds_tidy(call, concert_id, &more);
    return outcome;
}

/* Write the series on, and say how fast the line moves when there is something new to judge from. */
static enum outcome sample(struct call *call, struct gate_concert *concert)
{
    struct queue_row *rows;
    size_t count;

    if (!turn_is_due(&concert->sampled_ms, SAMPLE_MS, call->now_ms))
        return OUTCOME_DONE;
    enum outcome outcome = queues_sample(call, concert->concert_id, &rows, &count);
    if (outcome != OUTCOME_DONE || count == 0)
        return outcome;
    return queues_flow(call, concert->concert_id, flow_of(rows, count));
}

static enum outcome step(struct gate *gate, struct call *call, struct gate_concert *concert)
{
    struct queue_step done;
    enum outcome outcome = admit(gate, call, concert->concert_id, &done);

    if (outcome == OUTCOME_DONE && done.must_draw)
        outcome = draw(call, concert);
    else
        TALLOC_FREE(concert->draw);
    if (outcome == OUTCOME_DONE)
        outcome = tidy(call, concert->concert_id);
    if (outcome == OUTCOME_DONE)
        outcome = sample(call, concert);
    return outcome;
}

/* Redis may be away: then this round is over, and the next one tries again. */
static bool step_all(struct gate *gate, void *mem, struct call *call)
{
    enum outcome outcome = OUTCOME_DONE;
    bool is_drawing = false;

    for (size_t i = 0; i < gate->count && outcome != OUTCOME_UNAVAILABLE; i++) {
        call->mem = must(talloc_new(mem));
        outcome = step(gate, call, gate->concert[i]);
        TALLOC_FREE(call->mem);
        is_drawing |= gate->concert[i]->draw != NULL;
    }
    return is_drawing;
}

bool gate_round(struct gate *gate, int64_t now_ms)
{
    void *mem = must(talloc_new(gate));
    struct call call = {.mem = mem, .store = gate->store, .now_ms = now_ms, .request_id = "gate"};

    list_concerts(gate, mem);
    bool is_drawing = step_all(gate, mem, &call);
    talloc_free(mem);
    return is_drawing;
}
