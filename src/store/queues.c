#include "store/queues.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/log.h"
#include "base/must.h"
#include "store/concert_scripts.h"
#include "store/concert_warm_up.h"
#include "store/queues_draw.h"
#include "store/redis.h"
#include "store/store.h"

enum {
    NUMBERS_TRIES_MAX = 3,
    AHEAD_MAX = 1000 * 1000 * 1000,
    TOLD_MS_MAX = 30 * 60 * 1000, /* as in store/lua/_presence.lua */
    /* A bitmap is kept in parts, so that setting one high bit never has Redis fill megabytes with zeros. */
    RESTORED_PART_BITS = 1 << 16,
    /* A page with fewer than 10,000 ahead asks the board every 12 seconds at most, and spreads its coming over five. */
    TICKETS_PATIENCE_MS = 20 * 1000,
};

static const char *const sale_names[] = {
    [SALE_PRE] = "pre",           [SALE_OPEN] = "open",     [SALE_PAUSED] = "paused",
    [SALE_DRAINING] = "draining", [SALE_CLOSED] = "closed", [SALE_SOLD_OUT] = "sold_out",
};

static const char *const state_names[] = {
    [PLACE_NONE] = "none",
    [PLACE_WAITING] = "waiting",
    [PLACE_ADMITTED] = "admitted",
    [PLACE_ACTIVE] = "active",
};

enum {
    SALES = sizeof(sale_names) / sizeof(sale_names[0]),
    PLACE_STATES = sizeof(state_names) / sizeof(state_names[0])
};

/* Which of the names it is; count when it is none of them. */
static size_t index_of(const char *const *names, size_t count, const char *name)
{
    size_t i = 0;

    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

const char *place_state_name(enum place_state state)
{
    return state_names[state];
}

const char *sale_name(enum sale sale)
{
    return sale_names[sale];
}

bool sale_named(const char *name, enum sale *sale)
{
    size_t index = index_of(sale_names, SALES, name);

    *sale = (enum sale)index;
    return index < SALES;
}

static bool state_named(const char *name, enum place_state *state)
{
    size_t index = index_of(state_names, PLACE_STATES, name);

    *state = (enum place_state)index;
    return index < PLACE_STATES;
}

static const char *number_text(struct call *call, uint64_t number)
{
    return must(talloc_asprintf(call->mem, "%" PRIu64, number));
}

static double scaled_at(const redisReply *reply, size_t index, int scale)
{
    return (double)redis_reply_number(redis_reply_at(reply, index)) / scale;
}

/* No script says more than this, and rules multiply with it. */
static bool is_sensible(const struct place *place)
{
    return place->ahead <= AHEAD_MAX && place->told_ms >= 0 && place->told_ms <= TOLD_MS_MAX;
}

/* The answer of queues_join and queues_find; store/lua/_answer.lua writes it. */
static enum outcome read_place(const redisReply *reply, struct place *place)
{
    const char *state = redis_reply_text(redis_reply_at(reply, 1));
    const char *sale = redis_reply_text(redis_reply_at(reply, 6));

    *place = (struct place){
        .is_new = redis_reply_is(redis_reply_at(reply, 0), "new"),
        .is_early = strcmp(state, "early") == 0,
        .number = (uint64_t)redis_reply_number(redis_reply_at(reply, 2)),
        .ahead = (uint64_t)redis_reply_number(redis_reply_at(reply, 3)),
        .deadline_ms = redis_reply_number(redis_reply_at(reply, 4)),
        .now_ms = redis_reply_number(redis_reply_at(reply, 5)),
        .told_ms = redis_reply_number(redis_reply_at(reply, 7)),
        .flow = {.low = scaled_at(reply, 8, QUEUES_FLOW_SCALE),
                 .high = scaled_at(reply, 9, QUEUES_FLOW_SCALE),
                 .fade_low = scaled_at(reply, 10, QUEUES_FADE_SCALE),
                 .fade_high = scaled_at(reply, 11, QUEUES_FADE_SCALE)},
    };
    if (sale_named(sale, &place->sale) && state_named(place->is_early ? "waiting" : state, &place->state) &&
        is_sensible(place))
        return OUTCOME_DONE;
    log_error("queue_unreadable state=\"%s\" sale=\"%s\" ahead=%" PRIu64 " told_ms=%" PRId64, state, sale, place->ahead,
              place->told_ms);
    return OUTCOME_UNAVAILABLE;
}

static enum outcome join_once(struct call *call, uint64_t concert_id, uint64_t ticket, const char *kind,
                              const redisReply **reply)
{
    const char *noun = strcmp(kind, "number") == 0 ? "restored" : "restored_early";
    const char *part = must(talloc_asprintf(call->mem, "%s:%" PRIu64, noun, ticket / RESTORED_PART_BITS));
    const char *account = number_text(call, call->account_id);
    const char *bit = number_text(call, ticket % RESTORED_PART_BITS);

    return concert_script(call, concert_id, SCRIPT_QUEUES_JOIN,
                          REDIS_TEXTS("wait", "admitted", "active", "places", "early", "away", "seq", part, "sold",
                                      "gate", "draw", "seen", "early_seen", "entered", "totals"),
                          REDIS_TEXTS(account, number_text(call, ticket), bit, kind), reply);
}

/* Until there is a number to hand out. */
static enum outcome join(struct call *call, uint64_t concert_id, uint64_t ticket, const char *kind,
                         const redisReply **reply)
{
    for (int tries = 0; tries < NUMBERS_TRIES_MAX; tries++) {
        enum outcome outcome = join_once(call, concert_id, ticket, kind, reply);
        if (outcome != OUTCOME_DONE || !redis_reply_is(redis_reply_at(*reply, 0), "numbers"))
            return outcome;
        outcome = concert_more_numbers(call, concert_id);
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    return OUTCOME_UNAVAILABLE;
}

static enum outcome joined(struct call *call, const redisReply *reply, struct place *place)
{
    if (redis_reply_is(redis_reply_at(reply, 0), "closed"))
        return OUTCOME_CLOSED;
    if (redis_reply_is(redis_reply_at(reply, 0), "sold_out"))
        return OUTCOME_SOLD_OUT;
    enum outcome outcome = read_place(reply, place);
    if (outcome == OUTCOME_DONE)
        counters_add(call->store->counters, COUNTER_joins, place->is_new);
    return outcome;
}

enum outcome queues_join(struct call *call, uint64_t concert_id, uint64_t ticket, struct place *place)
{
    const redisReply *reply;
    enum outcome outcome = join(call, concert_id, ticket, "number", &reply);

    if (outcome != OUTCOME_DONE)
        return outcome;
    /* Only the numbers of tickets from before the draw are asked about. */
    return redis_reply_is(redis_reply_at(reply, 0), "draw") ? OUTCOME_UNAVAILABLE : joined(call, reply, place);
}

enum outcome queues_join_early(struct call *call, uint64_t concert_id, uint64_t ticket, enum entry entry,
                               struct place *place, bool *ask_draw)
{
    const redisReply *reply;
    enum outcome outcome = join(call, concert_id, ticket, entry == ENTRY_UNSURE ? "entry" : "undrawn", &reply);

    if (outcome != OUTCOME_DONE)
        return outcome;
    *ask_draw = redis_reply_is(redis_reply_at(reply, 0), "draw");
    return *ask_draw ? OUTCOME_DONE : joined(call, reply, place);
}

enum outcome queues_find(struct call *call, uint64_t concert_id, struct place *place)
{
    const redisReply *reply;
    enum outcome outcome = concert_script(call, concert_id, SCRIPT_QUEUES_FIND,
                                          REDIS_TEXTS("wait", "admitted", "active", "places", "early", "away", "sold",
                                                      "gate", "seen", "early_seen", "totals"),
                                          REDIS_TEXTS(number_text(call, call->account_id)), &reply);

    return outcome == OUTCOME_DONE ? read_place(reply, place) : outcome;
}

enum outcome queues_leave(struct call *call, uint64_t concert_id)
{
    const redisReply *reply;
    const char *account = number_text(call, call->account_id);
    const char *held = must(talloc_asprintf(call->mem, "held:%s", account));
    const char *extended = must(talloc_asprintf(call->mem, "extended:%s", account));
    enum outcome outcome =
        concert_script(call, concert_id, SCRIPT_QUEUES_LEAVE,
                       REDIS_TEXTS("wait", "admitted", "active", "places", "hold", "holds", held, "hold_bits",
                                   "version", extended, "early", "away", "draw", "entered", "totals"),
                       REDIS_TEXTS(account), &reply);

    if (outcome == OUTCOME_DONE)
        counters_add(call->store->counters, COUNTER_holds_released,
                     (uint64_t)redis_reply_number(redis_reply_at(reply, 1)));
    return outcome;
}

static void count_step(struct counters *counters, const struct queue_step *step)
{
    counters_add(counters, COUNTER_admissions, step->admitted);
    counters_add(counters, COUNTER_no_shows, step->no_shows);
    counters_add(counters, COUNTER_expiries, step->expired);
    counters_add(counters, COUNTER_absences, step->passed_over);
    counters_add(counters, COUNTER_inversions, step->inversions);
}

static uint64_t count_at(const redisReply *reply, size_t index)
{
    return (uint64_t)redis_reply_number(redis_reply_at(reply, index));
}

static void read_step(const redisReply *reply, struct queue_step *step)
{
    *step = (struct queue_step){
        .admitted = count_at(reply, 1),
        .no_shows = count_at(reply, 2),
        .expired = count_at(reply, 3),
        .passed_over = count_at(reply, 4),
        .inversions = count_at(reply, 5),
        .more = count_at(reply, 6) == 1,
        .must_draw = count_at(reply, 7) == 1,
        .waiting_now = count_at(reply, 8),
        .admitted_now = count_at(reply, 9),
        .active_now = count_at(reply, 10),
        .held_now = count_at(reply, 11),
        .sold_now = count_at(reply, 12),
        .away_now = count_at(reply, 13),
    };
}

enum outcome queues_admit(struct call *call, uint64_t concert_id, size_t batch, struct queue_step *step)
{
    const redisReply *reply;
    const char *most = number_text(call, batch < QUEUES_BATCH_MAX ? batch : QUEUES_BATCH_MAX);
    enum outcome outcome = concert_script(
        call, concert_id, SCRIPT_QUEUES_ADMIT,
        REDIS_TEXTS("wait", "admitted", "active", "places", "early", "away", "served", "gate", "sold", "holds", "seen",
                    "draw", "totals", "seq"),
        REDIS_TEXTS(most, number_text(call, TICKETS_PATIENCE_MS), number_text(call, QUEUES_DRAW_PATIENCE_MS)), &reply);

    if (outcome != OUTCOME_DONE)
        return outcome;
    read_step(reply, step);
    count_step(call->store->counters, step);
    return OUTCOME_DONE;
}

enum outcome queues_prune_sessions(struct call *call, uint64_t concert_id)
{
    const char *key = concert_id == 0 ? "revoked:{all}" : concert_key(call, concert_id, "revoked");
    const char *now = number_text(call, (uint64_t)call->now_ms);

    return redis_command(call->store->redis, call->mem, REDIS_TEXTS("ZREMRANGEBYSCORE", key, "-inf", now)) == NULL
               ? OUTCOME_UNAVAILABLE
               : OUTCOME_DONE;
}
