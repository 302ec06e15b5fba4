#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "base/base64.h"
#include "base/must.h"
#include "domain/best_seats.h"
#include "domain/seat.h"
#include "http/handlers.h"

#define SHARED_FOR_A_SECOND "Cache-Control: public, max-age=1, stale-while-revalidate=1\r\n"

static const struct field seat_field[] = {
    {"seat", FIELD_NUMBER, REQUIRED, 1, CONCERT_SEATS_MAX, NULL},
    {0},
};

static const struct field best_fields[] = {
    {"count", FIELD_NUMBER, REQUIRED, 1, SEATS_PER_CALL_MAX, NULL},
    {"grade", FIELD_TEXT, OPTIONAL, 1, 32, NULL},
    {0},
};

const struct field holds_fields[] = {
    {"seats", FIELD_NUMBERS, OPTIONAL, 1, SEATS_PER_CALL_MAX, seat_field},
    {"best", FIELD_OBJECT, OPTIONAL, 0, 0, best_fields},
    {0},
};

/* ---- the hall ---- */

/* Two bits a seat, seat 1 in the two lowest bits of the first byte. */
static void put_bits(struct text *body, const struct call *call, const struct seat_states *states)
{
    size_t length = (states->total + 3) / 4;
    uint8_t *bits = must(talloc_zero_size(call->mem, length + 1));

    for (uint32_t seat = 1; seat <= states->total; seat++)
        bits[(seat - 1) / 4] |= (uint8_t)(states->state[seat] << (seat - 1) % 4 * 2);
    text_put(body, ",\"state\":\"");
    base64_put(body, bits, length);
    text_put(body, "\"}");
}

static void put_available(struct text *body, const struct seat_states *states)
{
    const char *comma = "";

    text_put(body, ",\"available\":[");
    for (uint32_t seat = 1; seat <= states->total; seat++) {
        if (states->state[seat] != SEAT_FREE)
            continue;
        text_put(body, comma);
        text_number(body, seat);
        comma = ",";
    }
    text_put(body, "]}");
}

/* A cache on the way may have weakened our tag to W/"…"; for a GET that is the same (RFC 9110, 13.1.2). */
static bool is_known(const struct request *request, const char *etag)
{
    return strcmp(request->if_none_match, "*") == 0 || strstr(request->if_none_match, etag) != NULL;
}

static enum outcome read_format(struct request *request, bool *list)
{
    const char *format = request_parameter(request, "format");

    *list = format != NULL && strcmp(format, "list") == 0;
    return format == NULL || *list ? OUTCOME_DONE : call_refuse_field(&request->call, "format", "It can be list.");
}

enum outcome get_seats(struct request *request, struct response *response)
{
    uint64_t concert_id;
    struct seat_states states;
    bool list;
    enum outcome outcome = request_path_id(request, 0, &concert_id);

    if (outcome == OUTCOME_DONE)
        outcome = read_format(request, &list);
    if (outcome == OUTCOME_DONE)
        outcome = seat_states(&request->call, concert_id, &states);
    if (outcome != OUTCOME_DONE)
        return outcome;
    const char *etag = must(talloc_asprintf(request->call.mem, "\"%s%s\"", states.mark, list ? "-list" : ""));
    text_format(response->headers, "ETag: %s\r\n" SHARED_FOR_A_SECOND, etag);
    if (is_known(request, etag)) {
        response->status = 304;
        return OUTCOME_DONE;
    }
    text_format(response->body, "{\"version\":%" PRIu64 ",\"total\":%" PRIu32, states.version, states.total);
    if (list)
        put_available(response->body, &states);
    else
        put_bits(response->body, &request->call, &states);
    return OUTCOME_DONE;
}

/* ---- holds ---- */

static void put_seat(struct text *body, const struct held_seat *seat)
{
    text_format(body, "\"reservation_number\":\"%s\",\"seat\":%" PRIu32 ",\"section\":", seat->reservation_number,
                seat->seat);
    text_json(body, seat->place.section->section);
    text_format(body, ",\"row\":%" PRIu32 ",\"number\":%" PRIu32 ",\"grade\":", seat->place.row, seat->place.number);
    text_json(body, seat->place.grade->grade);
    text_format(body, ",\"price\":%" PRId64 ",\"expires_at\":", seat->place.grade->price);
    text_json_time(body, seat->ends_ms);
}

static void put_basket(struct text *body, const struct basket *basket)
{
    text_put(body, "{\"holds\":[");
    for (size_t i = 0; i < basket->count; i++) {
        text_put(body, i == 0 ? "{" : ",{");
        put_seat(body, &basket->seat[i]);
        text_put(body, "}");
    }
    text_format(body, "],\"amount\":%" PRId64 ",\"expires_at\":", basket->amount);
    text_json_time(body, basket->expires_ms);
    text_put(body, ",\"server_now\":");
    text_json_time(body, basket->now_ms);
    text_put(body, "}");
}

static enum outcome hold_these(struct request *request, uint64_t concert_id, struct basket *basket)
{
    struct json_object *list = json_object_object_get(request->body, "seats");
    size_t count = json_object_array_length(list);
    uint32_t seats[SEATS_PER_CALL_MAX];

    for (size_t i = 0; i < count; i++)
        seats[i] = (uint32_t)json_object_get_int(json_object_array_get_idx(list, i));
    return seat_hold(&request->call, concert_id, seats, count, basket);
}

static enum outcome hold_best(struct request *request, uint64_t concert_id, struct basket *basket)
{
    struct json_object *best = json_object_object_get(request->body, "best");
    struct json_object *grade = json_object_object_get(best, "grade");
    size_t count = (size_t)json_object_get_int(json_object_object_get(best, "count"));

    return seat_hold_best(&request->call, concert_id, count, json_object_get_string(grade), basket);
}

enum outcome post_holds(struct request *request, struct response *response)
{
    bool named = request_has(request, "seats");
    uint64_t concert_id;
    struct basket basket;
    enum outcome outcome = request_path_id(request, 0, &concert_id);

    if (outcome != OUTCOME_DONE)
        return outcome;
    if (named == request_has(request, "best"))
        return call_refuse_field(&request->call, "seats", "Name seats, or ask for the best; one of the two.");
    outcome = named ? hold_these(request, concert_id, &basket) : hold_best(request, concert_id, &basket);
    if (outcome == OUTCOME_DONE)
        put_basket(response->body, &basket);
    return outcome;
}

enum outcome get_holds(struct request *request, struct response *response)
{
    uint64_t concert_id;
    struct basket basket;
    enum outcome outcome = request_path_id(request, 0, &concert_id);

    if (outcome == OUTCOME_DONE)
        outcome = seat_held(&request->call, concert_id, &basket);
    if (outcome == OUTCOME_DONE)
        put_basket(response->body, &basket);
    return outcome;
}

enum outcome post_holds_extend(struct request *request, struct response *response)
{
    uint64_t concert_id;
    int64_t expires_ms;
    int64_t now_ms;
    enum outcome outcome = request_path_id(request, 0, &concert_id);

    if (outcome == OUTCOME_DONE)
        outcome = seat_extend(&request->call, concert_id, &expires_ms, &now_ms);
    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(response->body, "{\"expires_at\":");
    text_json_time(response->body, expires_ms);
    text_put(response->body, ",\"server_now\":");
    text_json_time(response->body, now_ms);
    text_put(response->body, "}");
    return OUTCOME_DONE;
}

enum outcome delete_hold(struct request *request, struct response *response)
{
    (void)response;
    return seat_release(&request->call, request->path_args[0]);
}

/* ---- everybody's, for operators ---- */

enum outcome get_operator_holds(struct request *request, struct response *response)
{
    struct text *body = response->body;
    struct hold_page page;
    uint64_t concert_id;
    uint64_t after;
    size_t limit;
    enum outcome outcome = request_path_id(request, 0, &concert_id);

    if (outcome == OUTCOME_DONE)
        outcome = request_page(request, &limit, &after);
    if (outcome == OUTCOME_DONE)
        outcome = seat_hold_page(&request->call, concert_id, after, limit, &page);
    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(body, "{\"holds\":[");
    for (size_t i = 0; i < page.count; i++) {
        text_put(body, i == 0 ? "{" : ",{");
        put_seat(body, &page.row[i].seat);
        text_format(body, ",\"account_id\":%" PRIu64 ",\"email\":", page.row[i].owner.account_id);
        text_json(body, page.row[i].owner.email);
        text_put(body, "}");
    }
    text_put(body, "],\"next_cursor\":");
    if (page.next == 0)
        text_put(body, "null");
    else
        text_format(body, "\"%" PRIu64 "\"", page.next);
    text_put(body, ",\"server_now\":");
    text_json_time(body, page.now_ms);
    text_put(body, "}\n");
    return OUTCOME_DONE;
}

enum outcome delete_operator_hold(struct request *request, struct response *response)
{
    const char *account = request_parameter(request, "account_id");
    uint64_t account_id = 0;

    (void)response;
    if (account != NULL && (!text_to_u64(account, strlen(account), INT64_MAX, &account_id) || account_id == 0))
        return call_refuse_field(&request->call, "account_id", "It is the number of an account.");
    return seat_take_back(&request->call, request->path_args[0], account_id);
}
