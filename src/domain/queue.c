#include "domain/queue.h"

#include <stdlib.h>

#include "base/secret.h"
#include "domain/queue_ticket.h"

enum { ADMITTED_POLL_MS = 2000, ACTIVE_POLL_MS = 30000, JITTER_PERCENT = 20 };

/* The own place is asked more rarely than the board, which says when a number is near. */
static const struct {
    uint64_t ahead;
    int64_t ms;
} polls[] = {{0, 2000}, {20, 3000}, {100, 8000}, {1000, 20000}, {10000, 45000}, {100000, 60000}};

static int64_t poll_ms_at(uint64_t ahead)
{
    size_t row = 0;

    while (row + 1 < sizeof(polls) / sizeof(polls[0]) && polls[row + 1].ahead <= ahead)
        row++;
    return polls[row].ms;
}

/* Everybody who was told the same would come back in the same moment. */
static int64_t jittered(int64_t ms)
{
    int64_t spread = ms * JITTER_PERCENT / 100;

    return ms - spread + secret_random_below((uint32_t)(2 * spread + 1));
}

static int64_t next_poll_ms(const struct place *place)
{
    switch (place->state) {
    case PLACE_NONE: return 0;
    case PLACE_WAITING: return jittered(poll_ms_at(place->ahead));
    case PLACE_ADMITTED: return ADMITTED_POLL_MS;
    case PLACE_ACTIVE: return ACTIVE_POLL_MS;
    }
    abort();
}

/* Why the wait is not known. */
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
    case SALE_DRAINING: return "too_little_known";
    }
    abort();
}

static void tell(struct call *call, uint64_t concert_id, struct queue_place *own)
{
    own->next_poll_ms = next_poll_ms(&own->place);
    own->has_estimate = false;
    own->estimate_reason = reason_of(&own->place);
    own->ticket = own->place.state == PLACE_NONE ? NULL : queue_ticket_seal(call, concert_id, own->place.number);
}

enum outcome queue_join(struct call *call, uint64_t concert_id, const char *ticket, struct queue_place *own)
{
    uint64_t number = 0;

    if (ticket != NULL && !queue_ticket_open(call, concert_id, ticket, &number))
        return call_refuse_field(call, "ticket", "It is not the caller's ticket for this concert.");
    enum outcome outcome = queues_join(call, concert_id, number, &own->place);
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
