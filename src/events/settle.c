#include "events/settle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/log.h"
#include "base/must.h"
#include "base/text.h"
#include "store/dead_letters.h"
#include "store/event_retries.h"
#include "store/inbox.h"
#include "store/mysql.h"
#include "store/store.h"

enum { NAME_BYTES_MAX = 64, AGGREGATE_BYTES_MAX = 32, PAYLOAD_BYTES_MAX = 256 * 1024 };

void item_give_up(struct item *item, const char *error)
{
    item->verdict = VERDICT_DEAD;
    snprintf(item->error, sizeof(item->error), "%s", error);
}

void item_put_off(struct item *item, const char *error, int64_t next_ms)
{
    item->verdict = VERDICT_RETRY;
    item->next_ms = next_ms;
    snprintf(item->error, sizeof(item->error), "%s", error);
}

struct batch {
    enum reaction reaction;
    struct item *items;
    size_t count;
};

static enum tx of(int64_t changed)
{
    return changed < 0 ? tx_failure(changed) : TX_KEEP;
}

/* What a group does in MySQL, for several events at once. */
static enum tx effects_inside(struct call *call, enum reaction reaction, const struct event *const *events,
                              size_t count)
{
    switch (reaction) {
    case REACTION_COUNT: return reaction_count(call, events, count);
    case REACTION_QUEUE:
    case REACTION_RESERVATION:
    case REACTION_MESSAGE: return TX_KEEP;
    case REACTIONS: break;
    }
    abort();
}

/* The inbox row and what comes with it; nothing comes with one that was there already. */
static enum tx receive(struct call *call, enum reaction reaction, struct item *item)
{
    int64_t changed = inbox_insert(call, reaction_group(reaction), &item->event);

    item->repeated = changed == SQL_DUPLICATE;
    if (item->repeated)
        return TX_KEEP;
    if (changed < 0 || item->verdict != VERDICT_EFFECT)
        return of(changed);
    return effects_inside(call, reaction, (const struct event *const[]){&item->event}, 1);
}

static enum tx bury(struct call *call, enum reaction reaction, struct item *item)
{
    enum tx tx = receive(call, reaction, item);

    if (tx != TX_KEEP || item->repeated)
        return tx;
    return of(dead_letters_insert(call, reaction_group(reaction), &item->event, item->error, item->attempts));
}

static enum tx put_off(struct call *call, enum reaction reaction, const struct item *item)
{
    const char *group = reaction_group(reaction);
    struct event_retry retry = {.event = item->event, .attempts = item->attempts};

    if (item->retried)
        return of(event_retries_postpone(call, group, &retry, item->error, item->next_ms));
    return of(event_retries_insert(call, group, &item->event, item->error, item->attempts, item->next_ms));
}

static enum tx settle_one(struct call *call, enum reaction reaction, struct item *item)
{
    enum tx tx = TX_KEEP;

    switch (item->verdict) {
    case VERDICT_EFFECT:
    case VERDICT_IGNORE: tx = receive(call, reaction, item); break;
    case VERDICT_DEAD: tx = bury(call, reaction, item); break;
    case VERDICT_RETRY: return put_off(call, reaction, item);
    case VERDICT_SEEN: break;
    case VERDICT_NONE:
    case VERDICT_TRY: abort();
    }
    if (tx != TX_KEEP || !item->retried)
        return tx;
    return of(event_retries_delete(call, reaction_group(reaction), &item->event));
}

static enum tx settle_all(struct call *call, void *args)
{
    struct batch *batch = args;

    for (size_t i = 0; i < batch->count; i++) {
        enum tx tx = settle_one(call, batch->reaction, &batch->items[i]);
        if (tx != TX_KEEP)
            return tx;
    }
    return TX_KEEP;
}

/* Nothing but events of which this group hears for the first time, as almost every batch is. */
static bool is_plain(const struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].retried || (items[i].verdict != VERDICT_EFFECT && items[i].verdict != VERDICT_IGNORE))
            return false;
    return true;
}

/* A plain batch is one text of one INSERT for all inbox rows, the effects, and COMMIT. */
static enum tx settle_plain(struct call *call, void *args)
{
    const struct batch *batch = args;
    const struct event **events = must(talloc_array(call->mem, const struct event *, batch->count));
    size_t with_effect = 0;

    for (size_t i = 0; i < batch->count; i++)
        events[i] = &batch->items[i].event;
    int64_t changed = inbox_insert_all(call, reaction_group(batch->reaction), events, batch->count);
    if (changed < 0)
        return tx_failure(changed);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->items[i].verdict == VERDICT_EFFECT)
            events[with_effect++] = &batch->items[i].event;
    return effects_inside(call, batch->reaction, events, with_effect);
}

/* One that the group had already, or one that MySQL refuses, and the batch is gone through event by event. */
static enum transaction_end write_down(struct call *call, struct batch *batch)
{
    if (is_plain(batch->items, batch->count)) {
        enum transaction_end end = transact(call, settle_plain, batch);
        if (end == TRANSACTION_KEPT || end == TRANSACTION_UNKNOWN)
            return end;
    }
    return transact(call, settle_all, batch);
}

/* Told once it is true. */
static void tell(struct call *call, enum reaction reaction, const struct item *item)
{
    struct counters *counters = call->store->counters;
    const char *group = reaction_group(reaction);

    if (item->repeated || item->verdict == VERDICT_SEEN) {
        counters_add(counters, COUNTER_events_repeated, 1);
        return;
    }
    switch (item->verdict) {
    case VERDICT_EFFECT: counters_add(counters, COUNTER_events_consumed, 1); break;
    case VERDICT_RETRY:
        log_warning("event_put_off group=%s event=%s attempts=%" PRId64 " next_ms=%" PRId64 " error=\"%s\"", group,
                    item->event.id, item->attempts, item->next_ms, item->error);
        break;
    case VERDICT_DEAD:
        counters_add(counters, COUNTER_dead_letters, 1);
        log_error("event_given_up group=%s event=%s attempts=%" PRId64 " error=\"%s\"", group, item->event.id,
                  item->attempts, item->error);
        break;
    case VERDICT_NONE:
    case VERDICT_TRY:
    case VERDICT_IGNORE:
    case VERDICT_SEEN: break;
    }
}

enum outcome settle(struct call *call, enum reaction reaction, struct item *items, size_t count)
{
    struct batch batch = {reaction, items, count};

    enum transaction_end end = count > 0 ? write_down(call, &batch) : TRANSACTION_KEPT;
    /* Lost while committing: it is settled or it is not, and doing it again finds out. Nobody has refused anything. */
    if (end == TRANSACTION_UNKNOWN)
        end = transact(call, settle_all, &batch);
    if (end != TRANSACTION_KEPT)
        return OUTCOME_UNAVAILABLE;
    for (size_t i = 0; i < count; i++)
        tell(call, reaction, &items[i]);
    return OUTCOME_DONE;
}

static const char *clean(const void *mem, const char *string, size_t bytes_max)
{
    struct text *text = text_new(mem, 64);

    for (size_t i = 0; string[i] != '\0' && text->length < bytes_max; i++) {
        /* The printable part of ASCII is enough to recognise something that is not ours. */
        char byte = string[i] >= 0x20 && string[i] < 0x7f ? string[i] : '?';
        text_add(text, &byte, 1);
    }
    return text->bytes;
}

static const char *fit(const void *mem, const char *string, size_t bytes_max)
{
    size_t length = strlen(string);

    return length <= bytes_max && text_is_utf8(string, length) ? string : clean(mem, string, bytes_max);
}

void settle_clean(const void *mem, struct event *event)
{
    strncpy(event->id, clean(mem, event->id, sizeof(event->id) - 1), sizeof(event->id) - 1);
    event->aggregatetype = fit(mem, event->aggregatetype, AGGREGATE_BYTES_MAX);
    event->aggregateid = fit(mem, event->aggregateid, NAME_BYTES_MAX);
    event->type = fit(mem, event->type, NAME_BYTES_MAX);
    event->payload = fit(mem, event->payload, PAYLOAD_BYTES_MAX);
}
