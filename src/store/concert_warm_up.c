#include "store/concert_warm_up.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <talloc.h>

#include "base/log.h"
#include "base/must.h"
#include "base/secret.h"
#include "store/concert_scripts.h"
#include "store/concerts.h"
#include "store/mysql.h"
#include "store/redis.h"
#include "store/sessions.h"
#include "store/store.h"

enum { NUMBERS_A_BLOCK = 100000, POLICY_WORDS_MAX = 32, BITMAP_BYTES_MAX = CONCERT_SEATS_MAX / 8 + 1 };

struct words {
    const char *word[POLICY_WORDS_MAX];
    size_t count;
};

static void add_text(struct words *words, const char *name, const char *value)
{
    words->word[words->count++] = name;
    words->word[words->count++] = value;
}

static const char *number_text(const void *mem, int64_t number)
{
    return must(talloc_asprintf(mem, "%" PRId64, number));
}

static void add_policy(struct call *call, const struct concert *concert, struct words *words)
{
    const struct policy *policy = &concert->policy;

    add_text(words, "revision", number_text(call->mem, policy->revision));
    add_text(words, "state", policy->state);
    add_text(words, "rejoin", policy->rejoin);
    add_text(words, "starts_at_ms", number_text(call->mem, concert->plan->starts_ms));
    add_text(words, "opens_at_ms", number_text(call->mem, policy->opens_ms));
    add_text(words, "capacity", number_text(call->mem, policy->capacity));
    add_text(words, "rate_per_minute", number_text(call->mem, policy->rate_per_minute));
    add_text(words, "active_ttl_ms", number_text(call->mem, policy->active_ttl_s * 1000));
    add_text(words, "admit_ttl_ms", number_text(call->mem, policy->admit_ttl_s * 1000));
    add_text(words, "hold_ttl_ms", number_text(call->mem, policy->hold_ttl_s * 1000));
    add_text(words, "seats_per_fan", number_text(call->mem, policy->seats_per_fan));
    add_text(words, "seats_total", number_text(call->mem, concert->plan->seats_total));
}

/* Sold seats as Redis numbers the bits of a string: seat 1 is bit 1, the second highest of the first byte. */
static enum outcome sold_as_hex(struct call *call, const struct plan *plan, const char **hex)
{
    uint8_t bits[BITMAP_BYTES_MAX] = {0};
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_CONCERTS_SOLD_SEATS, SQL_ARGS(sql_u64(plan->concert_id)), &rows) <
        0)
        return OUTCOME_UNAVAILABLE;
    for (size_t i = 0; i < rows.count; i++) {
        int64_t seat = sql_number(&rows, i, 0);
        if (seat >= 1 && seat <= plan->seats_total)
            bits[seat / 8] |= (uint8_t)(0x80 >> (seat % 8));
    }
    size_t length = plan->seats_total / 8 + 1;
    char *text = must(talloc_size(call->mem, length * 2 + 1));
    secret_hex(bits, length, text);
    *hex = text;
    return OUTCOME_DONE;
}

static enum outcome reserve_numbers(struct call *call, uint64_t concert_id, int64_t *end)
{
    int64_t changed = sql_change(call->store->mysql, SQL_CONCERTS_RESERVE_NUMBERS,
                                 SQL_ARGS(sql_i64(NUMBERS_A_BLOCK), sql_u64(concert_id)));

    if (changed < 0)
        return OUTCOME_UNAVAILABLE;
    *end = (int64_t)sql_inserted_id(call->store->mysql);
    return changed == 0 ? OUTCOME_NOT_FOUND : OUTCOME_DONE;
}

static const char *const warm_up_names[] = {"concert", "seq",  "sold",     "version", "changes", "gate",   "wait",
                                            "early",   "away", "admitted", "active",  "places",  "sampled"};
enum { WARM_UP_KEYS = sizeof(warm_up_names) / sizeof(warm_up_names[0]) };

/* Sessions first: a concert that is warm must know them all. */
static enum outcome bring(struct call *call, const struct concert *concert)
{
    uint64_t concert_id = concert->plan->concert_id;
    struct words words = {0};
    const char *keys[WARM_UP_KEYS];
    const char *sold;
    int64_t end;

    enum outcome outcome = sessions_load_revoked(call, concert_key(call, concert_id, "revoked"));
    if (outcome == OUTCOME_DONE)
        outcome = sold_as_hex(call, concert->plan, &sold);
    if (outcome == OUTCOME_DONE)
        outcome = reserve_numbers(call, concert_id, &end);
    if (outcome != OUTCOME_DONE)
        return outcome;
    words.word[words.count++] = number_text(call->mem, end - NUMBERS_A_BLOCK);
    words.word[words.count++] = number_text(call->mem, end);
    words.word[words.count++] = sold;
    words.word[words.count++] = redis_run(call->store->redis);
    add_policy(call, concert, &words);
    for (size_t i = 0; i < WARM_UP_KEYS; i++)
        keys[i] = concert_key(call, concert_id, warm_up_names[i]);
    const redisReply *reply = redis_script(call->store->redis, call->mem, SCRIPT_CONCERT_WARM_UP, keys, WARM_UP_KEYS,
                                           words.word, words.count);
    if (reply == NULL)
        return OUTCOME_UNAVAILABLE;
    if (redis_reply_is(redis_reply_at(reply, 0), "there"))
        return OUTCOME_DONE;
    counters_add(call->store->counters, COUNTER_warm_ups, 1);
    log_info("concert_warm concert=%" PRIu64 " numbers_from=%" PRId64, concert_id, end - NUMBERS_A_BLOCK);
    return OUTCOME_DONE;
}

enum outcome concert_warm_up(struct call *call, uint64_t concert_id)
{
    struct concert concert;
    enum outcome outcome = concerts_read(call, concert_id, &concert);

    return outcome == OUTCOME_DONE ? bring(call, &concert) : outcome;
}

enum outcome concert_refresh(struct call *call, uint64_t concert_id)
{
    struct concert concert;
    struct words words = {0};
    const char *key = concert_key(call, concert_id, "concert");
    enum outcome outcome = concerts_read(call, concert_id, &concert);

    if (outcome != OUTCOME_DONE)
        return outcome;
    add_policy(call, &concert, &words);
    const redisReply *reply =
        redis_script(call->store->redis, call->mem, SCRIPT_CONCERT_REFRESH, &key, 1, words.word, words.count);
    if (reply == NULL)
        return OUTCOME_UNAVAILABLE;
    return redis_reply_is(redis_reply_at(reply, 0), "cold") ? bring(call, &concert) : OUTCOME_DONE;
}

static enum outcome sync_sold(struct call *call, uint64_t concert_id)
{
    const struct plan *plan;
    const char *changes_key = concert_key(call, concert_id, "changes");
    const char *args[2] = {"0"};
    enum outcome outcome = concerts_plan(call, concert_id, &plan);

    if (outcome != OUTCOME_DONE)
        return outcome;
    const redisReply *changes = redis_command(call->store->redis, call->mem, REDIS_TEXTS("GET", changes_key));
    if (changes == NULL)
        return OUTCOME_UNAVAILABLE;
    if (changes->type == REDIS_REPLY_STRING)
        args[0] = changes->str;
    outcome = sold_as_hex(call, plan, &args[1]);
    if (outcome != OUTCOME_DONE)
        return outcome;
    const char *keys[] = {concert_key(call, concert_id, "concert"), concert_key(call, concert_id, "sold"), changes_key,
                          concert_key(call, concert_id, "version")};
    const redisReply *reply = redis_script(call->store->redis, call->mem, SCRIPT_CONCERT_SYNC, keys, 4, args, 2);
    if (reply == NULL)
        return OUTCOME_UNAVAILABLE;
    if (redis_reply_is(redis_reply_at(reply, 0), "mended"))
        log_warning("seats_mended concert=%" PRIu64, concert_id);
    return OUTCOME_DONE;
}

/* Each may have died between MySQL and Redis: an operator's change, a sign-out, a sale, a new concert. */
enum outcome concert_sync(struct call *call, uint64_t concert_id)
{
    enum outcome outcome = concert_refresh(call, concert_id);

    if (outcome == OUTCOME_DONE)
        outcome = sessions_load_revoked(call, concert_key(call, concert_id, "revoked"));
    if (outcome == OUTCOME_DONE)
        outcome = sync_sold(call, concert_id);
    return outcome == OUTCOME_DONE ? concerts_announce_highest(call) : outcome;
}

enum outcome concert_more_numbers(struct call *call, uint64_t concert_id)
{
    const char *key = concert_key(call, concert_id, "concert");
    int64_t end;
    enum outcome outcome = reserve_numbers(call, concert_id, &end);

    if (outcome != OUTCOME_DONE)
        return outcome;
    const char *arg = number_text(call->mem, end);
    return redis_script(call->store->redis, call->mem, SCRIPT_CONCERT_MORE_NUMBERS, &key, 1, &arg, 1) == NULL
               ? OUTCOME_UNAVAILABLE
               : OUTCOME_DONE;
}
