/*
 * A fan's place in a concert's queue. One place per account, whatever tabs and devices it has.
 */
#ifndef FRONTROW_DOMAIN_QUEUE_H
#define FRONTROW_DOMAIN_QUEUE_H

#include "base/call.h"
#include "store/queues.h"

/* What a fan is told about the own place. */
struct queue_place {
    struct place place;
    const char *ticket; /* NULL when in no queue */
    int64_t next_poll_ms;
    bool has_estimate;
    int64_t low_s;
    int64_t high_s;
    const char *estimate_reason; /* why there is no estimate; NULL when there is one */
};

/* The word for where a fan is. */
const char *queue_state(const struct place *place);

/*
 * Join, keep the place, or take up an admission. sealed, a ticket, may be NULL: it gives back a number that
 * Redis lost.
 *
 * Ends DONE; BAD_VALUE for a ticket that is not the caller's for this concert; CLOSED, SOLD_OUT,
 * NOT_SIGNED_IN, NOT_FOUND or UNAVAILABLE. Safe to repeat.
 */
enum outcome queue_join(struct call *call, uint64_t concert_id, const char *sealed, struct queue_place *own);

/* The own place; asking takes nothing up. DONE (also when in no queue), NOT_SIGNED_IN, NOT_FOUND or UNAVAILABLE. */
enum outcome queue_find(struct call *call, uint64_t concert_id, struct queue_place *own);

/* Leave and give back what is held. DONE, also for who is not in it; NOT_SIGNED_IN, NOT_FOUND or UNAVAILABLE. */
enum outcome queue_leave(struct call *call, uint64_t concert_id);

#endif
