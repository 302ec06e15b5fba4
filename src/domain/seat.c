#include "domain/seat.h"

#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "base/log.h"
#include "base/must.h"
#include "base/secret.h"
#include "domain/best_seats.h"
#include "domain/reservation_number.h"
#include "store/queues_series.h"
#include "store/seat_holds.h"

enum { TRIES_MAX = 3, MARK_BYTES = 16 };

/* What Redis says is held must be a seat of the hall. */
static enum outcome held_seat(struct call *call, const struct plan *plan, const struct seat_hold *hold,
                              struct held_seat *seat)
{
    if (hold->seat < 1 || hold->seat > plan->seats_total) {
        log_error("no_such_seat_held concert=%" PRIu64 " seat=%" PRIu32, plan->concert_id, hold->seat);
        return OUTCOME_UNAVAILABLE;
    }
    *seat = (struct held_seat){
        .reservation_number = reservation_number_text(call->mem, plan->date, plan->concert_id, hold->seat),
        .seat = hold->seat,
        .place = plan_seat(plan, hold->seat),
        .ends_ms = hold->ends_ms,
    };
    return OUTCOME_DONE;
}

static enum outcome fill(struct call *call, const struct plan *plan, const struct seat_holds *holds,
                         struct basket *basket)
{
    *basket = (struct basket){.count = holds->count, .now_ms = holds->now_ms};
    basket->seat = must(talloc_array(call->mem, struct held_seat, holds->count + 1));
    for (size_t i = 0; i < holds->count; i++) {
        const struct seat_hold *hold = &holds->hold[i];
        enum outcome outcome = held_seat(call, plan, hold, &basket->seat[i]);
        if (outcome != OUTCOME_DONE)
            return outcome;
        basket->amount += basket->seat[i].place.grade->price;
        if (basket->expires_ms == 0 || hold->ends_ms < basket->expires_ms)
            basket->expires_ms = hold->ends_ms;
    }
    return OUTCOME_DONE;
}

static enum outcome check_seats(struct call *call, const struct plan *plan, const uint32_t *seats, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (seats[i] < 1 || seats[i] > plan->seats_total)
            return call_refuse_field(call, "seats", "There is no such seat.");
        for (size_t j = 0; j < i; j++)
            if (seats[j] == seats[i])
                return call_refuse_field(call, "seats", "A seat is there twice.");
    }
    return OUTCOME_DONE;
}

enum outcome seat_hold(struct call *call, uint64_t concert_id, const uint32_t *seats, size_t count,
                       struct basket *basket)
{
    const struct plan *plan;
    struct seat_holds holds;
    enum outcome outcome = concerts_plan(call, concert_id, &plan);

    if (outcome == OUTCOME_DONE)
        outcome = check_seats(call, plan, seats, count);
    if (outcome == OUTCOME_DONE)
        outcome = seat_holds_place(call, concert_id, seats, 1, count, &holds);
    return outcome == OUTCOME_DONE ? fill(call, plan, &holds, basket) : outcome;
}

/* -1 for any grade, -2 for one that the concert does not have. */
static int grade_index(const struct plan *plan, const char *grade)
{
    if (grade == NULL)
        return -1;
    for (size_t i = 0; i < plan->grades_count; i++)
        if (strcmp(plan->grades[i].grade, grade) == 0)
            return (int)i;
    return -2;
}

/* Pick from how the hall looks now, and hold: SEAT_TAKEN when others were quicker with every group. */
static enum outcome try_best(struct call *call, const struct plan *plan, size_t count, int grade,
                             struct seat_holds *holds)
{
    uint32_t seats[SEAT_HOLDS_TRIED_MAX];
    struct seat_states states;
    uint64_t chance;

    enum outcome outcome = seat_states(call, plan->concert_id, &states);
    if (outcome != OUTCOME_DONE)
        return outcome;
    call->refusal.seats_count = 0;
    secret_random(&chance, sizeof(chance));
    size_t groups = best_seats(plan, states.state, count, grade, chance, seats, SEAT_HOLDS_TRIED_MAX / count);
    if (groups == 0)
        return queues_refused(call, plan->concert_id, OUTCOME_SOLD_OUT);
    return seat_holds_place(call, plan->concert_id, seats, groups, count, holds);
}

enum outcome seat_hold_best(struct call *call, uint64_t concert_id, size_t count, const char *grade,
                            struct basket *basket)
{
    const struct plan *plan;
    struct seat_holds holds;
    enum outcome outcome = concerts_plan(call, concert_id, &plan);

    if (outcome != OUTCOME_DONE)
        return outcome;
    int index = grade_index(plan, grade);
    if (index == -2)
        return call_refuse_field(call, "grade", "The concert has no such grade.");
    outcome = OUTCOME_SEAT_TAKEN;
    for (int tries = 0; tries < TRIES_MAX && outcome == OUTCOME_SEAT_TAKEN; tries++)
        outcome = try_best(call, plan, count, index, &holds);
    return outcome == OUTCOME_DONE ? fill(call, plan, &holds, basket) : outcome;
}

enum outcome seat_held(struct call *call, uint64_t concert_id, struct basket *basket)
{
    const struct plan *plan;
    struct seat_holds holds;
    enum outcome outcome = concerts_plan(call, concert_id, &plan);

    if (outcome == OUTCOME_DONE)
        outcome = seat_holds_list(call, concert_id, &holds);
    return outcome == OUTCOME_DONE ? fill(call, plan, &holds, basket) : outcome;
}

enum outcome seat_extend(struct call *call, uint64_t concert_id, int64_t *expires_ms, int64_t *now_ms)
{
    return queues_refused(call, concert_id, seat_holds_extend(call, concert_id, expires_ms, now_ms));
}

/* The seat that a number names: NOT_FOUND when there is none. */
static enum outcome find_seat(struct call *call, const char *reservation_number, uint64_t *concert_id, uint32_t *seat)
{
    const struct plan *plan;
    char date[CLOCK_DATE_SIZE];

    if (!reservation_number_read(reservation_number, date, concert_id, seat))
        return OUTCOME_NOT_FOUND;
    enum outcome outcome = concerts_plan(call, *concert_id, &plan);
    if (outcome != OUTCOME_DONE)
        return outcome;
    return strcmp(date, plan->date) == 0 && *seat >= 1 && *seat <= plan->seats_total ? OUTCOME_DONE : OUTCOME_NOT_FOUND;
}

enum outcome seat_release(struct call *call, const char *reservation_number)
{
    uint64_t concert_id;
    uint32_t seat;
    enum outcome outcome = find_seat(call, reservation_number, &concert_id, &seat);

    return outcome == OUTCOME_DONE ? seat_holds_release(call, concert_id, seat) : outcome;
}

/* Whoever holds the seat when we ask is named when it is taken back: it is never the next holder's. */
enum outcome seat_take_back(struct call *call, const char *reservation_number, uint64_t account_id)
{
    uint64_t concert_id;
    uint64_t owner_id;
    uint32_t seat;
    enum outcome outcome = find_seat(call, reservation_number, &concert_id, &seat);

    if (outcome == OUTCOME_DONE)
        outcome = seat_holds_owner(call, concert_id, seat, &owner_id);
    if (outcome == OUTCOME_DONE && account_id != 0 && owner_id != account_id)
        outcome = OUTCOME_NOT_FOUND;
    if (outcome == OUTCOME_DONE)
        outcome = seat_holds_take_back(call, concert_id, seat, owner_id);
    if (outcome == OUTCOME_DONE)
        log_info("hold_taken_back request=%s reservation=%s account=%" PRIu64 " by=%" PRIu64, call->request_id,
                 reservation_number, owner_id, call->account_id);
    return outcome;
}

/* A place in the order of ends is one number: 48 bits of the end, 16 of the seat. */
enum { SEAT_BITS = 16 };
_Static_assert(CONCERT_SEATS_MAX < 1 << SEAT_BITS, "a seat fits");

static enum outcome fill_page(struct call *call, const struct plan *plan, const struct anybodys_hold *holds,
                              struct hold_page *page)
{
    page->row = must(talloc_zero_size(call->mem, sizeof(*page->row) * (page->count + 1)));
    for (size_t i = 0; i < page->count; i++) {
        enum outcome outcome = held_seat(call, plan, &holds[i].hold, &page->row[i].seat);
        if (outcome != OUTCOME_DONE)
            return outcome;
        /* The seats of one fan mostly stand together. */
        if (i > 0 && holds[i].account_id == holds[i - 1].account_id) {
            page->row[i].owner = page->row[i - 1].owner;
            continue;
        }
        outcome = accounts_read(call, holds[i].account_id, &page->row[i].owner);
        if (outcome == OUTCOME_NOT_FOUND)
            page->row[i].owner = (struct account){.account_id = holds[i].account_id, .email = "", .name = ""};
        else if (outcome != OUTCOME_DONE)
            return outcome;
    }
    return OUTCOME_DONE;
}

enum outcome seat_hold_page(struct call *call, uint64_t concert_id, uint64_t after, size_t limit,
                            struct hold_page *page)
{
    struct seat_hold last = {.seat = after & ((1u << SEAT_BITS) - 1), .ends_ms = (int64_t)(after >> SEAT_BITS)};
    struct anybodys_hold *holds;
    const struct plan *plan;

    *page = (struct hold_page){0};
    enum outcome outcome = concerts_plan(call, concert_id, &plan);
    if (outcome == OUTCOME_DONE)
        outcome = seat_holds_of_concert(call, concert_id, &last, limit, &holds, &page->count, &page->now_ms);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (page->count == limit) {
        const struct seat_hold *end = &holds[limit - 1].hold;
        page->next = (uint64_t)end->ends_ms << SEAT_BITS | end->seat;
    }
    return fill_page(call, plan, holds, page);
}

/* Bit n of a Redis bitmap; what lies behind its end is 0. */
static bool bit_at(const uint8_t *bits, size_t length, uint32_t n)
{
    return n / 8 < length && (bits[n / 8] & 0x80 >> n % 8) != 0;
}

enum outcome seat_states(struct call *call, uint64_t concert_id, struct seat_states *states)
{
    const struct plan *plan;
    struct seat_map map;
    uint8_t mark[MARK_BYTES];
    enum outcome outcome = concerts_plan(call, concert_id, &plan);

    if (outcome == OUTCOME_DONE)
        outcome = seat_holds_map(call, concert_id, &map);
    if (outcome != OUTCOME_DONE)
        return outcome;
    uint8_t *state = must(talloc_zero_array(call->mem, uint8_t, plan->seats_total + 1));
    for (uint32_t seat = 1; seat <= plan->seats_total; seat++) {
        if (bit_at(map.sold, map.sold_length, seat))
            state[seat] = SEAT_SOLD;
        else if (bit_at(map.held, map.held_length, seat))
            state[seat] = SEAT_HELD;
    }
    *states = (struct seat_states){.version = map.version, .total = plan->seats_total, .state = state};
    secret_fingerprint(state, plan->seats_total + 1, mark, sizeof(mark));
    secret_hex(mark, sizeof(mark), states->mark);
    return OUTCOME_DONE;
}
