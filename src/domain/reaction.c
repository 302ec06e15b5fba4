#include "domain/reaction.h"

#include <stdlib.h>

#include "domain/event.h"
#include "store/concert_counts.h"
#include "store/payment_seats.h"
#include "store/seat_holds.h"

const char *reaction_group(enum reaction reaction)
{
    static const char *const groups[REACTIONS] = {
#define REACTION(name, group) group,
#include "domain/reaction.def"
#undef REACTION
    };

    return groups[reaction];
}

enum outcome reaction_check(struct call *call, const struct event *event)
{
    struct payment_completed completed;
    struct reservation_cancelled cancelled;
    bool good = false;

    switch (event_kind(event)) {
    case EVENT_PAYMENT_COMPLETED: good = event_read_completed(call, event, &completed); break;
    case EVENT_RESERVATION_CANCELLED: good = event_read_cancelled(call, event, &cancelled); break;
    case EVENT_KINDS: return OUTCOME_NOT_FOUND;
    }
    return good ? OUTCOME_DONE : OUTCOME_BAD_VALUE;
}

/* Of a concert that is no more nothing is left to do. */
static enum outcome settled(enum outcome outcome)
{
    return outcome == OUTCOME_NOT_FOUND ? OUTCOME_DONE : outcome;
}

static enum outcome seats_sold(struct call *call, const struct event *event)
{
    struct payment_completed completed;
    uint32_t *seats;
    size_t count;

    if (!event_read_completed(call, event, &completed))
        return OUTCOME_BAD_VALUE;
    enum outcome outcome = payment_seats_taken(call, completed.payment_id, &seats, &count);
    if (outcome != OUTCOME_DONE)
        return outcome;
    return settled(seat_holds_sold(call, completed.concert_id, completed.account_id, completed.place, seats, count));
}

static enum outcome seat_unsold(struct call *call, const struct event *event)
{
    struct reservation_cancelled cancelled;
    bool taken;

    if (!event_read_cancelled(call, event, &cancelled))
        return OUTCOME_BAD_VALUE;
    enum outcome outcome = payment_seats_number_taken(call, cancelled.reservation_number, &taken);
    if (outcome != OUTCOME_DONE || taken)
        return outcome;
    return settled(seat_holds_unsold(call, cancelled.concert_id, &cancelled.seat, 1));
}

/* Seats and place go in one script, so whichever of the two groups is first does both. */
enum outcome reaction_queue(struct call *call, const struct event *event)
{
    return event_kind(event) == EVENT_PAYMENT_COMPLETED ? seats_sold(call, event) : OUTCOME_DONE;
}

enum outcome reaction_reservation(struct call *call, const struct event *event)
{
    switch (event_kind(event)) {
    case EVENT_PAYMENT_COMPLETED: return seats_sold(call, event);
    case EVENT_RESERVATION_CANCELLED: return seat_unsold(call, event);
    case EVENT_KINDS: break;
    }
    abort();
}

static enum tx counted(int64_t changed)
{
    return changed < 0 ? tx_failure(changed) : TX_KEEP;
}

enum tx reaction_count(struct call *call, const struct event *event)
{
    struct payment_completed completed;
    struct reservation_cancelled cancelled;

    switch (event_kind(event)) {
    case EVENT_PAYMENT_COMPLETED:
        if (!event_read_completed(call, event, &completed))
            return TX_BROKEN;
        return counted(concert_counts_add(call, completed.concert_id, (int64_t)completed.seats_count));
    case EVENT_RESERVATION_CANCELLED:
        if (!event_read_cancelled(call, event, &cancelled))
            return TX_BROKEN;
        return counted(concert_counts_add(call, cancelled.concert_id, -1));
    case EVENT_KINDS: break;
    }
    abort();
}
