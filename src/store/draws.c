#include "store/draws.h"

#include <string.h>

#include "base/secret.h"
#include "store/concerts.h"
#include "store/mysql.h"
#include "store/store.h"

static void read_bytes(const struct sql_rows *rows, size_t column, uint8_t bytes[DIGEST_BYTES])
{
    const struct sql_value *value = &rows->values[column];

    memset(bytes, 0, DIGEST_BYTES);
    if (value->bytes != NULL)
        memcpy(bytes, value->bytes, value->length < DIGEST_BYTES ? value->length : DIGEST_BYTES);
}

/* *found says whether the concert has one. */
static enum outcome find(struct call *call, uint64_t concert_id, struct draw *draw, bool *found)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_DRAWS_FIND, SQL_ARGS(sql_u64(concert_id)), &rows) < 0)
        return OUTCOME_UNAVAILABLE;
    *found = rows.count > 0;
    if (rows.count == 0)
        return OUTCOME_DONE;
    read_bytes(&rows, 0, draw->seed);
    read_bytes(&rows, 1, draw->commitment);
    draw->last_entry = (uint64_t)sql_number(&rows, 0, 2);
    draw->entrants = (uint64_t)sql_number(&rows, 0, 3);
    read_bytes(&rows, 4, draw->list_hash);
    draw->drawn_ms = sql_time_ms(&rows, 0, 5);
    return OUTCOME_DONE;
}

static enum outcome insert(struct call *call, uint64_t concert_id)
{
    const struct plan *plan;
    uint8_t seed[DIGEST_BYTES];
    uint8_t commitment[DIGEST_BYTES];
    enum outcome outcome = concerts_plan(call, concert_id, &plan);

    if (outcome != OUTCOME_DONE)
        return outcome;
    secret_random(seed, sizeof(seed));
    digest_sha256(seed, sizeof(seed), commitment);
    return sql_change(call->store->mysql, SQL_DRAWS_INSERT,
                      SQL_ARGS(sql_u64(concert_id), sql_bytes(seed, sizeof(seed)),
                               sql_bytes(commitment, sizeof(commitment)), sql_time(call->now_ms))) < 0
               ? OUTCOME_UNAVAILABLE
               : OUTCOME_DONE;
}

enum outcome draws_find(struct call *call, uint64_t concert_id, struct draw *draw)
{
    bool found;
    enum outcome outcome = find(call, concert_id, draw, &found);

    if (outcome != OUTCOME_DONE || found)
        return outcome;
    outcome = insert(call, concert_id);
    if (outcome == OUTCOME_DONE)
        outcome = find(call, concert_id, draw, &found);
    return outcome == OUTCOME_DONE && !found ? OUTCOME_UNAVAILABLE : outcome;
}

enum outcome draws_settle(struct call *call, uint64_t concert_id, const void *list, size_t length, struct draw *draw)
{
    int64_t changed = sql_change(call->store->mysql, SQL_DRAWS_SETTLE,
                                 SQL_ARGS(sql_u64(draw->last_entry), sql_u64(draw->entrants),
                                          sql_bytes(draw->list_hash, DIGEST_BYTES), sql_bytes(list, length),
                                          sql_time(call->now_ms), sql_u64(concert_id)));

    return changed < 0 ? OUTCOME_UNAVAILABLE : draws_find(call, concert_id, draw);
}

enum outcome draws_list(struct call *call, uint64_t concert_id, const uint8_t **list, size_t *length)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_DRAWS_LIST, SQL_ARGS(sql_u64(concert_id)), &rows) < 0)
        return OUTCOME_UNAVAILABLE;
    if (rows.count == 0 || sql_is_null(&rows, 0, 0))
        return OUTCOME_NOT_FOUND;
    *list = (const uint8_t *)rows.values[0].bytes;
    *length = rows.values[0].length;
    return OUTCOME_DONE;
}
