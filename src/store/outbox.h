/*
 * The outbox: events written in the transaction of what they tell, until the bus has them for good.
 *
 * Rows become visible in another order than they were numbered, so nobody here remembers how far
 * they read: rows are found by their state. And an event is not sent while an earlier one of its
 * aggregate is still here, so that their order holds whatever is lost and sent again.
 */
#ifndef FRONTROW_STORE_OUTBOX_H
#define FRONTROW_STORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "base/event.h"

/* Inside a transaction: 1; it travels with the next statement or COMMIT, as sql_queue() says. */
int64_t outbox_insert(struct call *call, const struct event *event);

/*
 * After the commit: wake the relay, along with the next thing that is asked of Redis. Nothing depends on it; a relay
 * that was not woken comes by within relay.poll_ms.
 */
void outbox_poke(struct call *call);

/* From here on: for the relay. */

struct outbox_row {
    uint64_t position;
    struct event event;
    int64_t sent_ms; /* 0: not yet */
};

/* Wait until poked or the time has passed. False when Redis does not answer: that may come back at once. */
bool outbox_wait(struct call *call, long wait_ms);

/*
 * Ask to be the one relay that publishes, waiting for at most a second. True while this link to
 * MySQL leads; a lost link leads no more, so ask before every round.
 */
bool outbox_lead(struct call *call);
void outbox_resign(struct call *call);

/* Up to limit events that may be sent now, in order. DONE or UNAVAILABLE. */
enum outcome outbox_unsent(struct call *call, size_t limit, struct outbox_row **rows, size_t *count);

/* Up to limit events sent before sent_before_ms that are still here. DONE or UNAVAILABLE. */
enum outcome outbox_overdue(struct call *call, int64_t sent_before_ms, size_t limit, struct outbox_row **rows,
                            size_t *count);

enum outcome outbox_mark_sent(struct call *call, const uint64_t *positions, size_t count);
enum outcome outbox_mark_all_unsent(struct call *call);
enum outcome outbox_delete(struct call *call, const uint64_t *positions, size_t count);

/* Delete what was sent and is in the hands of this many groups; *count is how many went. DONE or UNAVAILABLE. */
enum outcome outbox_delete_received(struct call *call, size_t groups, size_t *count);

/* How many wait, and since when (0: none does). DONE or UNAVAILABLE. */
enum outcome outbox_waiting(struct call *call, uint64_t *waiting, int64_t *oldest_ms);

/* Up to limit rows behind a position, oldest first, without payloads: for people. DONE or UNAVAILABLE. */
enum outcome outbox_list(struct call *call, uint64_t after, size_t limit, struct outbox_row **rows, size_t *count);

#endif
