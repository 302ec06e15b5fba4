#include "store/queues_series.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "store/concert_scripts.h"
#include "store/queues.h"
#include "store/redis.h"
#include "store/store.h"

/* Four hours in steps of ten seconds, a day in minutes, two weeks in quarters of an hour. */
static const struct {
    int step_s;
    int rows_max;
} series[] = {{QUEUES_FINE_S, 1440}, {60, 1440}, {900, 1344}};

enum { SERIES = sizeof(series) / sizeof(series[0]) };

static const char *number_text(struct call *call, int64_t number)
{
    return must(talloc_asprintf(call->mem, "%" PRId64, number));
}

static uint64_t next_number(const char **at)
{
    char *end;
    unsigned long long number = strtoull(*at, &end, 10);

    *at = end;
    return number;
}

static struct queue_row read_row(const char *text)
{
    struct queue_row row;

    row.ends_s = (int64_t)next_number(&text);
#define COUNT(name) row.name = next_number(&text);
    QUEUES_COUNTS(COUNT)
#undef COUNT
    for (size_t i = 0; i < QUEUES_REFUSED_CODES; i++)
        row.refused[i] = next_number(&text);
    row.waiting = next_number(&text);
    row.admitted = next_number(&text);
    row.active = next_number(&text);
    row.away = next_number(&text);
    row.room = next_number(&text);
    row.flowing = next_number(&text) == 1;
    row.last = next_number(&text);
    row.served = next_number(&text);
    row.flow.low = (double)next_number(&text) / QUEUES_FLOW_SCALE;
    row.flow.high = (double)next_number(&text) / QUEUES_FLOW_SCALE;
    row.flow.fade_low = (double)next_number(&text) / QUEUES_FADE_SCALE;
    row.flow.fade_high = (double)next_number(&text) / QUEUES_FADE_SCALE;
    return row;
}

/* From element first on there are rows alone. */
static void read_rows(struct call *call, const redisReply *reply, size_t first, struct queue_row **rows, size_t *count)
{
    *count = reply->elements - first;
    *rows = must(talloc_array(call->mem, struct queue_row, *count + 1));
    for (size_t i = 0; i < *count; i++)
        (*rows)[i] = read_row(redis_reply_text(redis_reply_at(reply, first + i)));
}

enum outcome queues_sample(struct call *call, uint64_t concert_id, struct queue_row **rows, size_t *count)
{
#define COUNT(name) #name " "
#define CODE(name)  "refused_" #name " "
    const char *args[1 + 2 * SERIES] = {QUEUES_COUNTS(COUNT) QUEUES_REFUSALS(CODE)};
#undef CODE
#undef COUNT
    const redisReply *reply;

    for (size_t i = 0; i < SERIES; i++) {
        args[1 + 2 * i] = number_text(call, series[i].step_s);
        args[2 + 2 * i] = number_text(call, series[i].rows_max);
    }
    enum outcome outcome = concert_script(call, concert_id, SCRIPT_QUEUES_SAMPLE,
                                          REDIS_TEXTS("totals", "sampled", "wait", "early", "admitted", "active",
                                                      "away", "series", "sold", "seq", "served", "gate"),
                                          args, 1 + 2 * SERIES, &reply);
    if (outcome == OUTCOME_DONE)
        read_rows(call, reply, 2, rows, count);
    return outcome;
}

/* The field of totals:{c} that counts it; NULL for what is no refusal of a concert. */
static const char *field_of(enum outcome outcome)
{
    static const char *const fields[] = {
#define CODE(name) "refused_" #name,
        QUEUES_REFUSALS(CODE)
#undef CODE
    };
    const char *code = outcome_code(outcome);

    for (size_t i = 0; i < QUEUES_REFUSED_CODES; i++)
        if (strcmp(fields[i] + strlen("refused_"), code) == 0)
            return fields[i];
    return NULL;
}

enum outcome queues_refused(struct call *call, uint64_t concert_id, enum outcome outcome)
{
    const char *field = field_of(outcome);

    if (field != NULL)
        redis_command(call->store->redis, call->mem,
                      REDIS_TEXTS("HINCRBY", concert_key(call, concert_id, "totals"), field, "1"));
    return outcome;
}

static const char *scaled(struct call *call, double value, int scale)
{
    return number_text(call, (int64_t)(value * scale));
}

enum outcome queues_flow(struct call *call, uint64_t concert_id, struct flow flow)
{
    const redisReply *reply;

    return concert_script(
        call, concert_id, SCRIPT_QUEUES_FLOW, REDIS_TEXTS("gate"),
        REDIS_TEXTS(scaled(call, flow.low, QUEUES_FLOW_SCALE), scaled(call, flow.high, QUEUES_FLOW_SCALE),
                    scaled(call, flow.fade_low, QUEUES_FADE_SCALE), scaled(call, flow.fade_high, QUEUES_FADE_SCALE)),
        &reply);
}

static bool is_list_of_texts(const redisReply *reply)
{
    for (size_t i = 0; i < reply->elements; i++)
        if (reply->element[i]->type != REDIS_REPLY_STRING)
            return false;
    return reply->type == REDIS_REPLY_ARRAY;
}

/* The finest series that reaches back to the moment; the coarsest when none does. */
static size_t series_for(int64_t age_s)
{
    size_t i = 0;

    while (i + 1 < SERIES && age_s > (int64_t)series[i].step_s * series[i].rows_max)
        i++;
    return i;
}

enum outcome queues_series(struct call *call, uint64_t concert_id, int64_t since_s, struct queue_row **rows,
                           size_t *count, int *step_s)
{
    size_t which = series_for(call->now_ms / 1000 - since_s);
    char name[32];

    *step_s = series[which].step_s;
    snprintf(name, sizeof(name), "series:%d", *step_s);
    const redisReply *reply = redis_command(call->store->redis, call->mem,
                                            REDIS_TEXTS("LRANGE", concert_key(call, concert_id, name), "0", "-1"));
    if (reply == NULL || !is_list_of_texts(reply))
        return OUTCOME_UNAVAILABLE;
    read_rows(call, reply, 0, rows, count);
    size_t skipped = 0;
    while (skipped < *count && (*rows)[skipped].ends_s <= since_s)
        skipped++;
    *rows += skipped;
    *count -= skipped;
    return OUTCOME_DONE;
}
