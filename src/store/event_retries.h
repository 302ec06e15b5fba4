/*
 * Events whose effect failed in one group, waiting there to be tried again. They hold up nothing
 * but later events of their own aggregate.
 */
#ifndef FRONTROW_STORE_EVENT_RETRIES_H
#define FRONTROW_STORE_EVENT_RETRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "base/event.h"

struct event_retry {
    struct event event;
    int64_t attempts; /* made so far */
    int64_t next_ms;
};

/* Inside a transaction. Safe to repeat. Rows changed, or a failure of sql_change(). */
int64_t event_retries_insert(struct call *call, const char *group, const struct event *event, const char *error,
                             int64_t attempts, int64_t next_ms);

/* Up to limit whose time has come, at most one of each aggregate. DONE or UNAVAILABLE. */
enum outcome event_retries_due(struct call *call, const char *group, size_t limit, struct event_retry **retries,
                               size_t *count);

/*
 * Take them for a try, which counts from now on; nobody else takes them before until_ms. Afterwards
 * the first *count are ours: others may have been quicker with some. DONE or UNAVAILABLE.
 */
enum outcome event_retries_claim(struct call *call, const char *group, struct event_retry *retries, size_t *count,
                                 int64_t until_ms);

/* Inside a transaction: rows changed, or a failure of sql_change(). */
int64_t event_retries_postpone(struct call *call, const char *group, const struct event_retry *retry, const char *error,
                               int64_t next_ms);
int64_t event_retries_delete(struct call *call, const char *group, const struct event *event);

/* How many wait in all groups. DONE or UNAVAILABLE. */
enum outcome event_retries_count(struct call *call, uint64_t *count);

#endif
