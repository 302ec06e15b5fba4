/*
 * The inbox: one row for each event that a group is done with. It is written in the transaction of
 * the effect, so that an event which arrives again finds it and changes nothing.
 */
#ifndef FRONTROW_STORE_INBOX_H
#define FRONTROW_STORE_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/call.h"
#include "base/event.h"

struct inbox_look {
    bool done;           /* this group has had the event */
    bool behind_a_retry; /* an earlier one of its aggregate waits to be tried again */
};

/* About several events: a look for each. DONE or UNAVAILABLE. */
enum outcome inbox_look(struct call *call, const char *group, const struct event *const *events, size_t count,
                        struct inbox_look *looks);

/* Inside a transaction: 1, SQL_DUPLICATE when the group has had it, or another failure of sql_change(). */
int64_t inbox_insert(struct call *call, const char *group, const struct event *event);

/* The same for several, queued: all are added or, when the group has had one of them, none. 1 or a failure. */
int64_t inbox_insert_all(struct call *call, const char *group, const struct event *const *events, size_t count);

/* Inside a transaction: let the group have the event once more. Rows changed, or a failure. */
int64_t inbox_delete(struct call *call, const char *group, const char *event_id);

#endif
