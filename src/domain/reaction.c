#include "domain/reaction.h"

#include <stdlib.h>
#include <talloc.h>

#include "base/must.h"
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
    int64_t known_ms;
    uint32_t *seats;
    size_t count;

    if (!event_read_completed(call, event, &completed))
        return OUTCOME_BAD_VALUE;
    enum outcome outcome = seat_holds_time(call, &known_ms);
    if (outcome == OUTCOME_DONE)
        outcome = payment_seats_taken(call, completed.payment_id, &seats, &count);
    if (outcome != OUTCOME_DONE)
        return outcome;
    return settled(
        seat_holds_sold(call, completed.concert_id, completed.account_id, completed.place, known_ms, seats, count));
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

/* A payment's part of what there may be to do: the sale that Redis should have heard of. */
struct told {
    uint64_t concert_id; /* 0: cannot be told */
    struct seat_sale sale;
};

static struct told told_of(struct call *call, const struct event *event)
{
    struct payment_completed completed;

    if (event_kind(event) != EVENT_PAYMENT_COMPLETED || !event_read_completed(call, event, &completed))
        return (struct told){.concert_id = 0};
    uint32_t *seats = must(talloc_array(call->mem, uint32_t, completed.seats_count));
    for (size_t i = 0; i < completed.seats_count; i++)
        seats[i] = completed.seats[i].seat;
    return (struct told){completed.concert_id, {completed.account_id, completed.place, seats, completed.seats_count}};
}

/* Those of one concert in one question. */
static void ask_concert(struct call *call, const struct told *told, size_t first, size_t count, bool *asked, bool *left)
{
    struct seat_sale *sales = must(talloc_array(call->mem, struct seat_sale, count));
    size_t *of = must(talloc_array(call->mem, size_t, count));
    bool *answers = must(talloc_array(call->mem, bool, count));
    size_t found = 0;

    for (size_t i = first; i < count; i++) {
        if (told[i].concert_id != told[first].concert_id)
            continue;
        asked[i] = true;
        of[found] = i;
        sales[found++] = told[i].sale;
    }
    if (seat_holds_left(call, told[first].concert_id, sales, found, answers) != OUTCOME_DONE)
        return;
    for (size_t i = 0; i < found; i++)
        left[of[i]] = answers[i];
}

void reaction_left(struct call *call, const struct event *const *events, size_t count, bool *left)
{
    struct told *told = must(talloc_array(call->mem, struct told, count + 1));
    bool *asked = must(talloc_zero_array(call->mem, bool, count + 1));

    for (size_t i = 0; i < count; i++) {
        told[i] = told_of(call, events[i]);
        left[i] = true;
    }
    for (size_t i = 0; i < count; i++)
        if (told[i].concert_id != 0 && !asked[i])
            ask_concert(call, told, i, count, asked, left);
}

/* By how much the event changes the seats sold, and of which concert. */
static bool count_of(struct call *call, const struct event *event, uint64_t *concert_id, int64_t *seats)
{
    struct payment_completed completed;
    struct reservation_cancelled cancelled;

    switch (event_kind(event)) {
    case EVENT_PAYMENT_COMPLETED:
        if (!event_read_completed(call, event, &completed))
            return false;
        *concert_id = completed.concert_id;
        *seats = (int64_t)completed.seats_count;
        return true;
    case EVENT_RESERVATION_CANCELLED:
        if (!event_read_cancelled(call, event, &cancelled))
            return false;
        *concert_id = cancelled.concert_id;
        *seats = -1;
        return true;
    case EVENT_KINDS: return false;
    }
    abort();
}

/* Each concert's row is written once, because all events of a sale meet there. */
enum tx reaction_count(struct call *call, const struct event *const *events, size_t count)
{
    uint64_t *concerts = must(talloc_zero_array(call->mem, uint64_t, count + 1));
    int64_t *sums = must(talloc_zero_array(call->mem, int64_t, count + 1));
    uint64_t concert_id;
    int64_t seats;
    size_t used = 0;
    size_t at;

    for (size_t i = 0; i < count; i++) {
        if (!count_of(call, events[i], &concert_id, &seats))
            return TX_BROKEN;
        for (at = 0; at < used && concerts[at] != concert_id; at++)
            continue;
        concerts[at] = concert_id;
        sums[at] += seats;
        used += at == used;
    }
    for (at = 0; at < used; at++) {
        int64_t changed = concert_counts_add(call, concerts[at], sums[at]);
        if (changed < 0)
            return tx_failure(changed);
    }
    return TX_KEEP;
}
