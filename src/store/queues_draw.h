/*
 * The draw's side in Redis: freezing those who came early, reading them, and putting them into the
 * line in their new order. Each call keeps Redis busy for a millisecond at most.
 */
#ifndef FRONTROW_STORE_QUEUES_DRAW_H
#define FRONTROW_STORE_QUEUES_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "store/draws.h"

enum { QUEUES_DRAW_READ_MAX = 400, QUEUES_DRAW_PLACE_MAX = 40 };

/*
 * How long after a loss of Redis the list waits, besides a second for each 5,000 who may come back: a page asks the
 * board every 36 seconds at most, and spreads its coming back over five.
 */
enum { QUEUES_DRAW_PATIENCE_MS = 45 * 1000 };

struct entrant {
    uint64_t account_id;
    uint64_t number; /* the entry number; once drawn, the number */
    uint16_t present_until;
};

struct frozen {
    bool drawn; /* it was all done before, and what follows means nothing */
    uint64_t last;
    uint64_t numbers_from; /* another one, and Redis has lost what it knew */
};

/*
 * Freeze the list. Unless MySQL knows it (is_settled), who came before a loss of Redis gets the time to come back.
 * DONE, NOT_FOUND (the concert is unknown, or its opening or the end of that time is still to come) or UNAVAILABLE.
 * Safe to repeat.
 */
enum outcome queues_draw_freeze(struct call *call, uint64_t concert_id, bool is_settled, struct frozen *frozen);

/* The frozen list as a bitmap of last / 8 + 1 bytes, on call->mem. DONE or UNAVAILABLE. */
enum outcome queues_draw_list(struct call *call, uint64_t concert_id, uint64_t last, uint8_t **list);

/*
 * The next entrants with an entry number above after, ascending, and until when each counts as
 * present; at most QUEUES_DRAW_READ_MAX, and none when there are none up to last. DONE or UNAVAILABLE.
 */
enum outcome queues_draw_read(struct call *call, uint64_t concert_id, uint64_t after, uint64_t last,
                              struct entrant *entrants, size_t *count);

/* Put up to QUEUES_DRAW_PLACE_MAX drawn entrants into the line. *drawn: another gate has finished. */
enum outcome queues_draw_place(struct call *call, uint64_t concert_id, const struct entrant *entrants, size_t count,
                               bool *drawn);

/* The line may move. DONE or UNAVAILABLE. */
enum outcome queues_draw_finish(struct call *call, uint64_t concert_id, uint64_t last);

/* What everybody may know of a draw. */
struct shown_draw {
    uint8_t commitment[DIGEST_BYTES];
    int64_t drawn_ms; /* 0: not yet, and of what follows only entrants means something */
    uint64_t entrants;
    uint64_t last_entry;
    uint8_t seed[DIGEST_BYTES];
    uint8_t list_hash[DIGEST_BYTES];
};

/* Publish what MySQL says of the draw; the seed only once it is drawn. DONE or UNAVAILABLE. */
enum outcome queues_draw_publish(struct call *call, uint64_t concert_id, const struct draw *draw);

/* What was published; from MySQL when Redis has lost it. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome queues_draw_show(struct call *call, uint64_t concert_id, struct shown_draw *shown);

#endif
