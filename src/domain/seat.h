/*
 * Seats while they are on sale: which are free, and setting some aside while a fan decides.
 */
#ifndef FRONTROW_DOMAIN_SEAT_H
#define FRONTROW_DOMAIN_SEAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "store/accounts.h"
#include "store/concerts.h"

struct held_seat {
    const char *reservation_number;
    uint32_t seat;
    struct seat_place place;
    int64_t ends_ms;
};

/* Seats that the caller holds. */
struct basket {
    struct held_seat *seat; /* on call->mem */
    size_t count;
    int64_t amount;
    int64_t expires_ms; /* when the first runs out; 0 when it is empty */
    int64_t now_ms;     /* the clock that the ends are on */
};

/*
 * Hold these seats, all or none; up to SEATS_PER_CALL_MAX. Takes up an admission.
 *
 * Ends DONE; BAD_VALUE (no such seat, or one twice); SEAT_TAKEN naming the seats; HOLD_LIMIT;
 * NOT_ADMITTED, NOT_OPEN_YET, CLOSED; NOT_SIGNED_IN, NOT_FOUND or UNAVAILABLE. Safe to repeat:
 * what the caller holds already stays, with its time.
 */
enum outcome seat_hold(struct call *call, uint64_t concert_id, const uint32_t *seats, size_t count,
                       struct basket *basket);

/*
 * Hold the best count seats that are free, of that grade or (NULL) of any. As above; BAD_VALUE for an
 * unknown grade, SOLD_OUT when so many are not free, SEAT_TAKEN when others were quicker each time.
 */
enum outcome seat_hold_best(struct call *call, uint64_t concert_id, size_t count, const char *grade,
                            struct basket *basket);

/* What the caller holds. DONE, NOT_SIGNED_IN, NOT_FOUND or UNAVAILABLE. */
enum outcome seat_held(struct call *call, uint64_t concert_id, struct basket *basket);

/*
 * More time for all the caller's holds, once. DONE, EXTENSION_USED, HOLD_EXPIRED, NOT_SIGNED_IN,
 * NOT_FOUND or UNAVAILABLE.
 */
enum outcome seat_extend(struct call *call, uint64_t concert_id, int64_t *expires_ms, int64_t *now_ms);

/*
 * Give a held seat back by its number. DONE; NOT_FOUND when the caller does not hold it;
 * NOT_SIGNED_IN or UNAVAILABLE.
 */
enum outcome seat_release(struct call *call, const char *reservation_number);

struct hold_page {
    struct {
        struct held_seat seat;
        struct account owner;
    } * row; /* on call->mem */
    size_t count;
    uint64_t next; /* what the next page comes after; 0 when this is the last */
    int64_t now_ms;
};

/*
 * Everybody's holds of a concert, those that end first before others; after is 0 or the next of a
 * page. DONE, NOT_FOUND or UNAVAILABLE.
 */
enum outcome seat_hold_page(struct call *call, uint64_t concert_id, uint64_t after, size_t limit,
                            struct hold_page *page);

/*
 * Take a held seat back by its number, whoever holds it; or, unless account_id is 0, that account
 * alone: an operator who saw one holder does not take the seat from the next. DONE; NOT_FOUND when
 * nobody, or not that account, holds it; UNAVAILABLE.
 */
enum outcome seat_take_back(struct call *call, const char *reservation_number, uint64_t account_id);

enum { SEAT_ETAG_SIZE = 40 };

struct seat_states {
    uint64_t version;
    uint32_t total;
    const uint8_t *state;      /* state[seat], from 1: SEAT_FREE, SEAT_HELD or SEAT_SOLD (domain/best_seats.h) */
    char mark[SEAT_ETAG_SIZE]; /* equal when and only when every seat's state is */
};

/* DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome seat_states(struct call *call, uint64_t concert_id, struct seat_states *states);

#endif
