#include "domain/queue.h"

#include <stdlib.h>

#include "base/secret.h"
#include "domain/draw.h"
#include "domain/flow.h"
#include "domain/queue_ticket.h"

enum { ADMITTED_POLL_MS = 2000, ACTIVE_POLL_MS = 30000, EARLY_FANS_A_SECOND = 5000, EARLY_SPREAD_MS_MAX = 60000 };

static int64_t between(int64_t least, int64_t most)
{
    return least + secret_random_below((uint32_t)(most - least + 1));
}

/*
 * When to ask again. Everybody who was told the same would come back in the same moment, so waiting
 * fans come somewhat earlier than they must, and those who wait for the opening somewhat after it.
 */
static int64_t next_poll_ms(const struct place *place)
{
    switch (place->state) {
    case PLACE_NONE: return 0;
    case PLACE_ADMITTED: return ADMITTED_POLL_MS;
    case PLACE_ACTIVE: return ACTIVE_POLL_MS;
    case PLACE_WAITING: break;
    }
    if (!place->is_early)
        return between(place->told_ms * 3 / 4, place->told_ms);
    int64_t spread_ms = (int64_t)(place->ahead * 1000 / EARLY_FANS_A_SECOND);
    return place->told_ms + between(0, spread_ms < EARLY_SPREAD_MS_MAX ? spread_ms : EARLY_SPREAD_MS_MAX);
}

/* Why the wait is not known; NULL when the flow may tell. */
static const char *reason_of(const struct place *place)
{
    if (place->state != PLACE_WAITING)
        return "not_waiting";
    switch (place->sale) {
    case SALE_PRE: return "not_open_yet";
    case SALE_PAUSED: return "paused";
    case SALE_CLOSED: return "closed";
    case SALE_SOLD_OUT: return "sold_out";
    case SALE_OPEN:
    case SALE_DRAINING: return place->is_early ? "not_open_yet" : NULL;
    }
    abort();
}

static void estimate(struct queue_place *own)
{
    own->estimate_reason = reason_of(&own->place);
    own->has_estimate =
        own->estimate_reason == NULL && flow_wait(own->place.flow, own->place.ahead, &own->low_s, &own->high_s);
    if (own->estimate_reason == NULL && !own->has_estimate)
        own->estimate_reason = "too_little_known";
}

static void tell(struct call *call, uint64_t concert_id, struct queue_place *own)
{
    struct queue_ticket ticket = {own->place.number, own->place.is_early};

    own->next_poll_ms = next_poll_ms(&own->place);
    own->ticket = own->place.state == PLACE_NONE ? NULL : queue_ticket_seal(call, concert_id, ticket);
    estimate(own);
}

/* With a ticket from before the draw: when Redis has lost both, MySQL knows what was drawn. */
static enum outcome join_early(struct call *call, uint64_t concert_id, uint64_t entry, struct place *place)
{
    uint64_t number;
    bool drawn;
    bool ask_draw;
    enum outcome outcome = queues_join_early(call, concert_id, entry, ENTRY_UNSURE, place, &ask_draw);

    if (outcome != OUTCOME_DONE || !ask_draw)
        return outcome;
    outcome = draw_number(call, concert_id, entry, &number, &drawn);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (drawn)
        return queues_join(call, concert_id, number, place);
    outcome = queues_join_early(call, concert_id, entry, ENTRY_UNDRAWN, place, &ask_draw);
    return outcome == OUTCOME_DONE && ask_draw ? OUTCOME_UNAVAILABLE : outcome;
}

enum outcome queue_join(struct call *call, uint64_t concert_id, const char *sealed, struct queue_place *own)
{
    struct queue_ticket ticket = {0};

    if (sealed != NULL && !queue_ticket_open(call, concert_id, sealed, &ticket))
        return call_refuse_field(call, "ticket", "It is not the caller's ticket for this concert.");
    enum outcome outcome = ticket.is_entry ? join_early(call, concert_id, ticket.number, &own->place)
                                           : queues_join(call, concert_id, ticket.number, &own->place);
    if (outcome == OUTCOME_DONE)
        tell(call, concert_id, own);
    return outcome;
}

enum outcome queue_find(struct call *call, uint64_t concert_id, struct queue_place *own)
{
    enum outcome outcome = queues_find(call, concert_id, &own->place);

    if (outcome == OUTCOME_DONE)
        tell(call, concert_id, own);
    return outcome;
}

enum outcome queue_leave(struct call *call, uint64_t concert_id)
{
    return queues_leave(call, concert_id);
}

const char *queue_state(const struct place *place)
{
    return place_state_name(place->state);
}
