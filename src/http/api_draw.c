#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "base/secret.h"
#include "domain/draw.h"
#include "domain/shuffle.h"
#include "http/handlers.h"

#define SHARED_FOR_A_SECOND "Cache-Control: public, max-age=1, stale-while-revalidate=1\r\n"

static void put_digest(struct text *body, const char *name, const uint8_t digest[DIGEST_BYTES])
{
    char hex[DIGEST_BYTES * 2 + 1];

    secret_hex(digest, DIGEST_BYTES, hex);
    text_format(body, "\"%s\":\"%s\"", name, hex);
}

static void put_draw(struct text *body, const struct shown_draw *draw)
{
    text_put(body, "{");
    put_digest(body, "commitment", draw->commitment);
    text_format(body, ",\"algorithm\":\"" SHUFFLE_ALGORITHM "\",\"entrants\":%" PRIu64 ",", draw->entrants);
    if (draw->drawn_ms == 0) {
        text_put(body, "\"seed\":null,\"entrants_hash\":null,\"last_entry\":null,\"drawn_at\":null");
        return;
    }
    put_digest(body, "seed", draw->seed);
    text_put(body, ",");
    put_digest(body, "entrants_hash", draw->list_hash);
    text_format(body, ",\"last_entry\":%" PRIu64 ",\"drawn_at\":", draw->last_entry);
    text_json_time(body, draw->drawn_ms);
}

/* Bit n (0x80 >> n % 8 of byte n / 8) is entry number n. */
static enum outcome put_list(struct request *request, uint64_t concert_id, struct text *body)
{
    const uint8_t *list;
    size_t length;
    enum outcome outcome = draw_list(&request->call, concert_id, &list, &length);

    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(body, ",\"list\":\"");
    base64_put(body, list, length);
    text_put(body, "\"");
    return OUTCOME_DONE;
}

static enum outcome read_format(struct request *request, bool *list)
{
    const char *format = request_parameter(request, "format");

    *list = format != NULL && strcmp(format, "list") == 0;
    return format == NULL || *list ? OUTCOME_DONE : call_refuse_field(&request->call, "format", "It can be list.");
}

enum outcome get_draw(struct request *request, struct response *response)
{
    uint64_t concert_id;
    struct shown_draw draw;
    bool list;
    enum outcome outcome = request_path_id(request, 0, &concert_id);

    if (outcome == OUTCOME_DONE)
        outcome = read_format(request, &list);
    if (outcome == OUTCOME_DONE)
        outcome = draw_show(&request->call, concert_id, &draw);
    if (outcome != OUTCOME_DONE)
        return outcome;
    put_draw(response->body, &draw);
    if (list && draw.drawn_ms == 0)
        text_put(response->body, ",\"list\":null");
    else if (list)
        outcome = put_list(request, concert_id, response->body);
    text_put(response->body, "}");
    text_put(response->headers, SHARED_FOR_A_SECOND);
    return outcome;
}
