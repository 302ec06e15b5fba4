#include "events/consumer.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail_point.h"
#include "base/log.h"
#include "base/must.h"
#include "domain/health.h"
#include "events/effects.h"
#include "events/settle.h"
#include "store/event_retries.h"
#include "store/inbox.h"
#include "store/mysql.h"

enum {
    READ_WAIT_MS = 500,
    PAUSE_MS_MIN = 50,
    PAUSE_MS_MAX = 2000,
    RETRIES_AT_ONCE = 16,
    RETRY_LOOK_MS = 250,
    LAG_MS_MAX = 5000,
};

struct worker {
    const struct consumer *consumer;
    const char *group;
    struct store *store;
    struct reader *reader;
    struct effects *effects;
    int64_t next_retry_look_ms;
    bool more_retries; /* more of them are due than were taken */
};

static struct call call_of(struct worker *worker, void *mem)
{
    return (struct call){
        .mem = mem,
        .store = worker->store,
        .now_ms = clock_now_ms(),
        .request_id = worker->group,
    };
}

static bool is_stopping(const struct worker *worker)
{
    return *worker->consumer->stopping;
}

static bool same_aggregate(const struct event *a, const struct event *b)
{
    return strcmp(a->aggregateid, b->aggregateid) == 0 && strcmp(a->aggregatetype, b->aggregatetype) == 0;
}

/* Is there one of this verdict and aggregate among them? */
static bool has(const struct item *items, size_t count, enum verdict verdict, const struct event *event)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].verdict == verdict && same_aggregate(&items[i].event, event))
            return true;
    return false;
}

/* The same event again, in one batch. */
static bool is_again(const struct item *items, size_t count, const struct event *event)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].event.id, event->id) == 0)
            return true;
    return false;
}

/* Can it be understood? If not it has its verdict. */
static bool is_understood(struct call *call, struct item *item)
{
    switch (reaction_check(call, &item->event)) {
    case OUTCOME_DONE: return true;
    case OUTCOME_NOT_FOUND: item->verdict = VERDICT_IGNORE; return false;
    default: item_give_up(item, "the payload is not what its type promises"); return false;
    }
}

/*
 * The other side of payment-message may be slower than we sell. What is late already waits in
 * event_retry then, so that the bus, which all groups share, does not fill up because of one.
 */
static bool lags(const struct worker *worker, struct call *call, const struct event *event)
{
    return worker->consumer->reaction == REACTION_MESSAGE && event->created_ms > 0 &&
           call->now_ms - event->created_ms > LAG_MS_MAX;
}

static void decide(struct worker *worker, struct call *call, struct item *items, size_t at)
{
    struct item *item = &items[at];

    if (is_again(items, at, &item->event)) {
        item->verdict = VERDICT_SEEN;
        return;
    }
    if (!is_understood(call, item))
        return;
    int64_t rest_until_ms = effects_rest_until_ms(worker->effects, call->now_ms);
    if (item->done_before)
        item->verdict = VERDICT_SEEN;
    else if (item->behind_a_retry || has(items, at, VERDICT_RETRY, &item->event))
        item_put_off(item, "behind an earlier event", call->now_ms);
    else if (rest_until_ms != 0)
        item_put_off(item, "not tried: too many failures before it", rest_until_ms);
    else if (lags(worker, call, &item->event))
        item_put_off(item, "not tried: others are waiting", call->now_ms);
    else
        item->verdict = VERDICT_TRY;
}

/*
 * As many of them from the first on as can be tried side by side: not two of one aggregate, because
 * the second must know how the first ended. All of these are then decided.
 */
static size_t gather(struct worker *worker, struct call *call, struct item *items, size_t first, size_t count)
{
    size_t end;

    for (end = first; end < count && end - first < effects_at_once(worker->effects); end++) {
        if (has(items + first, end - first, VERDICT_TRY, &items[end].event) && !is_again(items, end, &items[end].event))
            break;
        if (items[end].verdict == VERDICT_NONE)
            decide(worker, call, items, end);
    }
    return end;
}

/* What MySQL knows of them, asked for all at once. DONE or UNAVAILABLE. */
static enum outcome look_up(struct worker *worker, struct call *call, struct item *items, size_t count)
{
    const struct event *events[BUS_READ_MAX];
    struct inbox_look looks[BUS_READ_MAX];

    for (size_t i = 0; i < count; i++)
        events[i] = &items[i].event;
    if (inbox_look(call, worker->group, events, count, looks) != OUTCOME_DONE)
        return OUTCOME_UNAVAILABLE;
    for (size_t i = 0; i < count; i++) {
        items[i].done_before = looks[i].done;
        items[i].behind_a_retry = looks[i].behind_a_retry;
    }
    return OUTCOME_DONE;
}

static bool world_is_well(struct call *call)
{
    struct health health = health_check(call);

    return health.mysql && health.redis;
}

/*
 * A batch that cannot be written as a whole is written one by one, so that one event which MySQL
 * refuses does not hold up the rest. That one is put off, and given up in the end.
 */
static enum outcome settle_alone(struct worker *worker, struct call *call, struct item *item)
{
    enum reaction reaction = worker->consumer->reaction;

    if (settle(call, reaction, item, 1) == OUTCOME_DONE)
        return OUTCOME_DONE;
    if (item->verdict != VERDICT_EFFECT || !world_is_well(call))
        return OUTCOME_UNAVAILABLE;
    effects_failed(worker->effects, call, item, "MySQL refused the effect");
    return settle(call, reaction, item, 1);
}

static enum outcome settle_batch(struct worker *worker, struct call *call, struct item *items, size_t count)
{
    enum outcome outcome = OUTCOME_DONE;

    if (settle(call, worker->consumer->reaction, items, count) == OUTCOME_DONE)
        return OUTCOME_DONE;
    if (!world_is_well(call))
        return OUTCOME_UNAVAILABLE;
    for (size_t i = 0; i < count && outcome == OUTCOME_DONE; i++)
        outcome = settle_alone(worker, call, &items[i]);
    return outcome;
}

/* What was decided stays decided when this is called again: an effect is not repeated for want of a commit. */
static enum outcome work_through(struct worker *worker, struct call *call, struct item *items, size_t count)
{
    if (look_up(worker, call, items, count) != OUTCOME_DONE)
        return OUTCOME_UNAVAILABLE;
    for (size_t first = 0, end; first < count; first = end) {
        call->now_ms = clock_now_ms(); /* those before may have taken their time */
        end = gather(worker, call, items, first, count);
        enum outcome outcome = effects_try(worker->effects, call, items + first, end - first);
        if (outcome != OUTCOME_DONE || fail_point("consume.effect"))
            return OUTCOME_UNAVAILABLE;
    }
    return settle_batch(worker, call, items, count);
}

static void rest(const struct worker *worker, long *pause_ms)
{
    for (long rested = 0; rested < *pause_ms && !is_stopping(worker); rested += PAUSE_MS_MIN)
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS_MIN * 1000000L}, NULL);
    *pause_ms = *pause_ms * 2 < PAUSE_MS_MAX ? *pause_ms * 2 : PAUSE_MS_MAX;
}

/* Until it is done, or we must stop: then it stays on the bus for the next reader. */
static bool insist(struct worker *worker, struct item *items, size_t count)
{
    for (long pause_ms = PAUSE_MS_MIN;;) {
        void *scratch = must(talloc_new(worker));
        struct call call = call_of(worker, scratch);
        enum outcome outcome = work_through(worker, &call, items, count);
        TALLOC_FREE(scratch);
        if (outcome == OUTCOME_DONE)
            return true;
        if (is_stopping(worker))
            return false;
        rest(worker, &pause_ms);
    }
}

static enum outcome read_bus(struct worker *worker, struct call *call)
{
    const struct bus *bus = worker->consumer->bus;
    struct delivery *deliveries;
    struct item items[BUS_READ_MAX] = {0};
    long wait_ms = worker->more_retries ? 0 : READ_WAIT_MS;
    size_t count;

    enum outcome outcome =
        bus->read(worker->reader, call, wait_ms, effects_at_once(worker->effects), &deliveries, &count);
    if (outcome != OUTCOME_DONE || count == 0)
        return outcome;
    for (size_t i = 0; i < count; i++) {
        items[i].event = deliveries[i].event;
        settle_clean(call->mem, &items[i].event);
    }
    if (fail_point("consume.read") || !insist(worker, items, count) || fail_point("consume.settled"))
        return OUTCOME_UNAVAILABLE;
    return bus->finish(worker->reader, call, deliveries, count);
}

/* Longer than one attempt takes: until then nobody else tries it. */
static int64_t lease_ms(const struct worker *worker)
{
    return 2 * worker->store->config->events_webhook_timeout_ms + 30000;
}

static enum outcome try_again(struct worker *worker, struct call *call, struct event_retry *retries, size_t count)
{
    struct item items[RETRIES_AT_ONCE] = {0};

    call->now_ms = clock_now_ms();
    if (event_retries_claim(call, worker->group, retries, &count, call->now_ms + lease_ms(worker)) != OUTCOME_DONE)
        return OUTCOME_UNAVAILABLE;
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct item){.event = retries[i].event, .retried = true, .attempts = retries[i].attempts};
        if (is_understood(call, &items[i]))
            items[i].verdict = VERDICT_TRY;
    }
    if (effects_try(worker->effects, call, items, count) != OUTCOME_DONE)
        return OUTCOME_UNAVAILABLE;
    return settle_batch(worker, call, items, count);
}

static enum outcome work_retries(struct worker *worker, struct call *call)
{
    struct event_retry *retries;
    size_t count;

    worker->more_retries = false;
    if (call->now_ms < worker->next_retry_look_ms || effects_rest_until_ms(worker->effects, call->now_ms) != 0)
        return OUTCOME_DONE;
    enum outcome outcome = event_retries_due(call, worker->group, RETRIES_AT_ONCE, &retries, &count);
    if (outcome == OUTCOME_DONE && count > 0)
        outcome = try_again(worker, call, retries, count);
    worker->more_retries = outcome == OUTCOME_DONE && count == RETRIES_AT_ONCE;
    if (outcome == OUTCOME_DONE && !worker->more_retries)
        worker->next_retry_look_ms = call->now_ms + RETRY_LOOK_MS;
    return outcome;
}

static void work(struct worker *worker)
{
    long pause_ms = PAUSE_MS_MIN;

    while (!is_stopping(worker)) {
        void *mem = must(talloc_new(worker));
        struct call call = call_of(worker, mem);
        enum outcome outcome = work_retries(worker, &call);
        if (outcome == OUTCOME_DONE)
            outcome = read_bus(worker, &call);
        TALLOC_FREE(mem);
        if (outcome == OUTCOME_DONE)
            pause_ms = PAUSE_MS_MIN;
        else
            rest(worker, &pause_ms);
    }
}

void consumer_run(const struct consumer *consumer)
{
    struct worker *worker = must(talloc_zero(NULL, struct worker));
    const struct store_shared *shared = consumer->shared;

    worker->consumer = consumer;
    worker->group = reaction_group(consumer->reaction);
    worker->store = store_new(worker, shared);
    worker->reader = consumer->bus->reader_new(worker, shared->config, worker->group);
    worker->effects = effects_new(worker, consumer->reaction, shared);
    log_info("consumer_ready group=%s bus=%s", worker->group, consumer->bus->name);
    work(worker);
    struct call call = call_of(worker, must(talloc_new(worker)));
    consumer->bus->leave(worker->reader, &call);
    TALLOC_FREE(worker);
    mysql_thread_stop();
}
