#include <inttypes.h>

#include "domain/board.h"
#include "domain/queue.h"
#include "http/handlers.h"

enum { TICKET_BYTES_MAX = 300 };

const struct field queue_fields[] = {
    {"ticket", FIELD_TEXT, OPTIONAL, 1, TICKET_BYTES_MAX, NULL},
    {0},
};

/* The documents that all fans share: browsers may keep them for the second that nginx does. */
#define SHARED_FOR_A_SECOND "Cache-Control: public, max-age=1, stale-while-revalidate=1\r\n"

static void put_polls(struct text *body)
{
    for (size_t i = 0; i < board_polls_count; i++)
        text_format(body, "%s{\"ahead\":%" PRIu64 ",\"ms\":%" PRId64 "}", i == 0 ? "" : ",", board_polls[i].ahead,
                    board_polls[i].ms);
}

/* With this a page works out the range of its own wait between two questions of its own. */
static void put_flow(struct text *body, const struct board *board)
{
    if (board->flow_low > 0)
        text_format(body, ",\"flow\":{\"low_per_minute\":%.3f,\"high_per_minute\":%.3f}", board->flow_low,
                    board->flow_high);
    else
        text_put(body, ",\"flow\":null");
}

static void put_board(struct text *body, const struct board *board)
{
    text_format(body,
                "{\"state\":\"%s\",\"serving\":%" PRIu64 ",\"last\":%" PRIu64 ",\"waiting\":%" PRIu64
                ",\"active\":%" PRIu64 ",\"capacity\":%" PRIu64 ",\"rate_per_minute\":",
                board_state(board), board->serving, board->last, board->waiting, board->active, board->capacity);
    if (board->rate_per_minute == 0)
        text_put(body, "null");
    else
        text_number(body, (int64_t)board->rate_per_minute);
    text_format(body, ",\"seats_left\":%" PRIu64 ",\"away\":%" PRIu64, board->seats_left, board->away);
    put_flow(body, board);
    text_put(body, ",\"poll\":[");
    put_polls(body);
    text_format(body, "],\"numbers_from\":%" PRIu64 ",\"server_now\":", board->numbers_from);
    text_json_time(body, board->now_ms);
    text_put(body, "}");
}

enum outcome get_board(struct request *request, struct response *response)
{
    uint64_t concert_id;
    struct board board;
    enum outcome outcome = request_path_id(request, 0, &concert_id);

    if (outcome == OUTCOME_DONE)
        outcome = board_read(&request->call, concert_id, &board);
    if (outcome != OUTCOME_DONE)
        return outcome;
    put_board(response->body, &board);
    text_put(response->headers, SHARED_FOR_A_SECOND);
    return OUTCOME_DONE;
}

static void put_estimate(struct text *body, const struct queue_place *own)
{
    text_put(body, ",\"estimate\":");
    if (own->has_estimate)
        text_format(body, "{\"low_s\":%" PRId64 ",\"high_s\":%" PRId64 "}", own->low_s, own->high_s);
    else
        text_put(body, "null");
    text_put(body, ",\"estimate_reason\":");
    if (own->estimate_reason == NULL)
        text_put(body, "null");
    else
        text_json(body, own->estimate_reason);
}

static void put_place(struct text *body, const struct queue_place *own)
{
    const struct place *place = &own->place;

    text_format(body, "{\"state\":\"%s\"", queue_state(place));
    if (place->state != PLACE_NONE) {
        text_format(body, ",\"number\":%" PRIu64 ",\"ahead\":%" PRIu64 ",\"early\":%s", place->number, place->ahead,
                    place->is_early ? "true" : "false");
        put_estimate(body, own);
        /* A ticket is base64url: nothing in it wants escaping. */
        text_format(body, ",\"next_poll_ms\":%" PRId64 ",\"ticket\":\"%s\",\"expires_at\":", own->next_poll_ms,
                    own->ticket);
        text_json_time(body, place->deadline_ms);
    }
    text_put(body, ",\"server_now\":");
    text_json_time(body, place->now_ms);
    text_put(body, "}");
}

enum outcome post_queue(struct request *request, struct response *response)
{
    uint64_t concert_id;
    struct queue_place own;
    enum outcome outcome = request_path_id(request, 0, &concert_id);

    if (outcome == OUTCOME_DONE)
        outcome = queue_join(&request->call, concert_id, request_text(request, "ticket"), &own);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (own.place.is_new)
        response->status = 201;
    put_place(response->body, &own);
    return OUTCOME_DONE;
}

enum outcome get_queue(struct request *request, struct response *response)
{
    uint64_t concert_id;
    struct queue_place own;
    enum outcome outcome = request_path_id(request, 0, &concert_id);

    if (outcome == OUTCOME_DONE)
        outcome = queue_find(&request->call, concert_id, &own);
    if (outcome == OUTCOME_DONE)
        put_place(response->body, &own);
    return outcome;
}

enum outcome delete_queue(struct request *request, struct response *response)
{
    uint64_t concert_id;
    enum outcome outcome = request_path_id(request, 0, &concert_id);

    (void)response;
    return outcome == OUTCOME_DONE ? queue_leave(&request->call, concert_id) : outcome;
}
