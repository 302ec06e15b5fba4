/*
 * Tickets: a QR code for the fan's phone, and the door's question about what it read there.
 */
#include <inttypes.h>
#include <qrencode.h>

#include "base/must.h"
#include "domain/concert.h"
#include "domain/ticket.h"
#include "http/handlers.h"

enum { QUIET_MODULES = 4, TICKET_CHARACTERS_MAX = 300, ANY_VERSION = 0 };

/* A larger number than fits is read as INT64_MAX, so that one is out of range, too. */
/* clang-format off */
const struct field ticket_fields[] = {
    { "ticket",     FIELD_TEXT,   REQUIRED, 1, TICKET_CHARACTERS_MAX, NULL },
    { "concert_id", FIELD_NUMBER, NULLABLE, 1, INT64_MAX - 1,         NULL },
    { NULL },
};
/* clang-format on */

/* Dark modules, joined to runs along each row: a module is the byte's lowest bit. */
static void put_modules(struct text *body, const QRcode *code)
{
    for (int row = 0; row < code->width; row++)
        for (int column = 0, run; column < code->width; column += run) {
            const unsigned char *at = code->data + row * code->width + column;
            for (run = 1; column + run < code->width && (at[run] & 1) == (at[0] & 1); run++)
                ;
            if ((at[0] & 1) != 0)
                text_format(body, "M%d %dh%dv1h-%dz", column + QUIET_MODULES, row + QUIET_MODULES, run, run);
        }
}

enum outcome get_ticket(struct request *request, struct response *response)
{
    struct text *body = response->body;
    const char *ticket;
    enum outcome outcome = ticket_make(&request->call, request->path_args[0], &ticket);

    if (outcome != OUTCOME_DONE)
        return outcome;
    QRcode *code = must(QRcode_encodeString8bit(ticket, ANY_VERSION, QR_ECLEVEL_M));
    int side = code->width + 2 * QUIET_MODULES;
    response->content_type = "image/svg+xml";
    text_format(body,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 %d %d\" "
                "shape-rendering=\"crispEdges\"><title>%s</title><path fill=\"#fff\" d=\"M0 0h%dv%dh-%dz\"/>"
                "<path d=\"",
                side, side, request->path_args[0], side, side, side);
    put_modules(body, code);
    text_put(body, "\"/></svg>\n");
    QRcode_free(code);
    return OUTCOME_DONE;
}

static const char *reason_of(const struct ticket_check *check)
{
    switch (check->verdict) {
    case TICKET_VALID: return "null";
    case TICKET_USED: return "\"used\"";
    case TICKET_CANCELLED: return "\"cancelled\"";
    case TICKET_ELSEWHERE: return "\"another_concert\"";
    case TICKET_UNKNOWN: return "\"unknown\"";
    }
    return "null";
}

static void put_where(struct text *body, const struct reservation *reservation)
{
    const struct plan *plan = reservation->plan;
    const struct seat_place place = concert_seat(plan, reservation->seat);

    text_format(body, ",\"concert_id\":%" PRIu64 ",\"title\":", plan->concert_id);
    text_json(body, plan->title);
    text_format(body, ",\"date\":\"%.4s-%.2s-%.2s\",\"section\":", plan->date, plan->date + 4, plan->date + 6);
    text_json(body, place.section->section);
    text_format(body, ",\"row\":%" PRIu32 ",\"number\":%" PRIu32 ",\"seat\":%" PRIu32, place.row, place.number,
                reservation->seat);
}

/* Whatever was read, a door gets an answer that it can show; of an unknown ticket there is nothing more to say. */
enum outcome post_ticket_verify(struct request *request, struct response *response)
{
    struct text *body = response->body;
    struct ticket_check check;
    uint64_t concert_id = request_has(request, "concert_id") ? (uint64_t)request_number(request, "concert_id") : 0;
    enum outcome outcome = ticket_use(&request->call, request_text(request, "ticket"), concert_id, &check);

    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(body, "{\"reservation_number\":");
    if (check.verdict == TICKET_UNKNOWN)
        text_put(body, "null");
    else
        text_json(body, check.reservation.reservation_number);
    text_format(body, ",\"valid\":%s,\"reason\":%s,\"used_at\":", check.verdict == TICKET_VALID ? "true" : "false",
                reason_of(&check));
    text_json_time(body, check.reservation.used_ms);
    if (check.verdict != TICKET_UNKNOWN)
        put_where(body, &check.reservation);
    text_put(body, "}\n");
    return OUTCOME_DONE;
}
