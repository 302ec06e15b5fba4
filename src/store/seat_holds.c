#include "store/seat_holds.h"

#include <assert.h>
#include <inttypes.h>
#include <talloc.h>

#include "base/fail_point.h"
#include "base/must.h"
#include "store/concert_scripts.h"
#include "store/redis.h"
#include "store/store.h"

enum {
    TRACE_MS = 60 * 1000, /* of grace: paying again and again keeps a seat no longer than that */
    PAYING_MS = 60 * 1000,
    SAME_REQUEST_MS = 3 * 1000, /* an extension asked for again this soon is the same one, its answer lost */
    TIDY_BATCH = 200,
    MEND_BATCH = 100,
    ARGS_MAX = SEAT_HOLDS_TRIED_MAX + 3,
    LEFT_ARGS_MAX = 200, /* of the 256 words that a command may have */
};

static const char *number_text(struct call *call, uint64_t number)
{
    return must(talloc_asprintf(call->mem, "%" PRIu64, number));
}

static const char *key_of(struct call *call, const char *noun, uint64_t account_id)
{
    return must(talloc_asprintf(call->mem, "%s:%" PRIu64, noun, account_id));
}

/* Arguments of a script: a few of its own, then seats. */
struct args {
    const char *text[ARGS_MAX];
    size_t count;
};

static void add_arg(struct call *call, struct args *args, uint64_t number)
{
    assert(args->count < ARGS_MAX);
    args->text[args->count++] = number_text(call, number);
}

static void add_seats(struct call *call, struct args *args, const uint32_t *seats, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_arg(call, args, seats[i]);
}

/* A reply that goes on with seat, end, seat, end… from index first. */
static void read_holds(struct call *call, const redisReply *reply, size_t first, struct seat_holds *holds)
{
    holds->count = (reply->elements - first) / 2;
    holds->hold = must(talloc_array(call->mem, struct seat_hold, holds->count + 1));
    for (size_t i = 0; i < holds->count; i++) {
        holds->hold[i].seat = (uint32_t)redis_reply_number(redis_reply_at(reply, first + 2 * i));
        holds->hold[i].ends_ms = redis_reply_number(redis_reply_at(reply, first + 2 * i + 1));
    }
}

/* A reply that goes on with seats that are taken. */
static enum outcome refuse_taken(struct call *call, const redisReply *reply)
{
    size_t count = reply->elements - 1 < SEATS_PER_CALL_MAX ? reply->elements - 1 : SEATS_PER_CALL_MAX;

    for (size_t i = 0; i < count; i++)
        call->refusal.seats[i] = (uint32_t)redis_reply_number(redis_reply_at(reply, 1 + i));
    call->refusal.seats_count = count;
    return OUTCOME_SEAT_TAKEN;
}

static enum outcome placed(struct call *call, const redisReply *reply, struct seat_holds *holds)
{
    const redisReply *word = redis_reply_at(reply, 0);

    if (redis_reply_is(word, "taken"))
        return refuse_taken(call, reply);
    if (redis_reply_is(word, "limit"))
        return OUTCOME_HOLD_LIMIT;
    if (redis_reply_is(word, "not_admitted"))
        return OUTCOME_NOT_ADMITTED;
    if (redis_reply_is(word, "not_open_yet"))
        return OUTCOME_NOT_OPEN_YET;
    if (redis_reply_is(word, "closed"))
        return OUTCOME_CLOSED;
    holds->now_ms = redis_reply_number(redis_reply_at(reply, 2));
    read_holds(call, reply, 4, holds);
    counters_add(call->store->counters, COUNTER_holds, (uint64_t)redis_reply_number(redis_reply_at(reply, 3)));
    return OUTCOME_DONE;
}

enum outcome seat_holds_place(struct call *call, uint64_t concert_id, const uint32_t *seats, size_t groups, size_t size,
                              struct seat_holds *holds)
{
    const redisReply *reply;
    struct args args = {.count = 0};
    const char *held = key_of(call, "held", call->account_id);
    const char *extended = key_of(call, "extended", call->account_id);

    assert(groups >= 1 && size >= 1 && groups * size <= SEAT_HOLDS_TRIED_MAX);
    add_arg(call, &args, call->account_id);
    add_arg(call, &args, TRACE_MS);
    add_arg(call, &args, size);
    add_seats(call, &args, seats, groups * size);
    if (fail_point("hold.place"))
        return OUTCOME_UNAVAILABLE;
    enum outcome outcome = concert_script(call, concert_id, SCRIPT_SEAT_HOLDS_PLACE,
                                          REDIS_TEXTS("admitted", "active", "places", "sold", "hold", "holds", held,
                                                      "hold_bits", "version", extended, "totals"),
                                          args.text, args.count, &reply);
    if (fail_point("hold.placed"))
        return OUTCOME_UNAVAILABLE;
    return outcome == OUTCOME_DONE ? placed(call, reply, holds) : outcome;
}

enum outcome seat_holds_list(struct call *call, uint64_t concert_id, struct seat_holds *holds)
{
    const redisReply *reply;
    const char *account = number_text(call, call->account_id);
    enum outcome outcome =
        concert_script(call, concert_id, SCRIPT_SEAT_HOLDS_LIST,
                       REDIS_TEXTS("hold", key_of(call, "held", call->account_id)), REDIS_TEXTS(account), &reply);

    if (outcome != OUTCOME_DONE)
        return outcome;
    holds->now_ms = redis_reply_number(redis_reply_at(reply, 1));
    read_holds(call, reply, 2, holds);
    return OUTCOME_DONE;
}

enum outcome seat_holds_extend(struct call *call, uint64_t concert_id, int64_t *ends_ms, int64_t *now_ms)
{
    const redisReply *reply;
    struct args args = {.count = 0};
    const char *held = key_of(call, "held", call->account_id);
    const char *extended = key_of(call, "extended", call->account_id);

    add_arg(call, &args, call->account_id);
    add_arg(call, &args, TRACE_MS);
    add_arg(call, &args, SAME_REQUEST_MS);
    enum outcome outcome =
        concert_script(call, concert_id, SCRIPT_SEAT_HOLDS_EXTEND,
                       REDIS_TEXTS("active", "hold", "holds", held, extended), args.text, args.count, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (redis_reply_is(redis_reply_at(reply, 0), "used"))
        return OUTCOME_EXTENSION_USED;
    if (redis_reply_is(redis_reply_at(reply, 0), "none"))
        return OUTCOME_HOLD_EXPIRED;
    *now_ms = redis_reply_number(redis_reply_at(reply, 1));
    *ends_ms = redis_reply_number(redis_reply_at(reply, 2));
    return OUTCOME_DONE;
}

enum outcome seat_holds_release(struct call *call, uint64_t concert_id, uint32_t seat)
{
    const redisReply *reply;
    const char *account = number_text(call, call->account_id);
    const char *held = key_of(call, "held", call->account_id);
    enum outcome outcome = concert_script(call, concert_id, SCRIPT_SEAT_HOLDS_RELEASE,
                                          REDIS_TEXTS("hold", "holds", held, "hold_bits", "version"),
                                          REDIS_TEXTS(account, number_text(call, seat)), &reply);

    if (outcome != OUTCOME_DONE)
        return outcome;
    if (redis_reply_is(redis_reply_at(reply, 0), "none"))
        return OUTCOME_NOT_FOUND;
    counters_add(call->store->counters, COUNTER_holds_released, 1);
    return OUTCOME_DONE;
}

/* What is done for an account, such as after a commit, takes effect even when it has signed out meanwhile. */
static struct call without_session(const struct call *call)
{
    struct call plain = *call;

    plain.session_ends_ms = 0;
    return plain;
}

enum outcome seat_holds_of_concert(struct call *call, uint64_t concert_id, const struct seat_hold *after, size_t limit,
                                   struct anybodys_hold **holds, size_t *count, int64_t *now_ms)
{
    enum { HEAD = 2, PARTS = 3 };
    const redisReply *reply;
    struct args args = {.count = 0};

    add_arg(call, &args, (uint64_t)after->ends_ms);
    add_arg(call, &args, after->seat);
    add_arg(call, &args, limit);
    enum outcome outcome = concert_script(call, concert_id, SCRIPT_SEAT_HOLDS_OF_CONCERT, REDIS_TEXTS("hold", "holds"),
                                          args.text, args.count, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    *now_ms = redis_reply_number(redis_reply_at(reply, 1));
    *count = (reply->elements - HEAD) / PARTS;
    *holds = must(talloc_array(call->mem, struct anybodys_hold, *count + 1));
    for (size_t i = 0; i < *count; i++) {
        size_t at = HEAD + i * PARTS;
        (*holds)[i].hold.seat = (uint32_t)redis_reply_number(redis_reply_at(reply, at));
        (*holds)[i].hold.ends_ms = redis_reply_number(redis_reply_at(reply, at + 1));
        (*holds)[i].account_id = (uint64_t)redis_reply_number(redis_reply_at(reply, at + 2));
    }
    return OUTCOME_DONE;
}

enum outcome seat_holds_owner(struct call *call, uint64_t concert_id, uint32_t seat, uint64_t *account_id)
{
    const char *key = concert_key(call, concert_id, key_of(call, "hold", seat));
    const redisReply *reply = redis_command(call->store->redis, call->mem, REDIS_TEXTS("GET", key));

    if (reply == NULL)
        return OUTCOME_UNAVAILABLE;
    if (reply->type != REDIS_REPLY_STRING)
        return OUTCOME_NOT_FOUND;
    *account_id = (uint64_t)redis_reply_number(reply);
    return OUTCOME_DONE;
}

enum outcome seat_holds_take_back(struct call *call, uint64_t concert_id, uint32_t seat, uint64_t account_id)
{
    struct call theirs = without_session(call);

    theirs.account_id = account_id;
    return seat_holds_release(&theirs, concert_id, seat);
}

static enum outcome ask_map(struct call *call, uint64_t concert_id, const char *what, const redisReply **reply)
{
    return concert_script(call, concert_id, SCRIPT_SEAT_HOLDS_MAP,
                          REDIS_TEXTS("sold", "holds", "hold_bits", "version", "hold", "mended"),
                          REDIS_TEXTS(number_text(call, TIDY_BATCH), number_text(call, MEND_BATCH), what), reply);
}

enum outcome seat_holds_map(struct call *call, uint64_t concert_id, struct seat_map *map)
{
    const redisReply *reply;
    enum outcome outcome = ask_map(call, concert_id, "read", &reply);

    if (outcome != OUTCOME_DONE)
        return outcome;
    const redisReply *sold = redis_reply_at(reply, 3);
    const redisReply *held = redis_reply_at(reply, 4);
    *map = (struct seat_map){
        .version = (uint64_t)redis_reply_number(redis_reply_at(reply, 1)),
        .sold = (const uint8_t *)redis_reply_text(sold),
        .sold_length = (size_t)sold->len,
        .held = (const uint8_t *)redis_reply_text(held),
        .held_length = (size_t)held->len,
    };
    return OUTCOME_DONE;
}

enum outcome seat_holds_tidy(struct call *call, uint64_t concert_id, bool *more)
{
    const redisReply *reply;
    enum outcome outcome = ask_map(call, concert_id, "tidy", &reply);

    if (outcome == OUTCOME_DONE)
        *more = redis_reply_number(redis_reply_at(reply, 2)) == 1;
    return outcome;
}

struct seat_claim {
    struct concert_later *later;
};

struct seat_claim *seat_holds_claim(struct call *call, uint64_t concert_id, const uint32_t *seats, size_t count)
{
    struct seat_claim *claim = must(talloc(call->mem, struct seat_claim));
    struct args args = {.count = 0};
    const char *held = key_of(call, "held", call->account_id);

    add_arg(call, &args, call->account_id);
    add_arg(call, &args, TRACE_MS);
    add_arg(call, &args, PAYING_MS);
    add_seats(call, &args, seats, count);
    claim->later = concert_script_later(
        call, concert_id, SCRIPT_SEAT_HOLDS_CLAIM,
        REDIS_TEXTS("active", "places", "sold", "hold", "holds", held, "hold_bits", "version"), args.text, args.count);
    return claim;
}

enum outcome seat_holds_claimed(struct call *call, const struct seat_claim *claim, uint64_t *place)
{
    const redisReply *reply;
    enum outcome outcome = concert_later_reply(call, claim->later, &reply);

    if (outcome != OUTCOME_DONE)
        return outcome;
    if (redis_reply_is(redis_reply_at(reply, 0), "taken"))
        return refuse_taken(call, reply);
    if (redis_reply_is(redis_reply_at(reply, 0), "expired"))
        return OUTCOME_HOLD_EXPIRED;
    *place = (uint64_t)redis_reply_number(redis_reply_at(reply, 1));
    return OUTCOME_DONE;
}

enum outcome seat_holds_time(struct call *call, int64_t *now_ms)
{
    const redisReply *reply = redis_command(call->store->redis, call->mem, REDIS_TEXTS("TIME"));

    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return OUTCOME_UNAVAILABLE;
    for (size_t i = 0; i < reply->elements; i++)
        if (reply->element[i]->type != REDIS_REPLY_STRING)
            return OUTCOME_UNAVAILABLE;
    *now_ms = redis_reply_number(reply->element[0]) * 1000 + redis_reply_number(reply->element[1]) / 1000;
    return OUTCOME_DONE;
}

#define SOLD_KEYS                                                                                                      \
    REDIS_TEXTS("admitted", "active", "places", "sold", "hold", "holds", "held", "hold_bits", "version", "changes",    \
                "totals")

static struct args sold_args(struct call *call, uint64_t account_id, uint64_t place, int64_t known_ms,
                             const uint32_t *seats, size_t count)
{
    struct args args = {.count = 0};

    add_arg(call, &args, account_id);
    add_arg(call, &args, place);
    add_arg(call, &args, (uint64_t)known_ms);
    add_seats(call, &args, seats, count);
    return args;
}

enum outcome seat_holds_sold(struct call *call, uint64_t concert_id, uint64_t account_id, uint64_t place,
                             int64_t known_ms, const uint32_t *seats, size_t count)
{
    const redisReply *reply;
    struct call plain = without_session(call);
    struct args args = sold_args(call, account_id, place, known_ms, seats, count);

    return concert_script(&plain, concert_id, SCRIPT_SEAT_HOLDS_SOLD, SOLD_KEYS, args.text, args.count, &reply);
}

void seat_holds_sold_along(struct call *call, uint64_t concert_id, uint64_t place, const uint32_t *seats, size_t count)
{
    struct call plain = without_session(call);
    struct args args = sold_args(call, call->account_id, place, 0, seats, count);

    concert_script_along(&plain, concert_id, SCRIPT_SEAT_HOLDS_SOLD, SOLD_KEYS, args.text, args.count);
}

/* Ask about as many sales as one script takes; *asked is how many those were. */
static enum outcome ask_left(struct call *call, uint64_t concert_id, const struct seat_sale *sales, size_t count,
                             bool *left, size_t *asked)
{
    enum { HEAD = 3 };
    const char *args[LEFT_ARGS_MAX];
    const redisReply *reply;
    size_t used = 0;

    for (*asked = 0; *asked < count && used + HEAD + sales[*asked].count <= LEFT_ARGS_MAX; (*asked)++) {
        const struct seat_sale *sale = &sales[*asked];
        args[used++] = number_text(call, sale->account_id);
        args[used++] = number_text(call, sale->place);
        args[used++] = number_text(call, sale->count);
        for (size_t i = 0; i < sale->count; i++)
            args[used++] = number_text(call, sale->seats[i]);
    }
    if (*asked == 0)
        return OUTCOME_DONE;
    enum outcome outcome = concert_script(call, concert_id, SCRIPT_SEAT_HOLDS_LEFT,
                                          REDIS_TEXTS("places", "sold", "hold", "held"), args, used, &reply);
    for (size_t i = 0; outcome == OUTCOME_DONE && i < *asked; i++)
        left[i] = 1 + i >= reply->elements || redis_reply_number(redis_reply_at(reply, 1 + i)) != 0;
    return outcome;
}

enum outcome seat_holds_left(struct call *call, uint64_t concert_id, const struct seat_sale *sales, size_t count,
                             bool *left)
{
    struct call plain = without_session(call);

    for (size_t from = 0, asked; from < count; from += asked) {
        enum outcome outcome = ask_left(&plain, concert_id, sales + from, count - from, left + from, &asked);
        if (outcome != OUTCOME_DONE)
            return outcome;
        /* One of more seats than a question takes. */
        if (asked == 0)
            left[from + asked++] = true;
    }
    return OUTCOME_DONE;
}

enum outcome seat_holds_unsold(struct call *call, uint64_t concert_id, const uint32_t *seats, size_t count)
{
    const redisReply *reply;
    struct args args = {.count = 0};
    struct call plain = without_session(call);

    add_seats(call, &args, seats, count);
    return concert_script(&plain, concert_id, SCRIPT_SEAT_HOLDS_UNSOLD, REDIS_TEXTS("sold", "version", "changes"),
                          args.text, args.count, &reply);
}
