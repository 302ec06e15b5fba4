#include "store/event_streams.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "store/redis.h"
#include "store/store.h"

enum {
    FIELDS_PER_EVENT = 5,
    EVENTS_PER_SCRIPT = 40, /* 200 arguments of the 256 words that a command may have */
    CONSUMER_GONE_MS = 60 * 60 * 1000,
};

/* Goes when Redis is flushed, and so tells that the streams went. */
static const char mark_key[] = "events:mark";

static const char *stream_key(struct call *call, const char *aggregatetype)
{
    return must(talloc_asprintf(call->mem, "events:%s", aggregatetype));
}

static const char *number_text(struct call *call, int64_t number)
{
    return must(talloc_asprintf(call->mem, "%" PRId64, number));
}

static enum outcome add_some(struct call *call, const char *key, const struct event *events, size_t count,
                             uint64_t *length)
{
    const char *args[EVENTS_PER_SCRIPT * FIELDS_PER_EVENT];
    const char **arg = args;

    for (size_t i = 0; i < count; i++) {
        *arg++ = events[i].id;
        *arg++ = events[i].aggregateid;
        *arg++ = events[i].type;
        *arg++ = number_text(call, events[i].created_ms);
        *arg++ = events[i].payload;
    }
    const redisReply *reply = redis_script(call->store->redis, call->mem, SCRIPT_EVENT_STREAMS_ADD, REDIS_TEXTS(key),
                                           args, count * FIELDS_PER_EVENT);
    if (reply == NULL)
        return OUTCOME_UNAVAILABLE;
    *length = (uint64_t)redis_reply_number(redis_reply_at(reply, 1));
    return OUTCOME_DONE;
}

enum outcome event_streams_add(struct call *call, const char *aggregatetype, const struct event *events, size_t count,
                               uint64_t *length)
{
    const char *key = stream_key(call, aggregatetype);

    while (count > 0) {
        size_t some = count < EVENTS_PER_SCRIPT ? count : EVENTS_PER_SCRIPT;
        if (add_some(call, key, events, some, length) != OUTCOME_DONE)
            return OUTCOME_UNAVAILABLE;
        events += some;
        count -= some;
    }
    return OUTCOME_DONE;
}

enum outcome event_streams_length(struct call *call, const char *aggregatetype, uint64_t *length)
{
    const redisReply *reply =
        redis_command(call->store->redis, call->mem, REDIS_TEXTS("XLEN", stream_key(call, aggregatetype)));

    if (reply == NULL || reply->type != REDIS_REPLY_INTEGER)
        return OUTCOME_UNAVAILABLE;
    *length = (uint64_t)redis_reply_number(reply);
    return OUTCOME_DONE;
}

bool event_streams_forgot(struct call *call)
{
    const redisReply *reply = redis_command(call->store->redis, call->mem, REDIS_TEXTS("SET", mark_key, "1", "NX"));

    return reply != NULL && reply->type == REDIS_REPLY_STATUS;
}

enum outcome event_streams_trim(struct call *call, const char *aggregatetype, size_t groups)
{
    const char *args[] = {number_text(call, (int64_t)groups), number_text(call, CONSUMER_GONE_MS)};

    return redis_script(call->store->redis, call->mem, SCRIPT_EVENT_STREAMS_TRIM,
                        REDIS_TEXTS(stream_key(call, aggregatetype)), args, 2) == NULL
               ? OUTCOME_UNAVAILABLE
               : OUTCOME_DONE;
}

enum outcome event_streams_join(struct call *call, const struct stream_seat *seat)
{
    return redis_script(call->store->redis, call->mem, SCRIPT_EVENT_STREAMS_JOIN,
                        REDIS_TEXTS(stream_key(call, seat->aggregatetype)), REDIS_TEXTS(seat->group)) == NULL
               ? OUTCOME_UNAVAILABLE
               : OUTCOME_DONE;
}

void event_streams_leave(struct call *call, const struct stream_seat *seat)
{
    redis_script(call->store->redis, call->mem, SCRIPT_EVENT_STREAMS_LEAVE,
                 REDIS_TEXTS(stream_key(call, seat->aggregatetype)), REDIS_TEXTS(seat->group, seat->consumer));
}

/* A field of an entry; "" when it is missing: such an event reads as one that nobody understands. */
static const char *field(const redisReply *fields, const char *name)
{
    for (size_t i = 0; i + 1 < fields->elements; i += 2)
        if (redis_reply_is(fields->element[i], name) && fields->element[i + 1]->type == REDIS_REPLY_STRING)
            return fields->element[i + 1]->str;
    return "";
}

static struct stream_entry entry_of(const struct stream_seat *seat, const redisReply *reply)
{
    struct stream_entry entry = {.entry_id = redis_reply_text(redis_reply_at(reply, 0))};
    const redisReply *fields = redis_reply_at(reply, 1);

    entry.gone = fields->type != REDIS_REPLY_ARRAY;
    if (entry.gone)
        return entry;
    const char *id = field(fields, "id");
    snprintf(entry.event.id, sizeof(entry.event.id), "%s", id[0] != '\0' ? id : entry.entry_id);
    entry.event.aggregatetype = seat->aggregatetype;
    entry.event.aggregateid = field(fields, "key");
    entry.event.type = field(fields, "type");
    entry.event.payload = field(fields, "payload");
    entry.event.created_ms = atoll(field(fields, "created_ms"));
    return entry;
}

/* An id and fields; instead of an entry that is no more some versions send nil. */
static bool is_entry(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 && reply->element[0]->type == REDIS_REPLY_STRING;
}

/* The list stands second in the reply. */
static enum outcome read_entries(struct call *call, const struct stream_seat *seat, const redisReply *reply, size_t max,
                                 struct stream_entry **entries, size_t *count)
{
    const redisReply *list = reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2 ? reply->element[1] : NULL;

    if (list == NULL || list->type != REDIS_REPLY_ARRAY || list->elements > max)
        return OUTCOME_UNAVAILABLE;
    *entries = must(talloc_zero_array(call->mem, struct stream_entry, list->elements + 1));
    for (size_t i = 0; i < list->elements; i++)
        if (is_entry(list->element[i]))
            (*entries)[(*count)++] = entry_of(seat, list->element[i]);
    return OUTCOME_DONE;
}

enum outcome event_streams_read(struct call *call, const struct stream_seat *seat, long wait_ms, size_t max,
                                struct stream_entry **entries, size_t *count)
{
    assert(max <= EVENT_STREAM_READ_MAX);
    /* The answer must come before the link's own time limit ends; waiting 0 would be waiting for ever. */
    long limit_ms = call->store->config->redis_timeout_ms / 2;
    long block_ms = wait_ms < 1 ? 1 : wait_ms < limit_ms ? wait_ms : limit_ms;
    const redisReply *reply = redis_command(
        call->store->redis, call->mem,
        REDIS_TEXTS("XREADGROUP", "GROUP", seat->group, seat->consumer, "COUNT", number_text(call, (int64_t)max),
                    "BLOCK", number_text(call, block_ms), "STREAMS", stream_key(call, seat->aggregatetype), ">"));

    *count = 0;
    if (reply == NULL)
        return OUTCOME_UNAVAILABLE;
    if (reply->type == REDIS_REPLY_NIL)
        return OUTCOME_DONE;
    /* One stream was asked for, so the list of streams has one. */
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 1
               ? read_entries(call, seat, reply->element[0], max, entries, count)
               : OUTCOME_UNAVAILABLE;
}

enum outcome event_streams_reclaim(struct call *call, const struct stream_seat *seat, long idle_ms, size_t max,
                                   struct stream_entry **entries, size_t *count)
{
    assert(max <= EVENT_STREAM_READ_MAX);
    const redisReply *reply =
        redis_command(call->store->redis, call->mem,
                      REDIS_TEXTS("XAUTOCLAIM", stream_key(call, seat->aggregatetype), seat->group, seat->consumer,
                                  number_text(call, idle_ms), "0-0", "COUNT", number_text(call, (int64_t)max)));

    *count = 0;
    return reply == NULL ? OUTCOME_UNAVAILABLE : read_entries(call, seat, reply, max, entries, count);
}

enum outcome event_streams_acknowledge(struct call *call, const struct stream_seat *seat, const char *const *entry_ids,
                                       size_t count)
{
    const char *words[3 + EVENT_STREAM_READ_MAX] = {"XACK", stream_key(call, seat->aggregatetype), seat->group};

    assert(count <= EVENT_STREAM_READ_MAX);
    if (count == 0)
        return OUTCOME_DONE;
    memcpy(words + 3, entry_ids, count * sizeof(*entry_ids));
    return redis_command(call->store->redis, call->mem, words, 3 + count) == NULL ? OUTCOME_UNAVAILABLE : OUTCOME_DONE;
}
