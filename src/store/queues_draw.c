#include "store/queues_draw.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/secret.h"
#include "base/text.h"
#include "store/concert_scripts.h"
#include "store/redis.h"
#include "store/store.h"

enum {
    LIST_PART_BITS = 32768, /* of entered:{c}:<part>, as queues_join.lua cuts it */
    LIST_PART_BYTES = LIST_PART_BITS / 8,
    SEEN_PART_NUMBERS = 8192,            /* of early_seen:{c}:<part>, as _presence.lua cuts it */
    LINE_PART_NUMBERS = 2 * 1024 * 1024, /* of early:{c}[:<part>], as _line.lua cuts it */
    PARTS_A_COMMAND = 32,
    ENTRY_MAX = 100 * 1000 * 1000, /* more fans than that never came: a number beyond it is not one */
};

static const char *number_text(struct call *call, uint64_t number)
{
    return must(talloc_asprintf(call->mem, "%" PRIu64, number));
}

static const char *part_key(struct call *call, uint64_t concert_id, const char *noun, uint64_t part)
{
    return must(talloc_asprintf(call->mem, "%s:{c%" PRIu64 "}:%" PRIu64, noun, concert_id, part));
}

enum outcome queues_draw_freeze(struct call *call, uint64_t concert_id, bool is_settled, struct frozen *frozen)
{
    const redisReply *reply;
    const char *patience = number_text(call, QUEUES_DRAW_PATIENCE_MS);
    enum outcome outcome =
        concert_script(call, concert_id, SCRIPT_QUEUES_DRAW_FREEZE, REDIS_TEXTS("draw", "seq", "gate"),
                       REDIS_TEXTS(patience, is_settled ? "drawn" : "undrawn"), &reply);

    if (outcome != OUTCOME_DONE)
        return outcome;
    if (redis_reply_is(redis_reply_at(reply, 0), "not_yet"))
        return OUTCOME_NOT_FOUND;
    *frozen = (struct frozen){.drawn = redis_reply_is(redis_reply_at(reply, 0), "drawn")};
    if (frozen->drawn)
        return OUTCOME_DONE;
    frozen->last = (uint64_t)redis_reply_number(redis_reply_at(reply, 1));
    frozen->numbers_from = (uint64_t)redis_reply_number(redis_reply_at(reply, 2));
    return frozen->last <= ENTRY_MAX ? OUTCOME_DONE : OUTCOME_UNAVAILABLE;
}

static bool are_parts(const redisReply *reply, size_t count, size_t bytes_max)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (reply->element[i]->type == REDIS_REPLY_STRING && (size_t)reply->element[i]->len > bytes_max)
            return false;
    return true;
}

/* MGET of some parts, each nil or up to so many bytes; NULL when Redis does not answer, or with anything else. */
static const redisReply *get_parts(struct call *call, uint64_t concert_id, const char *noun, uint64_t first,
                                   size_t count, size_t bytes_max)
{
    const char *words[PARTS_A_COMMAND + 1] = {"MGET"};

    assert(count <= PARTS_A_COMMAND);
    for (size_t i = 0; i < count; i++)
        words[i + 1] = part_key(call, concert_id, noun, first + i);
    const redisReply *reply = redis_command(call->store->redis, call->mem, words, count + 1);
    return reply != NULL && are_parts(reply, count, bytes_max) ? reply : NULL;
}

/* Pairs of account and number. Those who read page by page rely on ascending numbers, too. */
static bool are_entrants(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements > 2 * QUEUES_DRAW_READ_MAX || reply->elements % 2 != 0)
        return false;
    for (size_t i = 0; i < reply->elements; i++)
        if (reply->element[i]->type != REDIS_REPLY_STRING)
            return false;
    return true;
}

/* The presence of one page of entrants: their numbers ascend, so each part is asked once. */
static enum outcome read_presence(struct call *call, uint64_t concert_id, struct entrant *entrants, size_t count)
{
    const redisReply *reply = NULL;
    uint64_t part = 0;

    for (size_t i = 0; i < count; i++) {
        if (reply == NULL || entrants[i].number / SEEN_PART_NUMBERS != part) {
            part = entrants[i].number / SEEN_PART_NUMBERS;
            reply = get_parts(call, concert_id, "early_seen", part, 1, 2 * SEEN_PART_NUMBERS);
            if (reply == NULL)
                return OUTCOME_UNAVAILABLE;
        }
        const redisReply *bytes = reply->element[0];
        size_t at = entrants[i].number % SEEN_PART_NUMBERS * 2;
        if (bytes->type == REDIS_REPLY_STRING && at + 1 < (size_t)bytes->len)
            entrants[i].present_until = (uint16_t)((uint8_t)bytes->str[at] << 8 | (uint8_t)bytes->str[at + 1]);
    }
    return OUTCOME_DONE;
}

static const char *early_part(struct call *call, uint64_t concert_id, uint64_t part)
{
    return part == 0 ? concert_key(call, concert_id, "early") : part_key(call, concert_id, "early", part);
}

static enum outcome read_part(struct call *call, uint64_t concert_id, uint64_t part, uint64_t after,
                              struct entrant *entrants, size_t *count)
{
    const char *above = must(talloc_asprintf(call->mem, "(%" PRIu64, after));
    const redisReply *reply =
        redis_command(call->store->redis, call->mem,
                      REDIS_TEXTS("ZRANGE", early_part(call, concert_id, part), above, "+inf", "BYSCORE", "LIMIT", "0",
                                  number_text(call, QUEUES_DRAW_READ_MAX), "WITHSCORES"));

    if (reply == NULL || !are_entrants(reply))
        return OUTCOME_UNAVAILABLE;
    *count = reply->elements / 2;
    for (size_t i = 0; i < *count; i++) {
        entrants[i] = (struct entrant){
            .account_id = (uint64_t)redis_reply_number(redis_reply_at(reply, 2 * i)),
            .number = (uint64_t)redis_reply_number(redis_reply_at(reply, 2 * i + 1)),
        };
        if (entrants[i].number <= after)
            return OUTCOME_UNAVAILABLE;
        after = entrants[i].number;
    }
    return OUTCOME_DONE;
}

enum outcome queues_draw_read(struct call *call, uint64_t concert_id, uint64_t after, uint64_t last,
                              struct entrant *entrants, size_t *count)
{
    enum outcome outcome = OUTCOME_DONE;

    *count = 0;
    for (uint64_t part = after / LINE_PART_NUMBERS; part <= last / LINE_PART_NUMBERS && *count == 0; part++) {
        outcome = read_part(call, concert_id, part, after, entrants, count);
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    return read_presence(call, concert_id, entrants, *count);
}

enum outcome queues_draw_place(struct call *call, uint64_t concert_id, const struct entrant *entrants, size_t count,
                               bool *drawn)
{
    const redisReply *reply;
    struct text *fans = text_new(call->mem, count * 32);

    assert(count <= QUEUES_DRAW_PLACE_MAX);
    for (size_t i = 0; i < count; i++)
        text_format(fans, "%" PRIu64 " %" PRIu64 " %u;", entrants[i].account_id, entrants[i].number,
                    (unsigned)entrants[i].present_until);
    enum outcome outcome = concert_script(call, concert_id, SCRIPT_QUEUES_DRAW_PLACE,
                                          REDIS_TEXTS("draw", "early", "wait", "seen", "served", "totals"),
                                          REDIS_TEXTS(fans->bytes), &reply);
    if (outcome == OUTCOME_DONE)
        *drawn = redis_reply_is(redis_reply_at(reply, 0), "drawn");
    return outcome;
}

static enum outcome count_early(struct call *call, uint64_t concert_id, uint64_t last, uint64_t *early)
{
    for (uint64_t part = 0; part <= last / LINE_PART_NUMBERS; part++) {
        const redisReply *count =
            redis_command(call->store->redis, call->mem, REDIS_TEXTS("ZCARD", early_part(call, concert_id, part)));
        if (count == NULL || count->type != REDIS_REPLY_INTEGER)
            return OUTCOME_UNAVAILABLE;
        *early += (uint64_t)count->integer;
    }
    return OUTCOME_DONE;
}

/*
 * Redis may have lost a part of the list alone; those who are in line know their numbers. Who left since the list was
 * frozen is in it and not in the line, so it is never the shorter one otherwise.
 */
static enum outcome mend_list(struct call *call, uint64_t concert_id, uint64_t last, uint8_t *list)
{
    struct entrant *page = must(talloc_array(call->mem, struct entrant, QUEUES_DRAW_READ_MAX));
    uint64_t listed = 0;
    uint64_t early = 0;
    uint64_t after = 0;
    size_t count;

    for (size_t i = 0; i <= last / 8; i++)
        listed += (uint64_t)__builtin_popcount(list[i]);
    enum outcome outcome = count_early(call, concert_id, last, &early);
    if (outcome != OUTCOME_DONE || listed >= early)
        return outcome;
    do {
        outcome = queues_draw_read(call, concert_id, after, last, page, &count);
        if (outcome != OUTCOME_DONE)
            return outcome;
        for (size_t i = 0; i < count; i++) {
            after = page[i].number;
            if (after <= last)
                list[after / 8] |= (uint8_t)(0x80 >> after % 8);
        }
    } while (count > 0);
    return OUTCOME_DONE;
}

enum outcome queues_draw_list(struct call *call, uint64_t concert_id, uint64_t last, uint8_t **list)
{
    size_t length = last / 8 + 1;
    uint64_t parts = last / LIST_PART_BITS + 1;

    *list = must(talloc_zero_size(call->mem, length + LIST_PART_BYTES));
    for (uint64_t part = 0; part < parts; part += PARTS_A_COMMAND) {
        size_t count = parts - part < PARTS_A_COMMAND ? parts - part : PARTS_A_COMMAND;
        const redisReply *reply = get_parts(call, concert_id, "entered", part, count, LIST_PART_BYTES);
        if (reply == NULL)
            return OUTCOME_UNAVAILABLE;
        for (size_t i = 0; i < count; i++)
            if (reply->element[i]->type == REDIS_REPLY_STRING)
                memcpy(*list + (part + i) * LIST_PART_BYTES, reply->element[i]->str, (size_t)reply->element[i]->len);
    }
    return mend_list(call, concert_id, last, *list);
}

/* What the draw needed no more; should this be lost, it only takes room. */
static void forget_parts(struct call *call, uint64_t concert_id, const char *noun, uint64_t parts)
{
    for (uint64_t part = 0; part < parts; part++)
        redis_command(call->store->redis, call->mem, REDIS_TEXTS("UNLINK", part_key(call, concert_id, noun, part)));
}

enum outcome queues_draw_finish(struct call *call, uint64_t concert_id, uint64_t last)
{
    const redisReply *reply;
    enum outcome outcome =
        concert_script(call, concert_id, SCRIPT_QUEUES_DRAW_FINISH, REDIS_TEXTS("draw", "early"), REDIS_NONE, &reply);

    if (outcome == OUTCOME_DONE) {
        forget_parts(call, concert_id, "entered", last / LIST_PART_BITS + 1);
        forget_parts(call, concert_id, "early_seen", last / SEEN_PART_NUMBERS + 1);
    }
    return outcome;
}

static const char *hex(struct call *call, const uint8_t bytes[DIGEST_BYTES])
{
    char *text = must(talloc_size(call->mem, DIGEST_BYTES * 2 + 1));

    secret_hex(bytes, DIGEST_BYTES, text);
    return text;
}

enum outcome queues_draw_publish(struct call *call, uint64_t concert_id, const struct draw *draw)
{
    const char *key = concert_key(call, concert_id, "draw");
    const redisReply *reply;

    if (draw->drawn_ms == 0)
        reply = redis_command(call->store->redis, call->mem,
                              REDIS_TEXTS("HSET", key, "commitment", hex(call, draw->commitment)));
    else
        reply = redis_command(call->store->redis, call->mem,
                              REDIS_TEXTS("HSET", key, "commitment", hex(call, draw->commitment), "seed",
                                          hex(call, draw->seed), "list_hash", hex(call, draw->list_hash), "last",
                                          number_text(call, draw->last_entry), "entrants",
                                          number_text(call, draw->entrants), "drawn_at_ms",
                                          number_text(call, (uint64_t)draw->drawn_ms)));
    return reply == NULL ? OUTCOME_UNAVAILABLE : OUTCOME_DONE;
}

static unsigned nibble(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static void read_hex(const redisReply *reply, uint8_t bytes[DIGEST_BYTES])
{
    const char *text = redis_reply_text(reply);

    if (strlen(text) == DIGEST_BYTES * 2)
        for (size_t i = 0; i < DIGEST_BYTES; i++)
            bytes[i] = (uint8_t)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
}

static enum outcome ask(struct call *call, uint64_t concert_id, const redisReply **reply)
{
    return concert_script(call, concert_id, SCRIPT_QUEUES_DRAW_SHOW, REDIS_TEXTS("draw", "early"), REDIS_NONE, reply);
}

/* Bring what MySQL says into Redis, and ask again. */
static enum outcome ask_mysql(struct call *call, uint64_t concert_id, const redisReply **reply)
{
    struct draw draw;
    enum outcome outcome = draws_find(call, concert_id, &draw);

    if (outcome == OUTCOME_DONE)
        outcome = queues_draw_publish(call, concert_id, &draw);
    return outcome == OUTCOME_DONE ? ask(call, concert_id, reply) : outcome;
}

/* Redis may have lost it, or come back with a file from before the draw. */
static bool may_know_too_little(const redisReply *reply)
{
    if (redis_reply_is(redis_reply_at(reply, 0), "unknown"))
        return true;
    return redis_reply_number(redis_reply_at(reply, 6)) == 0 && redis_reply_number(redis_reply_at(reply, 7)) == 1;
}

enum outcome queues_draw_show(struct call *call, uint64_t concert_id, struct shown_draw *shown)
{
    const redisReply *reply;
    enum outcome outcome = ask(call, concert_id, &reply);

    if (outcome == OUTCOME_DONE && may_know_too_little(reply))
        outcome = ask_mysql(call, concert_id, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (redis_reply_is(redis_reply_at(reply, 0), "unknown"))
        return OUTCOME_UNAVAILABLE;
    *shown = (struct shown_draw){
        .last_entry = (uint64_t)redis_reply_number(redis_reply_at(reply, 4)),
        .entrants = (uint64_t)redis_reply_number(redis_reply_at(reply, 5)),
        .drawn_ms = redis_reply_number(redis_reply_at(reply, 6)),
    };
    read_hex(redis_reply_at(reply, 1), shown->commitment);
    read_hex(redis_reply_at(reply, 2), shown->seed);
    read_hex(redis_reply_at(reply, 3), shown->list_hash);
    return OUTCOME_DONE;
}
