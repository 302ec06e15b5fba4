/* Small readers: paths, queries, times, reservation numbers, numbers. The input is the text. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/text.h"
#include "domain/reservation_number.h"
#include "http/route.h"
#include "http/uri.h"
#include "tests/fuzz/fuzz.h"

void fuzz_start(void)
{
}

static void check_uri(void *mem, const char *text)
{
    size_t length = strlen(text);

    for (int query = 0; query <= 1; query++) {
        const char *decoded = uri_decode(mem, text, length, query);
        assert(decoded == NULL || (strlen(decoded) <= length && text_is_utf8(decoded, strlen(decoded))));
    }
    const char *value = uri_parameter(mem, text, "limit");
    assert(value == NULL || uri_has_parameter(text, "limit"));
}

/* Whoever is found by a path gives all the arguments that it has places for. */
static void check_route(void *mem, const char *path)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", ""};

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        const struct route *route = NULL;
        const char *path_args[PATH_ARGS_MAX] = {0};
        const char *allow = NULL;
        enum outcome outcome = route_find(mem, methods[i], path, &route, path_args, &allow);
        assert((outcome == OUTCOME_METHOD_NOT_ALLOWED) == (allow != NULL) &&
               (outcome == OUTCOME_DONE) == (route != NULL));
        if (outcome == OUTCOME_DONE && strstr(route->path, "{}") != NULL)
            assert(path_args[0] != NULL && path_args[0][0] != '\0');
    }
}

static void check_time(const char *text)
{
    int64_t unix_ms;
    int64_t again;
    char written[CLOCK_TEXT_SIZE];

    if (!clock_from_text(text, &unix_ms))
        return;
    clock_to_text(unix_ms, written);
    assert(clock_from_text(written, &again) && again == unix_ms);
}

static void check_number(void *mem, const char *text)
{
    char date[CLOCK_DATE_SIZE];
    uint64_t concert_id;
    uint32_t seat;
    uint64_t number;

    if (reservation_number_read(text, date, &concert_id, &seat))
        assert(strcmp(reservation_number_text(mem, date, concert_id, seat), text) == 0);
    if (text_to_u64(text, strlen(text), INT64_MAX, &number)) {
        char written[32];
        snprintf(written, sizeof(written), "%" PRIu64, number);
        assert(strcmp(written, text) == 0);
    }
}

void fuzz_one(const uint8_t *bytes, size_t size)
{
    void *mem = must(talloc_new(NULL));
    const char *text = fuzz_text(mem, bytes, size);

    check_uri(mem, text);
    check_route(mem, text);
    check_time(text);
    check_number(mem, text);
    struct text *json = text_new(mem, 16);
    text_json(json, text);
    assert(text_is_utf8(json->bytes, json->length));
    talloc_free(mem);
}
