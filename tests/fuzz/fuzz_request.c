/*
 * A whole request, from its FastCGI parameters to its answer. The input: a byte of MySQL's mood, lines NAME=VALUE, an
 * empty line, the body, a line "--", what Redis answers.
 */
#include <assert.h>
#include <ctype.h>
#include <fcgiapp.h>
#include <json-c/json_tokener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/text.h"
#include "http/dispatch.h"
#include "tests/fuzz/fuzz.h"

enum { PARAMETERS_MAX = 32, ANSWER_BYTES_MAX = 1 << 20 };

struct parts {
    char *parameters[PARAMETERS_MAX + 1];
    char *body;
    size_t body_length;
};

static unsigned char answer[ANSWER_BYTES_MAX];

void fuzz_start(void)
{
    fuzz_ticket();
    fuzz_entrance();
    fuzz_token(ROLE_FAN);
}

static void end_of_input(struct FCGX_Stream *stream)
{
    stream->isClosed = 1;
}

static void too_long(struct FCGX_Stream *stream, int closing)
{
    (void)stream;
    (void)closing;
    abort();
}

/* The text is cut where the line ends; what is behind it. */
static char *next_line(char *text)
{
    char *end = strchr(text, '\n');

    if (end == NULL)
        return text + strlen(text);
    *end = '\0';
    return end + 1;
}

static void split(char *text, struct parts *parts)
{
    size_t count = 0;

    while (*text != '\0' && *text != '\n') {
        char *line = text;
        text = next_line(text);
        if (strchr(line, '=') != NULL && count < PARAMETERS_MAX)
            parts->parameters[count++] = line;
    }
    parts->body = *text == '\n' ? text + 1 : text;
    parts->body_length = strlen(parts->body);
}

static const char *parameter(struct parts *parts, const char *name)
{
    const char *value = FCGX_GetParam(name, parts->parameters);

    return value == NULL ? "" : value;
}

/* As nginx does, the pool is chosen by the path. */
static enum pool pool_of(const void *mem, struct parts *parts)
{
    const char *uri = parameter(parts, "REQUEST_URI");
    const char *path = must(talloc_strndup(mem, uri, strcspn(uri, "?")));
    const char *path_args[PATH_ARGS_MAX];
    const struct route *route;
    const char *allow;

    return route_find(mem, parameter(parts, "REQUEST_METHOD"), path, &route, path_args, &allow) == OUTCOME_DONE
               ? route->pool
               : POOL_FAST;
}

/* "Name: value" with nothing that could begin another line. */
static void check_header(const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);

    assert(colon != NULL && colon > line);
    for (const char *at = line; at < colon; at++)
        assert(isalnum((unsigned char)*at) || *at == '-');
    for (const char *at = colon; at < line + length; at++)
        assert((unsigned char)*at >= 0x20 && *at != 0x7f);
}

static void check_body(const char *head, const char *body, size_t length)
{
    const char *announced = strstr(head, "Content-Length: ");

    if (announced == NULL) {
        assert(length == 0);
        return;
    }
    assert(strtoul(announced + strlen("Content-Length: "), NULL, 10) == length);
    if (strstr(head, "json\r\n") == NULL)
        return;
    struct json_tokener *tokener = json_tokener_new();
    json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *object = json_tokener_parse_ex(tokener, body, (int)length);
    assert(json_object_is_type(object, json_type_object));
    json_object_put(object);
    json_tokener_free(tokener);
}

static void check_answer(const char *text, size_t length)
{
    const char *end = memmem(text, length, "\r\n\r\n", 4);

    assert(end != NULL && strncmp(text, "Status: ", 8) == 0);
    int status = atoi(text + 8);
    assert(status >= 200 && status < 600 && status != 500);
    for (const char *line = text; line < end + 2;) {
        const char *line_end = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
        check_header(line, (size_t)(line_end - line));
        line = line_end + 2;
    }
    char *head = must(strndup(text, (size_t)(end + 2 - text)));
    check_body(head, end + 4, length - (size_t)(end + 4 - text));
    free(head);
}

static void ask(struct parts *parts, void *mem)
{
    _Atomic uint64_t busy = 0;
    struct desk desk = {
        .store = fuzz_store(), .pool = pool_of(mem, parts), .mem = must(talloc_new(NULL)), .busy = &busy};
    unsigned char *body = (unsigned char *)parts->body;
    struct FCGX_Stream in = {.rdNext = body,
                             .stop = body + parts->body_length,
                             .stopUnget = body,
                             .isReader = 1,
                             .fillBuffProc = end_of_input};
    struct FCGX_Stream out = {.wrNext = answer, .stop = answer + sizeof(answer), .emptyBuffProc = too_long};
    FCGX_Request fcgi = {.in = &in, .out = &out, .envp = parts->parameters};

    dispatch(&fcgi, &desk);
    if (getenv("FUZZ_LOG") != NULL)
        fwrite(answer, 1, (size_t)(out.wrNext - answer), stderr);
    assert(in.rdNext == in.stop && busy == 0);
    check_answer((const char *)answer, (size_t)(out.wrNext - answer));
    talloc_free(desk.mem);
}

void fuzz_one(const uint8_t *bytes, size_t size)
{
    struct parts parts = {0};
    const uint8_t *redis = size == 0 ? NULL : memmem(bytes + 1, size - 1, "\n--\n", 4);

    if (size == 0)
        return;
    fuzz_mysql((enum fuzz_mysql)(bytes[0] & 3));
    if (redis != NULL)
        fuzz_redis(redis + 4, size - (size_t)(redis + 4 - bytes));
    else
        fuzz_redis(NULL, 0);
    void *mem = must(talloc_new(NULL));
    split(fuzz_text(mem, bytes + 1, redis != NULL ? (size_t)(redis - bytes) - 1 : size - 1), &parts);
    ask(&parts, mem);
    talloc_free(mem);
}
