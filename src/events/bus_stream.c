#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/secret.h"
#include "events/bus.h"
#include "store/event_streams.h"

/* The one kind of aggregate there is; a second one makes this a list. */
static const char aggregate[] = "payment";

enum {
    /* With so many entries unread the rest waits in the outbox, where there is more room than in memory. */
    BACKLOG_MAX = 20000,
    CONSUMER_NAME_SIZE = 128,
    RECLAIM_EVERY_MS = 2000,
    /* Longer than any reader needs for what it reads at once, so that nothing is taken from the living. */
    SLACK_MS = 15000,
};

struct publisher {
    uint64_t backlog;
};

struct reader {
    struct stream_seat seat;
    char consumer[CONSUMER_NAME_SIZE];
    bool joined;
    long dead_after_ms;
    int64_t next_reclaim_ms;
};

static struct publisher *publisher_new(const void *mem, const struct config *config)
{
    (void)config;
    return must(talloc_zero(mem, struct publisher));
}

static enum outcome publish(struct publisher *publisher, struct call *call, const struct event *events, size_t count,
                            bool *accepted)
{
    memset(accepted, 0, count * sizeof(*accepted));
    if (publisher->backlog >= BACKLOG_MAX) {
        enum outcome outcome = event_streams_length(call, aggregate, &publisher->backlog);
        if (outcome != OUTCOME_DONE || publisher->backlog >= BACKLOG_MAX)
            return outcome;
    }
    enum outcome outcome = event_streams_add(call, aggregate, events, count, &publisher->backlog);
    for (size_t i = 0; i < count; i++)
        accepted[i] = outcome == OUTCOME_DONE;
    return outcome;
}

static bool forgot(struct publisher *publisher, struct call *call)
{
    (void)publisher;
    return event_streams_forgot(call);
}

static void tidy(struct publisher *publisher, struct call *call, size_t groups)
{
    (void)publisher;
    event_streams_trim(call, aggregate, groups);
}

static struct reader *reader_new(const void *mem, const struct config *config, const char *group)
{
    struct reader *reader = must(talloc_zero(mem, struct reader));
    char host[64] = "";
    char unique[SECRET_UUID_SIZE];

    gethostname(host, sizeof(host) - 1);
    secret_uuid(unique);
    snprintf(reader->consumer, sizeof(reader->consumer), "%s:%d:%.8s", host, (int)getpid(), unique);
    reader->seat = (struct stream_seat){aggregate, group, reader->consumer};
    reader->dead_after_ms = SLACK_MS + config->events_webhook_timeout_ms * 2;
    return reader;
}

static void take(struct call *call, const struct stream_entry *entries, size_t entries_count,
                 struct delivery **deliveries, size_t *count)
{
    *deliveries = must(talloc_zero_array(call->mem, struct delivery, entries_count + 1));
    *count = entries_count;
    for (size_t i = 0; i < entries_count; i++)
        (*deliveries)[i] = (struct delivery){.event = entries[i].event, .receipt = entries[i].entry_id};
}

/* Entries that were dropped before they were read have nothing to say, but stay owed until acknowledged. */
static size_t drop_gone(struct reader *reader, struct call *call, struct stream_entry *entries, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (entries[i].gone)
            event_streams_acknowledge(call, &reader->seat, &entries[i].entry_id, 1);
        else
            entries[kept++] = entries[i];
    }
    return kept;
}

/* Redis may have lost the group with everything else; then it is made again. */
static enum outcome join(struct reader *reader, struct call *call)
{
    if (reader->joined)
        return OUTCOME_DONE;
    enum outcome outcome = event_streams_join(call, &reader->seat);
    reader->joined = outcome == OUTCOME_DONE;
    return outcome;
}

static enum outcome read_or_reclaim(struct reader *reader, struct call *call, long wait_ms, size_t max,
                                    struct stream_entry **entries, size_t *count)
{
    if (call->now_ms >= reader->next_reclaim_ms) {
        enum outcome outcome = event_streams_reclaim(call, &reader->seat, reader->dead_after_ms, max, entries, count);
        if (outcome != OUTCOME_DONE || *count > 0)
            return outcome;
        reader->next_reclaim_ms = call->now_ms + RECLAIM_EVERY_MS;
    }
    return event_streams_read(call, &reader->seat, wait_ms, max, entries, count);
}

static enum outcome read_stream(struct reader *reader, struct call *call, long wait_ms, size_t max,
                                struct delivery **deliveries, size_t *count)
{
    struct stream_entry *entries;
    size_t entries_count;

    enum outcome outcome = join(reader, call);
    if (outcome == OUTCOME_DONE)
        outcome = read_or_reclaim(reader, call, wait_ms, max, &entries, &entries_count);
    if (outcome != OUTCOME_DONE) {
        reader->joined = false;
        *count = 0;
        return outcome;
    }
    take(call, entries, drop_gone(reader, call, entries, entries_count), deliveries, count);
    return OUTCOME_DONE;
}

static enum outcome finish(struct reader *reader, struct call *call, const struct delivery *deliveries, size_t count)
{
    const char *entry_ids[BUS_READ_MAX];

    for (size_t i = 0; i < count; i++)
        entry_ids[i] = deliveries[i].receipt;
    return event_streams_acknowledge(call, &reader->seat, entry_ids, count);
}

static void leave(struct reader *reader, struct call *call)
{
    event_streams_leave(call, &reader->seat);
}

const struct bus bus_stream = {
    .name = "stream",
    .durable = false,
    .publisher_new = publisher_new,
    .publish = publish,
    .forgot = forgot,
    .tidy = tidy,
    .reader_new = reader_new,
    .read = read_stream,
    .finish = finish,
    .leave = leave,
};
