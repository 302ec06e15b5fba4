/*
 * Events in Redis Streams: the bus of one machine. Redis may lose a stream at any moment, with all
 * its groups; the outbox keeps every event until each group has a row that says it was received.
 */
#ifndef FRONTROW_STORE_EVENT_STREAMS_H
#define FRONTROW_STORE_EVENT_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "base/event.h"

enum { EVENT_STREAM_READ_MAX = 64 };

struct stream_entry {
    const char *entry_id;
    bool gone; /* dropped from the stream while it waited for its acknowledgement: nothing to read */
    struct event event;
};

/* A group of readers of the stream of one aggregate type, and one reader in it. */
struct stream_seat {
    const char *aggregatetype;
    const char *group;
    const char *consumer;
};

/* Append; *length is how many entries the stream has now. May append twice. DONE or UNAVAILABLE. */
enum outcome event_streams_add(struct call *call, const char *aggregatetype, const struct event *events, size_t count,
                               uint64_t *length);

/* How many entries the stream has. DONE or UNAVAILABLE. */
enum outcome event_streams_length(struct call *call, const char *aggregatetype, uint64_t *length);

/* True once after Redis has lost what it had (and the first time ever). */
bool event_streams_forgot(struct call *call);

/* Drop what all of this many groups are done with. DONE or UNAVAILABLE. */
enum outcome event_streams_trim(struct call *call, const char *aggregatetype, size_t groups);

/* Make the group when it is missing; it starts at the stream's beginning. DONE or UNAVAILABLE. */
enum outcome event_streams_join(struct call *call, const struct stream_seat *seat);

/* Give the seat up, unless it owes acknowledgements. */
void event_streams_leave(struct call *call, const struct stream_seat *seat);

/*
 * Up to EVENT_STREAM_READ_MAX entries that no reader of the group has had, waiting for the first at
 * most wait_ms. DONE, with none when there is none; or UNAVAILABLE, also when the group is lost.
 */
enum outcome event_streams_read(struct call *call, const struct stream_seat *seat, long wait_ms, size_t max,
                                struct stream_entry **entries, size_t *count);

/* Entries that a reader of the group took and did not acknowledge for idle_ms: now this one has them. */
enum outcome event_streams_reclaim(struct call *call, const struct stream_seat *seat, long idle_ms, size_t max,
                                   struct stream_entry **entries, size_t *count);

/* Never to be read again by this group. DONE or UNAVAILABLE. */
enum outcome event_streams_acknowledge(struct call *call, const struct stream_seat *seat, const char *const *entry_ids,
                                       size_t count);

#endif
