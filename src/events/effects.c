#include "events/effects.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/secret.h"
#include "domain/health.h"
#include "events/bus.h"
#include "events/webhook.h"

enum {
    RETRY_FIRST_MS = 500,
    RETRY_FACTOR = 3,
    RETRY_MS_MAX = 10 * 60 * 1000,
    FAILURES_TO_REST = 5,
    REST_MS = 5000,
};

struct effects {
    enum reaction reaction;
    const struct config *config;
    struct webhook *webhook; /* NULL for all but payment-message */
    int failures_in_a_row;
    int64_t rest_until_ms;
};

struct effects *effects_new(const void *mem, enum reaction reaction, const struct store_shared *shared)
{
    struct effects *effects = must(talloc_zero(mem, struct effects));

    effects->reaction = reaction;
    effects->config = shared->config;
    if (reaction == REACTION_MESSAGE)
        effects->webhook = webhook_new(effects, shared->config, shared->keys);
    return effects;
}

size_t effects_at_once(const struct effects *effects)
{
    return effects->reaction == REACTION_MESSAGE ? (size_t)WEBHOOK_AT_ONCE : (size_t)BUS_READ_MAX;
}

int64_t effects_rest_until_ms(const struct effects *effects, int64_t now_ms)
{
    return now_ms < effects->rest_until_ms ? effects->rest_until_ms : 0;
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

static void note(struct effects *effects, bool success, int64_t now_ms)
{
    effects->failures_in_a_row = success ? 0 : effects->failures_in_a_row + 1;
    effects->rest_until_ms = effects->failures_in_a_row >= FAILURES_TO_REST ? now_ms + REST_MS : 0;
}

void effects_failed(struct effects *effects, struct call *call, struct item *item, const char *error)
{
    /* One that comes from event_retry was counted before it was tried. */
    if (!item->retried)
        item->attempts++;
    /* One that failed before says nothing new, or a single poisoned event would make all the others wait. */
    if (item->attempts == 1)
        note(effects, false, call->now_ms);
    if (item->attempts >= effects->config->events_attempts_max)
        item_give_up(item, error);
    else
        item_put_off(item, error, call->now_ms + delay_ms(item->attempts));
}

static void succeeded(struct effects *effects, struct call *call, struct item *item)
{
    note(effects, true, call->now_ms);
    item->verdict = VERDICT_EFFECT;
}

static enum outcome react(enum reaction reaction, struct call *call, const struct event *event)
{
    switch (reaction) {
    case REACTION_QUEUE: return reaction_queue(call, event);
    case REACTION_RESERVATION: return reaction_reservation(call, event);
    case REACTION_COUNT:
    case REACTION_MESSAGE:
    case REACTIONS: break;
    }
    abort();
}

static bool world_is_well(struct call *call)
{
    struct health health = health_check(call);

    return health.mysql && health.redis;
}

static enum outcome try_one(struct effects *effects, struct call *call, struct item *item)
{
    enum outcome outcome = react(effects->reaction, call, &item->event);

    if (outcome == OUTCOME_DONE)
        succeeded(effects, call, item);
    else if (world_is_well(call))
        effects_failed(effects, call, item, outcome_code(outcome));
    else
        return OUTCOME_UNAVAILABLE;
    return OUTCOME_DONE;
}

/* Redis has heard of most payments by now, so it is asked about all of them before each is gone through. */
static enum outcome react_to_all(struct effects *effects, struct call *call, struct item **items, size_t count)
{
    const struct event *events[BUS_READ_MAX] = {NULL};
    bool left[BUS_READ_MAX] = {false};
    enum outcome outcome = OUTCOME_DONE;

    for (size_t i = 0; i < count; i++)
        events[i] = &items[i]->event;
    if (effects->reaction != REACTION_COUNT)
        reaction_left(call, events, count, left);
    for (size_t i = 0; i < count && outcome == OUTCOME_DONE; i++) {
        if (left[i])
            outcome = try_one(effects, call, items[i]);
        else
            succeeded(effects, call, items[i]);
    }
    return outcome;
}

static void post(struct effects *effects, struct call *call, struct item **items, size_t count)
{
    struct webhook_answer answers[WEBHOOK_AT_ONCE] = {0};
    const struct event *events[WEBHOOK_AT_ONCE] = {NULL};

    for (size_t i = 0; i < count; i++)
        events[i] = &items[i]->event;
    webhook_post(effects->webhook, call, events, count, answers);
    for (size_t i = 0; i < count; i++) {
        if (answers[i].taken)
            succeeded(effects, call, items[i]);
        else
            effects_failed(effects, call, items[i], answers[i].why_not);
    }
}

static size_t pick(struct item *items, size_t count, struct item **picked)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        if (items[i].verdict == VERDICT_TRY)
            picked[found++] = &items[i];
    return found;
}

enum outcome effects_try(struct effects *effects, struct call *call, struct item *items, size_t count)
{
    struct item *picked[BUS_READ_MAX];

    if (count > effects_at_once(effects))
        abort();
    size_t found = pick(items, count, picked);
    if (effects->reaction == REACTION_MESSAGE) {
        post(effects, call, picked, found);
        return OUTCOME_DONE;
    }
    return react_to_all(effects, call, picked, found);
}
