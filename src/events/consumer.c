#include "events/consumer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "domain/health.h"
#include "events/settle.h"
#include "events/webhook.h"
#include "store/event_retries.h"
#include "store/inbox.h"
#include "store/mysql.h"

enum {
    READ_WAIT_MS = 500,
    PAUSE_MS_MIN = 50,
    PAUSE_MS_MAX = 2000,
    MESSAGES_AT_ONCE = 8, /* each may wait for the other side until its time limit */
    RETRIES_AT_ONCE = 16,
    RETRY_LOOK_MS = 250,
    RETRY_FIRST_MS = 500,
    RETRY_FACTOR = 3,
    RETRY_MS_MAX = 10 * 60 * 1000,
    FAILURES_TO_TRIP = 5,
    TRIPPED_MS = 5000,
};

struct worker {
    const struct consumer *consumer;
    const char *group;
    struct store *store;
    struct reader *reader;
    struct webhook *webhook;
    int64_t next_retry_look_ms;
    /* After some failures in a row the other side is left alone for a while: its events are put off untried. */
    int failures_in_a_row;
    int64_t tripped_until_ms;
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

/* Growing with the attempts; spread, so that what failed together does not come back together. */
static int64_t delay_ms(int64_t attempts)
{
    int64_t delay = RETRY_FIRST_MS;

    for (int64_t i = 1; i < attempts && delay < RETRY_MS_MAX; i++)
        delay *= RETRY_FACTOR;
    if (delay > RETRY_MS_MAX)
        delay = RETRY_MS_MAX;
    return delay + secret_random_below((uint32_t)(delay / 5));
}

static enum outcome effect_outside(struct worker *worker, struct call *call, const struct event *event)
{
    switch (worker->consumer->reaction) {
    case REACTION_QUEUE: return reaction_queue(call, event);
    case REACTION_RESERVATION: return reaction_reservation(call, event);
    case REACTION_MESSAGE: return webhook_post(worker->webhook, call, event);
    case REACTION_COUNT: return OUTCOME_DONE;
    case REACTIONS: break;
    }
    abort();
}

static void note_success(struct worker *worker)
{
    worker->failures_in_a_row = 0;
    worker->tripped_until_ms = 0;
}

static void note_failure(struct worker *worker, int64_t now_ms)
{
    worker->failures_in_a_row++;
    if (worker->failures_in_a_row >= FAILURES_TO_TRIP)
        worker->tripped_until_ms = now_ms + TRIPPED_MS;
}

static bool is_tripped(const struct worker *worker, int64_t now_ms)
{
    return now_ms < worker->tripped_until_ms;
}

static void give_up(struct item *item, const char *error)
{
    item->verdict = VERDICT_DEAD;
    snprintf(item->error, sizeof(item->error), "%s", error);
}

static void put_off(struct item *item, const char *error, int64_t next_ms)
{
    item->verdict = VERDICT_RETRY;
    snprintf(item->error, sizeof(item->error), "%s", error);
    item->next_ms = next_ms;
}

/* One more attempt has failed. */
static void fail(struct worker *worker, struct item *item, const char *error, int64_t now_ms)
{
    note_failure(worker, now_ms);
    if (item->attempts >= worker->store->config->events_attempts_max)
        give_up(item, error);
    else
        put_off(item, error, now_ms + delay_ms(item->attempts));
}

/*
 * When MySQL and Redis are both there, an effect that cannot be done is the event's own failure;
 * when one is not, all events fail alike, and none of them is to blame.
 */
static bool world_is_well(struct call *call)
{
    struct health health = health_check(call);

    return health.mysql && health.redis;
}

/* Do the effect and say what became of it. UNAVAILABLE: undecided, because the world is not well. */
static enum outcome attempt(struct worker *worker, struct call *call, struct item *item)
{
    call->refusal.detail = NULL;
    enum outcome outcome = effect_outside(worker, call, &item->event);
    if (outcome == OUTCOME_DONE) {
        note_success(worker);
        item->verdict = VERDICT_EFFECT;
        return OUTCOME_DONE;
    }
    if (call->refusal.detail == NULL && !world_is_well(call))
        return OUTCOME_UNAVAILABLE;
    if (!item->retried)
        item->attempts++;
    fail(worker, item, call->refusal.detail != NULL ? call->refusal.detail : outcome_code(outcome), call->now_ms);
    return OUTCOME_DONE;
}

/* False when the event needs no attempt: it has a verdict. */
static bool needs_attempt(struct call *call, struct item *item)
{
    switch (reaction_check(call, &item->event)) {
    case OUTCOME_DONE: return true;
    case OUTCOME_NOT_FOUND: item->verdict = VERDICT_IGNORE; return false;
    default: give_up(item, "the payload is not what its type promises"); return false;
    }
}

static bool same_aggregate(const struct event *a, const struct event *b)
{
    return strcmp(a->aggregateid, b->aggregateid) == 0 && strcmp(a->aggregatetype, b->aggregatetype) == 0;
}

/* Is one of these put off that this one must not overtake? */
static bool is_behind(const struct item *items, size_t count, const struct event *event)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].verdict == VERDICT_RETRY && same_aggregate(&items[i].event, event))
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

/* Decide about items[at]. DONE or UNAVAILABLE. */
static enum outcome decide(struct worker *worker, struct call *call, struct item *items, size_t at)
{
    struct item *item = &items[at];
    struct inbox_look look;

    call->now_ms = clock_now_ms(); /* those before may have taken their time */
    if (is_again(items, at, &item->event)) {
        item->verdict = VERDICT_SEEN;
        return OUTCOME_DONE;
    }
    if (!needs_attempt(call, item))
        return OUTCOME_DONE;
    if (inbox_look(call, worker->group, &item->event, &look) != OUTCOME_DONE)
        return OUTCOME_UNAVAILABLE;
    if (look.done)
        item->verdict = VERDICT_SEEN;
    else if (look.behind_a_retry || is_behind(items, at, &item->event))
        put_off(item, "behind an earlier event", call->now_ms);
    else if (is_tripped(worker, call->now_ms))
        put_off(item, "not tried: too many failures before it", worker->tripped_until_ms);
    else
        return attempt(worker, call, item);
    return OUTCOME_DONE;
}

/*
 * A batch that cannot be written as a whole is written one by one, so that one event which MySQL
 * refuses does not hold up the rest. That one is put off, and given up in the end.
 */
static enum outcome settle_alone(struct worker *worker, struct call *call, struct item *item)
{
    if (settle(call, worker->consumer->reaction, item, 1) == OUTCOME_DONE)
        return OUTCOME_DONE;
    if (!world_is_well(call) || item->verdict != VERDICT_EFFECT)
        return OUTCOME_UNAVAILABLE;
    if (!item->retried)
        item->attempts++;
    fail(worker, item, "MySQL refused the effect", call->now_ms);
    return settle(call, worker->consumer->reaction, item, 1);
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
    for (size_t i = 0; i < count; i++)
        if (items[i].verdict == VERDICT_NONE && decide(worker, call, items, i) != OUTCOME_DONE)
            return OUTCOME_UNAVAILABLE;
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
    size_t max = worker->consumer->reaction == REACTION_MESSAGE ? MESSAGES_AT_ONCE : BUS_READ_MAX;
    const struct bus *bus = worker->consumer->bus;
    struct delivery *deliveries;
    struct item items[BUS_READ_MAX] = {0};
    size_t count;

    enum outcome outcome = bus->read(worker->reader, call, READ_WAIT_MS, max, &deliveries, &count);
    if (outcome != OUTCOME_DONE || count == 0)
        return outcome;
    for (size_t i = 0; i < count; i++) {
        items[i].event = deliveries[i].event;
        settle_clean(call->mem, &items[i].event);
    }
    if (!insist(worker, items, count))
        return OUTCOME_UNAVAILABLE;
    return bus->finish(worker->reader, call, deliveries, count);
}

/* Longer than one attempt takes: until then nobody else tries it. */
static int64_t lease_ms(const struct worker *worker)
{
    return 2 * worker->store->config->events_webhook_timeout_ms + 30000;
}

static enum outcome try_again(struct worker *worker, struct call *call, struct event_retry *retry)
{
    struct item item = {.event = retry->event, .retried = true};

    call->now_ms = clock_now_ms();
    if (!event_retries_claim(call, worker->group, retry, call->now_ms + lease_ms(worker)))
        return OUTCOME_DONE;
    item.attempts = retry->attempts;
    if (needs_attempt(call, &item) && attempt(worker, call, &item) != OUTCOME_DONE)
        return OUTCOME_UNAVAILABLE;
    return settle_alone(worker, call, &item);
}

static enum outcome work_retries(struct worker *worker, struct call *call)
{
    struct event_retry *retries;
    size_t count;

    if (call->now_ms < worker->next_retry_look_ms || is_tripped(worker, call->now_ms))
        return OUTCOME_DONE;
    enum outcome outcome = event_retries_due(call, worker->group, RETRIES_AT_ONCE, &retries, &count);
    for (size_t i = 0; i < count && outcome == OUTCOME_DONE && !is_tripped(worker, call->now_ms); i++)
        outcome = is_stopping(worker) ? OUTCOME_DONE : try_again(worker, call, &retries[i]);
    if (outcome == OUTCOME_DONE && count < RETRIES_AT_ONCE)
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
    worker->webhook = webhook_new(worker, shared->config, shared->keys);
    log_info("consumer_ready group=%s bus=%s", worker->group, consumer->bus->name);
    work(worker);
    struct call call = call_of(worker, must(talloc_new(worker)));
    consumer->bus->leave(worker->reader, &call);
    TALLOC_FREE(worker);
    mysql_thread_stop();
}
