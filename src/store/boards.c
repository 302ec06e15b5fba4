#include "store/boards.h"

#include "store/concert_scripts.h"
#include "store/redis.h"

static uint64_t count_at(const redisReply *reply, size_t index)
{
    return (uint64_t)redis_reply_number(redis_reply_at(reply, index));
}

enum outcome boards_read(struct call *call, uint64_t concert_id, struct board *board)
{
    const redisReply *reply;
    enum sale sale;
    enum outcome outcome =
        concert_script(call, concert_id, SCRIPT_BOARDS_READ,
                       REDIS_TEXTS("wait", "admitted", "active", "seq", "served", "sold", "early", "away", "gate"),
                       REDIS_NONE, &reply);

    if (outcome != OUTCOME_DONE)
        return outcome;
    if (!sale_named(redis_reply_text(redis_reply_at(reply, 1)), &sale))
        return OUTCOME_UNAVAILABLE;
    *board = (struct board){
        .sale = sale,
        .serving = count_at(reply, 2),
        .last = count_at(reply, 3),
        .waiting = count_at(reply, 4),
        .active = count_at(reply, 5),
        .capacity = count_at(reply, 6),
        .rate_per_minute = count_at(reply, 7),
        .seats_left = count_at(reply, 8),
        .now_ms = (int64_t)count_at(reply, 9),
        .away = count_at(reply, 10),
        .flow_low = (double)count_at(reply, 11) / QUEUES_FLOW_SCALE,
        .flow_high = (double)count_at(reply, 12) / QUEUES_FLOW_SCALE,
        .numbers_from = count_at(reply, 13),
    };
    return OUTCOME_DONE;
}
