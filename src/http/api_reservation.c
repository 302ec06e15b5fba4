#include <inttypes.h>

#include "domain/cancellation.h"
#include "domain/concert.h"
#include "domain/reservation.h"
#include "http/handlers.h"

static void put_reservation(struct text *body, const struct reservation *reservation)
{
    const struct plan *plan = reservation->plan;
    const struct seat_place place = concert_seat(plan, reservation->seat);

    text_put(body, "\"reservation_number\":");
    text_json(body, reservation->reservation_number);
    text_format(body, ",\"concert_id\":%" PRIu64 ",\"title\":", plan->concert_id);
    text_json(body, plan->title);
    text_format(body, ",\"date\":\"%.4s-%.2s-%.2s\",\"seat\":%" PRIu32 ",\"section\":", plan->date, plan->date + 4,
                plan->date + 6, reservation->seat);
    text_json(body, place.section->section);
    text_format(body, ",\"row\":%" PRIu32 ",\"number\":%" PRIu32 ",\"price\":%" PRId64 ",\"state\":\"%s\",\"paid_at\":",
                place.row, place.number, reservation->price, reservation->cancelled_ms == 0 ? "paid" : "cancelled");
    text_json_time(body, reservation->paid_ms);
    text_put(body, ",\"cancelled_at\":");
    text_json_time(body, reservation->cancelled_ms);
    text_put(body, ",\"used_at\":");
    text_json_time(body, reservation->used_ms);
    text_put(body, ",\"venue\":");
    text_json(body, plan->venue);
    text_put(body, ",\"time_zone\":");
    text_json(body, plan->time_zone);
    text_put(body, ",\"starts_at\":");
    text_json_time(body, plan->starts_ms);
}

enum outcome get_reservation(struct request *request, struct response *response)
{
    struct reservation reservation;
    enum outcome outcome = reservation_read(&request->call, request->path_args[0], &reservation);

    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(response->body, "{");
    put_reservation(response->body, &reservation);
    text_put(response->body, "}\n");
    return OUTCOME_DONE;
}

enum outcome get_operator_reservation(struct request *request, struct response *response)
{
    struct text *body = response->body;
    struct reservation reservation;
    struct account owner;
    enum outcome outcome = reservation_find(&request->call, request->path_args[0], &reservation, &owner);

    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(body, "{");
    put_reservation(body, &reservation);
    text_format(body, ",\"account_id\":%" PRIu64 ",\"email\":", owner.account_id);
    text_json(body, owner.email);
    text_put(body, ",\"name\":");
    text_json(body, owner.name);
    text_put(body, "}\n");
    return OUTCOME_DONE;
}

enum outcome get_reservations(struct request *request, struct response *response)
{
    struct reservation *reservations;
    size_t count;
    size_t limit;
    uint64_t before;
    enum outcome outcome = request_page(request, &limit, &before);

    if (outcome == OUTCOME_DONE)
        outcome = reservation_list(&request->call, before, limit + 1, &reservations, &count);
    if (outcome != OUTCOME_DONE)
        return outcome;
    bool more = count > limit;
    text_put(response->body, "{\"reservations\":[");
    for (size_t i = 0; i < (more ? limit : count); i++) {
        text_put(response->body, i == 0 ? "{" : ",{");
        put_reservation(response->body, &reservations[i]);
        text_put(response->body, "}");
    }
    if (more)
        text_format(response->body, "],\"next_cursor\":\"%" PRIu64 "\"}\n", reservations[limit - 1].reservation_id);
    else
        text_put(response->body, "],\"next_cursor\":null}\n");
    return OUTCOME_DONE;
}

enum outcome delete_reservation(struct request *request, struct response *response)
{
    const char *receipt;
    enum outcome outcome = cancellation_make(&request->call, request->path_args[0], &receipt);

    if (outcome == OUTCOME_DONE)
        text_format(response->body, "%s\n", receipt);
    return outcome;
}
