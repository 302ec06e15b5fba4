/*
 * One HTTP request as a handler sees it: checked against its route's row before the handler runs.
 */
#ifndef FRONTROW_HTTP_REQUEST_H
#define FRONTROW_HTTP_REQUEST_H

#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "base/text.h"

enum { PATH_ARGS_MAX = 2, BODY_BYTES_MAX = 16 * 1024, QUERY_BYTES_MAX = 1024 };

struct request {
    struct call call; /* who, when, with what memory */
    const char *method;
    const char *path;                     /* as sent, without the query */
    const char *query;                    /* as sent; "" when there is none */
    const char *path_args[PATH_ARGS_MAX]; /* decoded */
    struct json_object *body;             /* NULL when the route takes none, or none was sent where it is optional */
    const char *language;                 /* "en" or "ko" */
    const char *if_none_match;            /* "" when absent */
    bool secure;                          /* came over TLS */
};

/* Members of the body; the route's fields promise that a required one is there and of its kind. */
bool request_has(const struct request *request, const char *name); /* present and not null */
const char *request_text(const struct request *request, const char *name);
int64_t request_number(const struct request *request, const char *name);
int64_t request_time_ms(const struct request *request, const char *name);

/*
 * A number in the path (a concert's id). Ends NOT_FOUND when it is not a number: no such thing has
 * such a name.
 */
enum outcome request_path_id(struct request *request, size_t index, uint64_t *id);

/*
 * A parameter of the query, decoded, on call.mem; NULL when absent. What cannot be decoded comes as
 * "", which no parameter takes.
 */
const char *request_parameter(struct request *request, const char *name);

/* ?limit= (1 to 100, else 20) and ?cursor= (the last id seen; 0 when absent). DONE or BAD_VALUE. */
enum outcome request_page(struct request *request, size_t *limit, uint64_t *before);

#endif
