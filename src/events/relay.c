#include "events/relay.h"

#include <string.h>
#include <talloc.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail_point.h"
#include "base/log.h"
#include "base/must.h"
#include "domain/reaction.h"
#include "store/housekeeping.h"
#include "store/mysql.h"
#include "store/outbox.h"

enum {
    TIDY_EVERY_MS = 1000,
    HOUSEKEEPING_EVERY_MS = 10000,
    PAUSE_MS_MIN = 50,
    PAUSE_MS_MAX = 1000,
    WAIT_MS_MAX = 500, /* so that stopping is heard */
    PACE_MS_PER_EVENT = 2,
    PACE_MS_MAX = 20,
};

struct relay {
    const struct bus *bus;
    struct publisher *publisher;
    struct store *store;
    const struct config *config;
    const _Atomic bool *stopping;
    bool leads;
    long pause_ms; /* after failures, growing */
    long pace_ms;  /* from the beginning of the last round to that of the next */
    int64_t round_began_ns;
    int64_t next_tidy_ms;
    int64_t next_housekeeping_ms;
};

/* What became of a round. */
enum round { ROUND_IDLE, ROUND_BUSY, ROUND_FAILED };

static void sleep_ms(long milliseconds)
{
    struct timespec pause = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};

    nanosleep(&pause, NULL);
}

/* The positions of those that the bus took. */
static size_t gather_accepted(const struct outbox_row *rows, const bool *accepted, size_t count, uint64_t *positions)
{
    size_t taken = 0;

    for (size_t i = 0; i < count; i++)
        if (accepted[i])
            positions[taken++] = rows[i].position;
    return taken;
}

/*
 * Publish rows and write down what the bus took. Between the two steps a crash costs nothing: the
 * rows are published again, and every group has an inbox.
 */
static enum outcome publish(struct relay *relay, struct call *call, const struct outbox_row *rows, size_t count,
                            size_t *taken)
{
    struct event *events = must(talloc_array(call->mem, struct event, count + 1));
    bool *accepted = must(talloc_zero_array(call->mem, bool, count + 1));
    uint64_t *positions = must(talloc_array(call->mem, uint64_t, count + 1));

    *taken = 0;
    if (count == 0)
        return OUTCOME_DONE;
    for (size_t i = 0; i < count; i++)
        events[i] = rows[i].event;
    if (fail_point("relay.publish"))
        return OUTCOME_UNAVAILABLE;
    enum outcome outcome = relay->bus->publish(relay->publisher, call, events, count, accepted);
    if (fail_point("relay.published"))
        return OUTCOME_UNAVAILABLE;
    *taken = gather_accepted(rows, accepted, count, positions);
    enum outcome written =
        relay->bus->durable ? outbox_delete(call, positions, *taken) : outbox_mark_sent(call, positions, *taken);
    if (fail_point("relay.written"))
        return OUTCOME_UNAVAILABLE;
    if (written == OUTCOME_DONE)
        counters_add(relay->store->counters, COUNTER_events_published, *taken);
    return outcome != OUTCOME_DONE ? outcome : written;
}

/*
 * One event goes at once. When several came together more will follow, and the next round is the cheaper
 * for each of them, here and in every group, the more it takes along.
 */
static void set_pace(struct relay *relay, size_t taken)
{
    long pace_ms = taken > 1 ? (long)taken * PACE_MS_PER_EVENT : 0;

    relay->pace_ms = pace_ms < PACE_MS_MAX ? pace_ms : PACE_MS_MAX;
}

static void keep_pace(struct relay *relay)
{
    int64_t left_ns = relay->round_began_ns + relay->pace_ms * INT64_C(1000000) - clock_steady_ns();

    if (left_ns > 0)
        nanosleep(&(struct timespec){.tv_nsec = left_ns}, NULL);
    relay->round_began_ns = clock_steady_ns();
}

/* An event that the bus will not take stays, and is no reason to let the others wait. */
static enum round publish_unsent(struct relay *relay, struct call *call)
{
    size_t limit = (size_t)relay->config->relay_batch;
    struct outbox_row *rows;
    size_t count;
    size_t taken;

    if (outbox_unsent(call, limit, &rows, &count) != OUTCOME_DONE)
        return ROUND_FAILED;
    enum outcome outcome = publish(relay, call, rows, count, &taken);
    set_pace(relay, taken == limit ? 0 : taken);
    if (taken == limit || (outcome != OUTCOME_DONE && taken > 0))
        return ROUND_BUSY;
    return outcome == OUTCOME_DONE ? ROUND_IDLE : ROUND_FAILED;
}

/*
 * A bus that may forget: rows go when every group has the event, and what no group confirms in time
 * is published again.
 */
static enum round confirm(struct call *call)
{
    size_t received;

    if (outbox_delete_received(call, REACTIONS, &received) != OUTCOME_DONE)
        return ROUND_FAILED;
    return received > 0 ? ROUND_BUSY : ROUND_IDLE;
}

static enum outcome publish_overdue(struct relay *relay, struct call *call)
{
    struct outbox_row *rows;
    size_t count;
    size_t taken = 0;

    if (relay->bus->forgot(relay->publisher, call)) {
        log_info("events_published_again reason=forgotten");
        return outbox_mark_all_unsent(call);
    }
    enum outcome outcome = outbox_overdue(call, call->now_ms - relay->config->events_confirm_ms,
                                          (size_t)relay->config->relay_batch, &rows, &count);
    if (outcome == OUTCOME_DONE && count > 0)
        outcome = publish(relay, call, rows, count, &taken);
    if (outcome == OUTCOME_DONE && taken > 0)
        log_info("events_published_again reason=unconfirmed count=%zu", taken);
    return outcome;
}

static enum outcome show(struct relay *relay, struct call *call)
{
    uint64_t waiting;
    int64_t oldest_ms;

    enum outcome outcome = outbox_waiting(call, &waiting, &oldest_ms);
    if (outcome != OUTCOME_DONE)
        return outcome;
    relay->store->counters->outbox_waiting = waiting;
    relay->store->counters->outbox_oldest_ms = (uint64_t)oldest_ms;
    return OUTCOME_DONE;
}

static enum outcome tidy(struct relay *relay, struct call *call)
{
    if (call->now_ms < relay->next_tidy_ms)
        return OUTCOME_DONE;
    relay->next_tidy_ms = call->now_ms + TIDY_EVERY_MS;
    relay->bus->tidy(relay->publisher, call, REACTIONS);
    enum outcome outcome = show(relay, call);
    return outcome == OUTCOME_DONE && !relay->bus->durable ? publish_overdue(relay, call) : outcome;
}

static enum outcome keep_house(struct relay *relay, struct call *call)
{
    bool more;

    if (call->now_ms < relay->next_housekeeping_ms)
        return OUTCOME_DONE;
    enum outcome outcome = housekeeping_step(call, &more);
    relay->next_housekeeping_ms = call->now_ms + (outcome == OUTCOME_DONE && more ? 0 : HOUSEKEEPING_EVERY_MS);
    return outcome;
}

static bool lead(struct relay *relay, struct call *call)
{
    bool leads = outbox_lead(call);

    if (leads != relay->leads)
        log_info("relay_leads leads=%s bus=%s", leads ? "yes" : "no", relay->bus->name);
    relay->leads = leads;
    return leads;
}

/* Tidying comes first, because it notices that the bus has forgotten what it was given. */
static enum round go_round(struct relay *relay, struct call *call)
{
    if (tidy(relay, call) != OUTCOME_DONE || keep_house(relay, call) != OUTCOME_DONE)
        return ROUND_FAILED;
    enum round published = publish_unsent(relay, call);
    enum round confirmed = relay->bus->durable ? ROUND_IDLE : confirm(call);
    if (published == ROUND_FAILED || confirmed == ROUND_FAILED)
        return ROUND_FAILED;
    return published == ROUND_BUSY || confirmed == ROUND_BUSY ? ROUND_BUSY : ROUND_IDLE;
}

/* Wait for a poke. When Redis cannot wait for us, sleep: polling is the safety net. */
static void wait_for_work(struct call *call, long wait_ms)
{
    if (!outbox_wait(call, wait_ms < WAIT_MS_MAX ? wait_ms : WAIT_MS_MAX))
        sleep_ms(wait_ms < WAIT_MS_MAX ? wait_ms : WAIT_MS_MAX);
}

/* Growing, up to a second. */
static long next_pause(struct relay *relay)
{
    long pause_ms = relay->pause_ms == 0 ? PAUSE_MS_MIN : relay->pause_ms * 2;

    relay->pause_ms = pause_ms < PAUSE_MS_MAX ? pause_ms : PAUSE_MS_MAX;
    return relay->pause_ms;
}

static void step(struct relay *relay, struct call *call)
{
    /* Who does not lead must not hear pokes that are meant for the leader. */
    if (!lead(relay, call)) {
        sleep_ms(next_pause(relay));
        return;
    }
    keep_pace(relay);
    switch (go_round(relay, call)) {
    case ROUND_BUSY: relay->pause_ms = 0; break;
    case ROUND_IDLE:
        relay->pause_ms = 0;
        wait_for_work(call, relay->config->relay_poll_ms);
        break;
    case ROUND_FAILED: wait_for_work(call, next_pause(relay)); break;
    }
}

static struct call call_of(struct relay *relay, void *mem)
{
    return (struct call){
        .mem = mem,
        .store = relay->store,
        .now_ms = clock_now_ms(),
        .request_id = "relay",
    };
}

void relay_run(const struct store_shared *shared, const struct bus *bus, const _Atomic bool *stopping)
{
    struct relay *relay = must(talloc_zero(NULL, struct relay));

    relay->bus = bus;
    relay->config = shared->config;
    relay->store = store_new(relay, shared);
    relay->publisher = bus->publisher_new(relay, shared->config);
    relay->stopping = stopping;
    while (!*relay->stopping) {
        void *mem = must(talloc_new(relay));
        struct call call = call_of(relay, mem);
        step(relay, &call);
        TALLOC_FREE(mem);
    }
    struct call call = call_of(relay, must(talloc_new(relay)));
    if (relay->leads)
        outbox_resign(&call);
    TALLOC_FREE(relay);
    mysql_thread_stop();
}
