/*
 * What becomes of an event in one group, written down in one transaction for a whole batch.
 */
#ifndef FRONTROW_EVENTS_SETTLE_H
#define FRONTROW_EVENTS_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "base/event.h"
#include "domain/reaction.h"

enum verdict {
    VERDICT_NONE,   /* not decided yet */
    VERDICT_TRY,    /* what is outside MySQL is still to be done */
    VERDICT_EFFECT, /* what is outside MySQL is done; what is inside comes with the inbox row */
    VERDICT_IGNORE, /* not for this group; the inbox row says that it was received */
    VERDICT_SEEN,   /* had before; nothing to write */
    VERDICT_RETRY,  /* later, at next_ms */
    VERDICT_DEAD,   /* given up */
};

enum { ITEM_ERROR_SIZE = 256 };

struct item {
    struct event event;
    enum verdict verdict;
    bool done_before;            /* what the inbox said */
    bool behind_a_retry;         /* an earlier event of its aggregate waits to be tried again */
    char error[ITEM_ERROR_SIZE]; /* of RETRY and DEAD */
    int64_t attempts;            /* made so far */
    int64_t next_ms;
    bool retried;  /* came from event_retry, not from the bus */
    bool repeated; /* settled: the inbox had it already */
};

void item_give_up(struct item *item, const char *error);
void item_put_off(struct item *item, const char *error, int64_t next_ms);

/*
 * Write down what was decided. DONE, or UNAVAILABLE: then nothing is known to have happened, and it
 * is safe to do it again.
 */
enum outcome settle(struct call *call, enum reaction reaction, struct item *items, size_t count);

/* An event from anybody, made fit for our tables: lengths cut, bytes that are no UTF-8 replaced. */
void settle_clean(const void *mem, struct event *event);

#endif
