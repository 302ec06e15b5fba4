#include "store/concerts.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "store/mysql.h"
#include "store/redis.h"
#include "store/store.h"
#include "store/transaction.h"

#define HIGHEST_KEY "concerts:{all}:highest"

enum { CACHED_IDS = 65536, RUNNING_AFTER_START_MS = 24 * 60 * 60 * 1000 };

/* Plans never change and are few, so they stay until the process ends; larger ids are read each time. */
struct concert_cache {
    _Atomic(struct plan *) plans[CACHED_IDS];
};

static int free_plans(struct concert_cache *cache)
{
    for (size_t i = 0; i < CACHED_IDS; i++)
        talloc_free(cache->plans[i]);
    return 0;
}

struct concert_cache *concert_cache_new(const void *mem)
{
    struct concert_cache *cache = must(talloc_zero(mem, struct concert_cache));

    talloc_set_destructor(cache, free_plans);
    return cache;
}

static enum outcome outcome_of(int64_t failure)
{
    return failure < 0 ? OUTCOME_UNAVAILABLE : OUTCOME_DONE;
}

static enum outcome read_grades(struct call *call, struct plan *plan)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_GRADES_OF_CONCERT, SQL_ARGS(sql_u64(plan->concert_id)), &rows) <
        0)
        return OUTCOME_UNAVAILABLE;
    struct grade *grades = must(talloc_zero_array(plan, struct grade, rows.count));
    for (size_t i = 0; i < rows.count; i++) {
        grades[i].grade = must(talloc_strdup(grades, sql_string(&rows, i, 0)));
        grades[i].price = sql_number(&rows, i, 1);
    }
    plan->grades = grades;
    plan->grades_count = rows.count;
    return OUTCOME_DONE;
}

static enum outcome read_sections(struct call *call, struct plan *plan)
{
    struct sql_rows rows;
    uint32_t next_seat = 1;

    if (sql_select(call->store->mysql, call->mem, SQL_SECTIONS_OF_CONCERT, SQL_ARGS(sql_u64(plan->concert_id)), &rows) <
        0)
        return OUTCOME_UNAVAILABLE;
    struct section *sections = must(talloc_zero_array(plan, struct section, rows.count));
    for (size_t i = 0; i < rows.count; i++) {
        sections[i].section = must(talloc_strdup(sections, sql_string(&rows, i, 0)));
        sections[i].grade = (size_t)sql_number(&rows, i, 1);
        sections[i].rows = (uint32_t)sql_number(&rows, i, 2);
        sections[i].seats_per_row = (uint32_t)sql_number(&rows, i, 3);
        sections[i].first_seat = next_seat;
        next_seat += sections[i].rows * sections[i].seats_per_row;
    }
    plan->sections = sections;
    plan->sections_count = rows.count;
    return OUTCOME_DONE;
}

static enum outcome read_plan(struct call *call, struct plan *plan)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_CONCERTS_PLAN, SQL_ARGS(sql_u64(plan->concert_id)), &rows) < 0)
        return OUTCOME_UNAVAILABLE;
    if (rows.count == 0)
        return OUTCOME_NOT_FOUND;
    plan->title = must(talloc_strdup(plan, sql_string(&rows, 0, 0)));
    plan->venue = must(talloc_strdup(plan, sql_string(&rows, 0, 1)));
    plan->time_zone = must(talloc_strdup(plan, sql_string(&rows, 0, 2)));
    memcpy(plan->date, sql_string(&rows, 0, 3), sizeof(plan->date));
    plan->starts_ms = sql_time_ms(&rows, 0, 4);
    plan->cancel_until_ms = sql_time_ms(&rows, 0, 5);
    plan->seats_total = (uint32_t)sql_number(&rows, 0, 6);
    plan->created_ms = sql_time_ms(&rows, 0, 7);
    enum outcome outcome = read_grades(call, plan);
    return outcome == OUTCOME_DONE ? read_sections(call, plan) : outcome;
}

enum outcome concerts_announce_highest(struct call *call)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_CONCERTS_HIGHEST, SQL_NO_ARGS, &rows) < 0)
        return OUTCOME_UNAVAILABLE;
    const char *highest = must(talloc_asprintf(call->mem, "%" PRId64, sql_number(&rows, 0, 0)));
    return redis_command(call->store->redis, call->mem, REDIS_TEXTS("SET", HIGHEST_KEY, highest)) == NULL
               ? OUTCOME_UNAVAILABLE
               : OUTCOME_DONE;
}

/* Redis not knowing the highest number is no answer: then MySQL is asked. */
static bool is_beyond_the_highest(struct call *call, uint64_t concert_id)
{
    const redisReply *reply = redis_command(call->store->redis, call->mem, REDIS_TEXTS("GET", HIGHEST_KEY));

    return reply != NULL && reply->type == REDIS_REPLY_STRING && concert_id > (uint64_t)redis_reply_number(reply);
}

enum outcome concerts_plan(struct call *call, uint64_t concert_id, const struct plan **plan)
{
    _Atomic(struct plan *) *place = concert_id < CACHED_IDS ? &call->store->concerts->plans[concert_id] : NULL;
    struct plan *known = place == NULL ? NULL : atomic_load(place);

    if (known != NULL) {
        *plan = known;
        return OUTCOME_DONE;
    }
    if (is_beyond_the_highest(call, concert_id))
        return OUTCOME_NOT_FOUND;
    struct plan *fresh = must(talloc_zero(place == NULL ? call->mem : NULL, struct plan));
    fresh->concert_id = concert_id;
    enum outcome outcome = read_plan(call, fresh);
    if (outcome != OUTCOME_DONE) {
        talloc_free(fresh);
        return outcome;
    }
    if (place != NULL && !atomic_compare_exchange_strong(place, &known, fresh)) {
        talloc_free(fresh);
        fresh = known;
    }
    *plan = fresh;
    return OUTCOME_DONE;
}

enum outcome concerts_read(struct call *call, uint64_t concert_id, struct concert *concert)
{
    struct policy *policy = &concert->policy;
    struct sql_rows rows;
    enum outcome outcome = concerts_plan(call, concert_id, &concert->plan);

    if (outcome != OUTCOME_DONE)
        return outcome;
    if (sql_select(call->store->mysql, call->mem, SQL_CONCERTS_POLICY, SQL_ARGS(sql_u64(concert_id)), &rows) < 0)
        return OUTCOME_UNAVAILABLE;
    if (rows.count == 0)
        return OUTCOME_NOT_FOUND;
    policy->state = sql_string(&rows, 0, 0);
    policy->opens_ms = sql_time_ms(&rows, 0, 1);
    policy->capacity = sql_number(&rows, 0, 2);
    policy->rate_per_minute = sql_number(&rows, 0, 3);
    policy->active_ttl_s = sql_number(&rows, 0, 4);
    policy->admit_ttl_s = sql_number(&rows, 0, 5);
    policy->hold_ttl_s = sql_number(&rows, 0, 6);
    policy->seats_per_fan = sql_number(&rows, 0, 7);
    policy->rejoin = sql_string(&rows, 0, 8);
    concert->sold = sql_number(&rows, 0, 9);
    policy->revision = sql_number(&rows, 0, 10);
    return OUTCOME_DONE;
}

enum outcome concerts_list(struct call *call, uint64_t before, size_t limit, struct concert **concerts, size_t *count)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_CONCERTS_LIST,
                   SQL_ARGS(sql_u64(before == 0 ? INT64_MAX : before), sql_u64(limit)), &rows) < 0)
        return OUTCOME_UNAVAILABLE;
    struct concert *list = must(talloc_zero_array(call->mem, struct concert, rows.count + 1));
    for (size_t i = 0; i < rows.count; i++) {
        enum outcome outcome = concerts_read(call, (uint64_t)sql_number(&rows, i, 0), &list[i]);
        if (outcome != OUTCOME_DONE)
            return OUTCOME_UNAVAILABLE;
    }
    *concerts = list;
    *count = rows.count;
    return OUTCOME_DONE;
}

enum outcome concerts_running(struct call *call, uint64_t **concert_ids, size_t *count)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_CONCERTS_RUNNING,
                   SQL_ARGS(sql_time(call->now_ms - RUNNING_AFTER_START_MS)), &rows) < 0)
        return OUTCOME_UNAVAILABLE;
    *concert_ids = must(talloc_array(call->mem, uint64_t, rows.count + 1));
    *count = rows.count;
    for (size_t i = 0; i < rows.count; i++)
        (*concert_ids)[i] = (uint64_t)sql_number(&rows, i, 0);
    return OUTCOME_DONE;
}

struct creation {
    const struct plan *plan;
    const struct policy *policy;
    uint64_t concert_id;
};

static int64_t insert_concert(struct call *call, const struct plan *plan, const struct policy *policy)
{
    struct sql_arg rate = policy->rate_per_minute == 0 ? sql_null() : sql_i64(policy->rate_per_minute);

    return sql_change(call->store->mysql, SQL_CONCERTS_INSERT,
                      SQL_ARGS(sql_text(plan->title), sql_text(plan->venue), sql_text(plan->time_zone),
                               sql_time(plan->starts_ms), sql_text(plan->date), sql_time(policy->opens_ms),
                               sql_time(plan->cancel_until_ms), sql_i64(policy->capacity), rate,
                               sql_i64(policy->active_ttl_s), sql_i64(policy->admit_ttl_s), sql_i64(policy->hold_ttl_s),
                               sql_i64(policy->seats_per_fan), sql_text(policy->rejoin), sql_u64(plan->seats_total),
                               sql_time(call->now_ms)));
}

static int64_t insert_grades(struct call *call, const struct plan *plan, uint64_t concert_id)
{
    int64_t changed = 0;

    for (size_t i = 0; changed >= 0 && i < plan->grades_count; i++)
        changed = sql_change(
            call->store->mysql, SQL_GRADES_INSERT,
            SQL_ARGS(sql_u64(concert_id), sql_u64(i), sql_text(plan->grades[i].grade), sql_i64(plan->grades[i].price)));
    return changed;
}

static int64_t insert_sections(struct call *call, const struct plan *plan, uint64_t concert_id)
{
    int64_t changed = 0;

    for (size_t i = 0; changed >= 0 && i < plan->sections_count; i++) {
        const struct section *section = &plan->sections[i];
        changed = sql_change(call->store->mysql, SQL_SECTIONS_INSERT,
                             SQL_ARGS(sql_u64(concert_id), sql_u64(i), sql_text(section->section),
                                      sql_text(plan->grades[section->grade].grade), sql_u64(section->rows),
                                      sql_u64(section->seats_per_row)));
    }
    return changed;
}

static enum tx create(struct call *call, void *args)
{
    struct creation *creation = args;
    int64_t changed = insert_concert(call, creation->plan, creation->policy);

    if (changed >= 0) {
        creation->concert_id = sql_inserted_id(call->store->mysql);
        changed = insert_grades(call, creation->plan, creation->concert_id);
    }
    if (changed >= 0)
        changed = insert_sections(call, creation->plan, creation->concert_id);
    return changed >= 0 ? TX_KEEP : tx_failure(changed);
}

enum outcome concerts_create(struct call *call, const struct plan *plan, const struct policy *policy,
                             uint64_t *concert_id)
{
    struct creation creation = {.plan = plan, .policy = policy};

    if (transact(call, create, &creation) != TRANSACTION_KEPT)
        return OUTCOME_UNAVAILABLE;
    *concert_id = creation.concert_id;
    return concerts_announce_highest(call);
}

static enum outcome one_row(int64_t changed)
{
    return changed == 0 ? OUTCOME_NOT_FOUND : outcome_of(changed);
}

static struct sql_arg flag(unsigned parts, enum policy_part part)
{
    return sql_i64((parts >> part) & 1);
}

enum outcome concerts_set_policy(struct call *call, uint64_t concert_id, unsigned parts, const struct policy *policy)
{
    struct sql_arg rate = policy->rate_per_minute == 0 ? sql_null() : sql_i64(policy->rate_per_minute);

    return one_row(
        sql_change(call->store->mysql, SQL_CONCERTS_SET_POLICY,
                   SQL_ARGS(flag(parts, POLICY_OPENS_AT), sql_time(policy->opens_ms), flag(parts, POLICY_CAPACITY),
                            sql_i64(policy->capacity), flag(parts, POLICY_RATE), rate, flag(parts, POLICY_ACTIVE_TTL),
                            sql_i64(policy->active_ttl_s), flag(parts, POLICY_ADMIT_TTL), sql_i64(policy->admit_ttl_s),
                            flag(parts, POLICY_HOLD_TTL), sql_i64(policy->hold_ttl_s),
                            flag(parts, POLICY_SEATS_PER_FAN), sql_i64(policy->seats_per_fan),
                            flag(parts, POLICY_REJOIN), sql_text(policy->rejoin), sql_u64(concert_id))));
}

enum outcome concerts_set_state(struct call *call, uint64_t concert_id, const char *state)
{
    return one_row(
        sql_change(call->store->mysql, SQL_CONCERTS_SET_STATE, SQL_ARGS(sql_text(state), sql_u64(concert_id))));
}

struct seat_place plan_seat(const struct plan *plan, uint32_t seat)
{
    size_t i = 0;

    if (seat < 1 || seat > plan->seats_total)
        abort();
    while (i + 1 < plan->sections_count && seat >= plan->sections[i + 1].first_seat)
        i++;
    const struct section *section = &plan->sections[i];
    uint32_t index = seat - section->first_seat;
    return (struct seat_place){
        .section = section,
        .grade = &plan->grades[section->grade],
        .row = index / section->seats_per_row + 1,
        .number = index % section->seats_per_row + 1,
    };
}
