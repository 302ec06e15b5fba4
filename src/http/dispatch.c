#include "http/dispatch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/json.h"
#include "base/log.h"
#include "base/must.h"
#include "base/secret.h"
#include "domain/health.h"
#include "http/access.h"
#include "http/body.h"
#include "http/problem.h"
#include "http/status.h"

enum { KEY_BYTES_MAX = 255, ANSWER_ROOM = 2048 };

static const char *parameter(FCGX_Request *fcgi, const char *name)
{
    const char *value = FCGX_GetParam(name, fcgi->envp);

    return value == NULL ? "" : value;
}

/* nginx has weighed what the caller accepts (nginx/language.conf), and says the language. */
static const char *language_of(const char *accepted)
{
    return strcmp(accepted, "ko") == 0 ? "ko" : "en";
}

static bool split_uri(struct request *request, const char *uri)
{
    size_t length = strcspn(uri, "?");

    request->query = uri[length] == '?' ? uri + length + 1 : "";
    request->path = must(talloc_strndup(request->call.mem, uri, length));
    return strlen(request->query) <= QUERY_BYTES_MAX;
}

/* A connection is only good for the next request once this one's body has been read to its end. */
static size_t read_body(FCGX_Request *fcgi, char *bytes, size_t room)
{
    char rest[4096];
    int got = FCGX_GetStr(bytes, (int)room, fcgi->in);
    size_t length = got > 0 ? (size_t)got : 0;

    while (got > 0 && (got = FCGX_GetStr(rest, sizeof(rest), fcgi->in)) > 0)
        length += (size_t)got;
    return length;
}

static bool is_good_key(const char *key)
{
    size_t length = strlen(key);

    for (size_t i = 0; i < length; i++)
        if (key[i] < 0x20 || key[i] > 0x7e)
            return false;
    return length <= KEY_BYTES_MAX;
}

static enum outcome take_key(struct request *request, const struct route *route, const char *key)
{
    if (route->key == NO_KEY)
        return OUTCOME_DONE;
    request->call.refusal.field = "Idempotency-Key";
    if (key[0] == '\0')
        return OUTCOME_KEY_MISSING;
    if (!is_good_key(key))
        return call_refuse_field(&request->call, "Idempotency-Key", "It has 1 to 255 printable characters.");
    request->call.refusal.field = NULL;
    request->call.idempotency_key = key;
    return OUTCOME_DONE;
}

static enum outcome take_body(struct request *request, const struct route *route, const char *bytes, size_t length)
{
    if (length > BODY_BYTES_MAX)
        return OUTCOME_BODY_TOO_LARGE;
    if (route->fields == NO_BODY || (length == 0 && route->body_optional))
        return OUTCOME_DONE;
    request->body = json_read(request->call.mem, bytes, length);
    return request->body == NULL ? OUTCOME_BAD_JSON : body_check(&request->call, route->fields, request->body);
}

/* The same key with another method, path or body is another request. */
static void take_fingerprint(struct request *request, const struct route *route, const char *bytes, size_t length)
{
    struct text *whole = text_new(request->call.mem, length + 128);

    text_format(whole, "%s %s\n", route->method, request->path);
    text_add(whole, bytes, length);
    secret_fingerprint(whole->bytes, whole->length, request->call.fingerprint, sizeof(request->call.fingerprint));
}

static enum outcome answer(struct request *request, const struct route *route, FCGX_Request *fcgi, const char *body,
                           size_t body_length, struct response *response)
{
    enum outcome outcome = access_check(request, route, fcgi->envp);

    if (outcome == OUTCOME_DONE)
        outcome = take_key(request, route, parameter(fcgi, "HTTP_IDEMPOTENCY_KEY"));
    if (outcome == OUTCOME_DONE)
        outcome = take_body(request, route, body, body_length);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (route->key == KEY_REQUIRED)
        take_fingerprint(request, route, body, body_length);
    response->status = route->status;
    return route->handler(request, response);
}

static enum outcome find(struct request *request, const struct desk *desk, const struct route **route,
                         struct response *response)
{
    const char *allow = NULL;
    enum outcome outcome =
        route_find(request->call.mem, request->method, request->path, route, request->path_args, &allow);

    if (outcome == OUTCOME_METHOD_NOT_ALLOWED)
        text_format(response->headers, "Allow: %s\r\n", allow);
    if (outcome != OUTCOME_DONE || (*route)->pool == desk->pool)
        return outcome;
    log_warning("wrong_pool path=%s pool=%s", request->path, pool_name(desk->pool));
    return OUTCOME_MISDIRECTED;
}

/* One FCGX_PutStr: every further one is a record and perhaps a system call of its own. */
static void send(FCGX_Request *fcgi, const struct request *request, const struct response *response)
{
    struct text *whole = text_new(request->call.mem, response->body->length + 512);

    text_format(whole, "Status: %d %s\r\n", response->status, status_phrase(response->status));
    if (response->status != 204 && response->status != 304)
        text_format(whole, "Content-Type: %s\r\nContent-Length: %zu\r\n", response->content_type,
                    response->body->length);
    text_add(whole, response->headers->bytes, response->headers->length);
    text_put(whole, "\r\n");
    if (response->status != 204 && response->status != 304)
        text_add(whole, response->body->bytes, response->body->length);
    FCGX_PutStr(whole->bytes, (int)whole->length, fcgi->out);
}

static struct request request_of(FCGX_Request *fcgi, const struct desk *desk)
{
    return (struct request){
        .call = {.mem = desk->mem,
                 .store = desk->store,
                 .now_ms = clock_now_ms(),
                 .request_id = parameter(fcgi, "REQUEST_ID"),
                 .client_address = parameter(fcgi, "REMOTE_ADDR")},
        .method = parameter(fcgi, "REQUEST_METHOD"),
        .language = language_of(parameter(fcgi, "HTTP_ACCEPT_LANGUAGE")),
        .if_none_match = parameter(fcgi, "HTTP_IF_NONE_MATCH"),
        .secure = strcmp(parameter(fcgi, "HTTPS"), "on") == 0,
    };
}

static void count(const struct call *call, const struct route *route, enum outcome outcome, int status,
                  int64_t started_ns)
{
    struct counters *counters = health_counters(call);
    size_t index = route == NULL ? routes_count : (size_t)(route - routes);

    counters_add_request(&counters->route[index], (int)status_index(status),
                         (uint64_t)(clock_steady_ns() - started_ns) / 1000);
    if (outcome != OUTCOME_DONE)
        atomic_fetch_add_explicit(&counters->refusals[outcome], 1, memory_order_relaxed);
}

void dispatch(FCGX_Request *fcgi, void *data)
{
    struct desk *desk = data;
    int64_t started_ns = clock_steady_ns();
    struct request request = request_of(fcgi, desk);
    struct response response = {.status = 200, .content_type = "application/json"};
    const struct route *route = NULL;
    char body[BODY_BYTES_MAX + 1];

    atomic_fetch_add_explicit(desk->busy, 1, memory_order_relaxed);
    response.body = text_new(desk->mem, ANSWER_ROOM);
    response.headers = text_new(desk->mem, 256);
    size_t body_length = read_body(fcgi, body, sizeof(body));
    enum outcome outcome = split_uri(&request, parameter(fcgi, "REQUEST_URI")) ? find(&request, desk, &route, &response)
                                                                               : OUTCOME_NOT_FOUND;
    if (outcome == OUTCOME_DONE)
        outcome = answer(&request, route, fcgi, body, body_length, &response);
    if (outcome != OUTCOME_DONE)
        problem_write(&request, outcome, &response);
    send(fcgi, &request, &response);
    count(&request.call, route, outcome, response.status, started_ns);
    atomic_fetch_sub_explicit(desk->busy, 1, memory_order_relaxed);
    talloc_free_children(desk->mem);
}
