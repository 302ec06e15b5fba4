/*
 * The queue of each concert, in Redis: who waits, who was admitted, who is inside. One script a
 * question; deadlines are on Redis's clock and count at the moment of use.
 */
#ifndef FRONTROW_STORE_QUEUES_H
#define FRONTROW_STORE_QUEUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "store/queues_series.h"

enum place_state { PLACE_NONE, PLACE_WAITING, PLACE_ADMITTED, PLACE_ACTIVE };

/* How a concert's sale stands, for queue and board alike. */
enum sale { SALE_PRE, SALE_OPEN, SALE_PAUSED, SALE_DRAINING, SALE_CLOSED, SALE_SOLD_OUT };

struct place {
    enum place_state state;
    bool is_new;         /* a number was handed out by this very call */
    bool is_early;       /* waiting for the draw: number is an entry number, and ahead is everybody else */
    uint64_t number;     /* 0 when in no queue */
    uint64_t ahead;      /* people in front */
    int64_t deadline_ms; /* when the admission or the time inside ends; 0 while waiting */
    int64_t now_ms;      /* Redis's clock, which the deadline is on */
    enum sale sale;
    int64_t told_ms; /* who asks again by then is present when called, and for three minutes more */
    struct flow flow;
};

/* Their words, the same in scripts and in the API. */
const char *place_state_name(enum place_state state);
const char *sale_name(enum sale sale);
bool sale_named(const char *name, enum sale *sale);

/*
 * Take a place for the caller, keep the one there is, or take up an admission. ticket is the number
 * of a genuine ticket, or 0: it is given back when Redis lost it.
 *
 * Ends DONE, CLOSED (nobody new may join), SOLD_OUT, NOT_SIGNED_IN, NOT_FOUND or UNAVAILABLE.
 * Safe to repeat.
 */
enum outcome queues_join(struct call *call, uint64_t concert_id, uint64_t ticket, struct place *place);

/* What is known of the draw when somebody comes with an entry number. */
enum entry { ENTRY_UNSURE, ENTRY_UNDRAWN };

/*
 * The same with a ticket from before the draw, whose number is an entry number. *ask_draw: nothing
 * was done, because Redis has lost both; ask MySQL what the draw made of the entry number, and come
 * with that to queues_join(), or again and ENTRY_UNDRAWN when there was no draw yet. *ask_draw after
 * that: the draw is being made this very moment.
 */
enum outcome queues_join_early(struct call *call, uint64_t concert_id, uint64_t ticket, enum entry entry,
                               struct place *place, bool *ask_draw);

/*
 * Where the caller is; also the sign of life that keeps a place from being passed over. DONE,
 * NOT_SIGNED_IN, NOT_FOUND or UNAVAILABLE.
 */
enum outcome queues_find(struct call *call, uint64_t concert_id, struct place *place);

/* Leave, and give back what is held. DONE also for who is not in it; NOT_SIGNED_IN, NOT_FOUND or UNAVAILABLE. */
enum outcome queues_leave(struct call *call, uint64_t concert_id);

/* Redis keeps the flow in thousandths of a fan a minute, and what fades in millionths. */
enum { QUEUES_BATCH_MAX = 100, QUEUES_FLOW_SCALE = 1000, QUEUES_FADE_SCALE = 1000000 };

/* What one step of admission did, and what the queue looked like afterwards. */
struct queue_step {
    uint64_t admitted;
    uint64_t no_shows;
    uint64_t expired;
    uint64_t passed_over; /* absent when called; their numbers are kept */
    uint64_t inversions;  /* steps that admitted somebody past the front of the line: a defect */
    bool more;            /* the step was full: there may be more to do at once */
    bool must_draw;       /* there is to be a draw; nobody is admitted while fans who came early wait for it */
    uint64_t waiting_now;
    uint64_t admitted_now;
    uint64_t active_now;
    uint64_t held_now;
    uint64_t sold_now;
    uint64_t away_now;
};

/*
 * One step: expire the overdue, then admit while below the cap and the rate; it touches batch fans
 * at most. Atomic, so any number of gates may step at once. DONE, NOT_FOUND or UNAVAILABLE.
 */
enum outcome queues_admit(struct call *call, uint64_t concert_id, size_t batch, struct queue_step *step);

/* Forget signed-out sessions whose tokens have ended, of this concert (0: of all). DONE or UNAVAILABLE. */
enum outcome queues_prune_sessions(struct call *call, uint64_t concert_id);

#endif
