#include <inttypes.h>
#include <string.h>

#include "domain/concert.h"
#include "http/concert_json.h"
#include "http/handlers.h"

enum { LAYOUT_BYTES_A_SEAT = 48 };

enum outcome get_concerts(struct request *request, struct response *response)
{
    struct concert *concerts;
    size_t count;
    size_t limit;
    uint64_t before;

    enum outcome outcome = request_page(request, &limit, &before);
    if (outcome == OUTCOME_DONE)
        outcome = concert_list(&request->call, before, limit + 1, &concerts, &count);
    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(response->headers, "Cache-Control: public, max-age=1, stale-while-revalidate=1\r\n");
    text_put(response->body, "{\"concerts\":[");
    for (size_t i = 0; i < count && i < limit; i++) {
        text_put(response->body, i == 0 ? "{" : ",{");
        put_concert(response->body, &request->call, &concerts[i]);
        text_put(response->body, "}");
    }
    text_put(response->body, "],\"server_now\":");
    text_json_time(response->body, request->call.now_ms);
    text_put(response->body, ",");
    put_next_cursor(response->body, concerts, count, limit);
    return OUTCOME_DONE;
}

enum outcome get_concert(struct request *request, struct response *response)
{
    struct concert concert;
    uint64_t concert_id;

    enum outcome outcome = request_path_id(request, 0, &concert_id);
    if (outcome == OUTCOME_DONE)
        outcome = concert_read(&request->call, concert_id, &concert);
    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(response->headers, "Cache-Control: public, max-age=1, stale-while-revalidate=1\r\n");
    text_put(response->body, "{");
    put_concert(response->body, &request->call, &concert);
    text_put(response->body, ",");
    put_grades(response->body, concert.plan);
    text_put(response->body, ",");
    put_limits(response->body, &concert);
    text_put(response->body, ",\"server_now\":");
    text_json_time(response->body, request->call.now_ms);
    text_put(response->body, "}\n");
    return OUTCOME_DONE;
}

/*
 * Seats stand on a grid: sections one below the other with an aisle between them, each centred. The
 * coordinates are in units of one seat.
 */
static uint32_t widest_row(const struct plan *plan)
{
    uint32_t widest = 0;

    for (size_t i = 0; i < plan->sections_count; i++)
        if (plan->sections[i].seats_per_row > widest)
            widest = plan->sections[i].seats_per_row;
    return widest;
}

static void put_seats(struct text *body, const struct plan *plan, const struct section *section, uint32_t top,
                      uint32_t left)
{
    uint32_t seat = section->first_seat;

    for (uint32_t row = 0; row < section->rows; row++)
        for (uint32_t number = 0; number < section->seats_per_row; number++, seat++) {
            text_format(body, "%s{\"seat\":%" PRIu32 ",\"section\":", seat == section->first_seat ? "" : ",", seat);
            text_json(body, section->section);
            text_format(body, ",\"row\":%" PRIu32 ",\"number\":%" PRIu32 ",\"grade\":", row + 1, number + 1);
            text_json(body, plan->grades[section->grade].grade);
            text_format(body, ",\"x\":%" PRIu32 ",\"y\":%" PRIu32 "}", left + number, top + row);
        }
}

static void put_section(struct text *body, const struct plan *plan, const struct section *section, uint32_t top,
                        uint32_t left)
{
    text_put(body, "{\"section\":");
    text_json(body, section->section);
    text_put(body, ",\"grade\":");
    text_json(body, plan->grades[section->grade].grade);
    text_format(body,
                ",\"first_seat\":%" PRIu32 ",\"rows\":%" PRIu32 ",\"seats_per_row\":%" PRIu32 ",\"x\":%" PRIu32
                ",\"y\":%" PRIu32 ",\"seats\":[",
                section->first_seat, section->rows, section->seats_per_row, left, top);
    put_seats(body, plan, section, top, left);
    text_put(body, "]}");
}

enum outcome get_layout(struct request *request, struct response *response)
{
    enum { AISLE = 2 };
    const struct plan *plan;
    uint64_t concert_id;
    uint32_t top = 0;

    enum outcome outcome = request_path_id(request, 0, &concert_id);
    if (outcome == OUTCOME_DONE)
        outcome = concert_plan(&request->call, concert_id, &plan);
    if (outcome != OUTCOME_DONE)
        return outcome;
    uint32_t width = widest_row(plan);
    struct text *body = text_new(request->call.mem, (size_t)plan->seats_total * LAYOUT_BYTES_A_SEAT * 2);
    response->body = body;
    text_put(response->headers, "Cache-Control: public, max-age=86400, immutable\r\n");
    text_format(body, "{\"concert_id\":%" PRIu64 ",\"version\":1,\"seats_total\":%" PRIu32 ",", concert_id,
                plan->seats_total);
    put_grades(body, plan);
    text_format(body, ",\"width\":%" PRIu32 ",\"sections\":[", width);
    for (size_t i = 0; i < plan->sections_count; i++) {
        const struct section *section = &plan->sections[i];
        text_put(body, i == 0 ? "" : ",");
        put_section(body, plan, section, top, (width - section->seats_per_row) / 2);
        top += section->rows + AISLE;
    }
    text_format(body, "],\"height\":%" PRIu32 "}\n", top - AISLE);
    return OUTCOME_DONE;
}
