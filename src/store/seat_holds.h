/*
 * Seats set aside for a fan while they decide, in Redis. A hold is a courtesy: MySQL alone says
 * who owns a seat. Every script here is safe to repeat.
 */
#ifndef FRONTROW_STORE_SEAT_HOLDS_H
#define FRONTROW_STORE_SEAT_HOLDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"

struct seat_hold {
    uint32_t seat;
    int64_t ends_ms;
};

struct seat_holds {
    struct seat_hold *hold; /* on call->mem */
    size_t count;
    int64_t now_ms; /* Redis's clock, which the ends are on */
};

enum { SEAT_HOLDS_TRIED_MAX = 56 };

/*
 * Hold one group of seats whole, or none: of several groups the first that is free. seats has the
 * groups one after the other, groups * size <= SEAT_HOLDS_TRIED_MAX. Takes up the caller's admission.
 *
 * Ends DONE with *holds the group's seats; SEAT_TAKEN with call->refusal.seats those of the last
 * group that are taken; HOLD_LIMIT; NOT_ADMITTED; NOT_OPEN_YET; CLOSED; NOT_SIGNED_IN, NOT_FOUND or
 * UNAVAILABLE.
 */
enum outcome seat_holds_place(struct call *call, uint64_t concert_id, const uint32_t *seats, size_t groups, size_t size,
                              struct seat_holds *holds);

/* The caller's own. DONE, NOT_SIGNED_IN, NOT_FOUND or UNAVAILABLE. */
enum outcome seat_holds_list(struct call *call, uint64_t concert_id, struct seat_holds *holds);

/*
 * Give all the caller's holds another full time from now, once. DONE with the new end;
 * EXTENSION_USED; HOLD_EXPIRED (there are none); NOT_SIGNED_IN, NOT_FOUND or UNAVAILABLE.
 */
enum outcome seat_holds_extend(struct call *call, uint64_t concert_id, int64_t *ends_ms, int64_t *now_ms);

/* Give one back. DONE; NOT_FOUND when the caller does not hold it; NOT_SIGNED_IN or UNAVAILABLE. */
enum outcome seat_holds_release(struct call *call, uint64_t concert_id, uint32_t seat);

/* Anybody's, for operators. */
struct anybodys_hold {
    uint64_t account_id;
    struct seat_hold hold;
};

/*
 * Up to limit of a concert's holds, those that end first before others; behind the one given, which
 * is of seat 0 for the first page. DONE with them on call->mem and Redis's *now_ms; NOT_FOUND or UNAVAILABLE.
 */
enum outcome seat_holds_of_concert(struct call *call, uint64_t concert_id, const struct seat_hold *after, size_t limit,
                                   struct anybodys_hold **holds, size_t *count, int64_t *now_ms);

/* Who holds a seat. DONE, NOT_FOUND (nobody) or UNAVAILABLE. */
enum outcome seat_holds_owner(struct call *call, uint64_t concert_id, uint32_t seat, uint64_t *account_id);

/* Give it back for this account. DONE; NOT_FOUND when it does not hold the seat (any more); UNAVAILABLE. */
enum outcome seat_holds_take_back(struct call *call, uint64_t concert_id, uint32_t seat, uint64_t account_id);

/* Two bits a seat, made from these: bit n of each is seat n, as Redis counts bits (0x80 is bit 0). */
struct seat_map {
    uint64_t version;
    const uint8_t *sold;
    size_t sold_length;
    const uint8_t *held;
    size_t held_length;
};

/* DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome seat_holds_map(struct call *call, uint64_t concert_id, struct seat_map *map);

/* Take holds that ran out off the map; *more when there may be further ones. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome seat_holds_tidy(struct call *call, uint64_t concert_id, bool *more);

struct seat_claim;

/*
 * Before a payment: the caller holds every seat, or did until at most a minute ago and it is
 * still free: then it is held again. Holds, and the caller's time inside, last at least another
 * minute from now. Asked along with the next question to Redis; the claim hangs on call->mem.
 */
struct seat_claim *seat_holds_claim(struct call *call, uint64_t concert_id, const uint32_t *seats, size_t count);

/*
 * What came of it; asks now when that is not known. *place is the caller's number in the queue, 0 when it has no room
 * inside.
 *
 * Ends DONE; HOLD_EXPIRED when there is no trace of a hold of one of them; SEAT_TAKEN with
 * call->refusal.seats those that are sold or another's; NOT_SIGNED_IN, NOT_FOUND or UNAVAILABLE.
 */
enum outcome seat_holds_claimed(struct call *call, const struct seat_claim *claim, uint64_t *place);

/* A sale as Redis is told of it. */
struct seat_sale {
    uint64_t account_id;
    uint64_t place;
    const uint32_t *seats;
    size_t count;
};

/*
 * Of several sales of one concert, those for which seat_holds_sold() would find something to do. DONE,
 * NOT_FOUND or UNAVAILABLE.
 */
enum outcome seat_holds_left(struct call *call, uint64_t concert_id, const struct seat_sale *sales, size_t count,
                             bool *left);

/*
 * After a payment's commit: mark the seats sold, end the account's holds on them, and give its room
 * back when it holds nothing more and its number still is place (0: it had none, so none is given
 * back). May come twice, and late: a fan who was admitted again keeps the new room.
 *
 * known_ms is what seat_holds_time() said before MySQL was asked who has the seats, or 0 by whoever has just paid for
 * them: one that somebody began to hold since has been cancelled meanwhile, and is left as it is.
 */
enum outcome seat_holds_sold(struct call *call, uint64_t concert_id, uint64_t account_id, uint64_t place,
                             int64_t known_ms, const uint32_t *seats, size_t count);

/* What Redis's clock says, by which holds begin and end. DONE or UNAVAILABLE. */
enum outcome seat_holds_time(struct call *call, int64_t *now_ms);

/* The same along with the next question to Redis. Whether it came to pass is not said; the event tells again. */
void seat_holds_sold_along(struct call *call, uint64_t concert_id, uint64_t place, const uint32_t *seats, size_t count);

/* After a cancellation's commit: the seats are on sale again. May come twice. */
enum outcome seat_holds_unsold(struct call *call, uint64_t concert_id, const uint32_t *seats, size_t count);

#endif
