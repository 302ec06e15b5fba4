/*
 * A route is a row: who may call it, which pool answers it, what its body looks like. One place
 * (http/dispatch.c) enforces the row; no access is ever implied.
 */
#ifndef FRONTROW_HTTP_ROUTE_H
#define FRONTROW_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/outcome.h"
#include "http/request.h"
#include "http/response.h"

/* Pools are bulkheads: what may wait for a lock never shares threads with what must not. */
enum pool { POOL_FAST, POOL_MONEY, POOL_SIGN_IN, POOL_OFFICE, POOLS };

enum access {
    PUBLIC,
    FAN,           /* signed in; asked of Redis before the handler runs */
    FAN_BY_SCRIPT, /* signed in; the handler's own script asks whether the session was signed out */
    OPERATOR,      /* signed in as one; asked of Redis before the handler runs */
};

enum key_need { NO_KEY, KEY_REQUIRED };

/* A member of a body. Unknown members are refused, so nobody can set what is not theirs to set. */
struct field {
    const char *name;
    enum {
        FIELD_TEXT,
        FIELD_LINES,
        FIELD_NUMBER,
        FIELD_TIME,
        FIELD_TEXTS,
        FIELD_NUMBERS,
        FIELD_OBJECT,
        FIELD_OBJECTS
    } kind;
    enum { OPTIONAL, REQUIRED, NULLABLE } need; /* NULLABLE: may be absent or null */
    long least;                                 /* of a number, of a text's characters, of a list's length */
    long most;
    const struct field *inner; /* of an object's or a list's members */
};

#define NO_BODY NULL

typedef enum outcome handler(struct request *request, struct response *response);

struct route {
    const char *method;
    const char *path; /* {} stands for one segment */
    enum pool pool;
    enum access access;
    enum key_need key;
    const struct field *fields; /* ended by a row without a name; NO_BODY */
    bool body_optional;
    int status; /* of DONE */
    handler *handler;
};

extern const struct route routes[];
extern const size_t routes_count;

/*
 * The route of a method and path. NOT_FOUND; METHOD_NOT_ALLOWED, with *allow naming the methods
 * that the path takes; or DONE with *route and the path's arguments (on mem, decoded).
 */
enum outcome route_find(const void *mem, const char *method, const char *path, const struct route **route,
                        const char *path_args[PATH_ARGS_MAX], const char **allow);

const char *pool_name(enum pool pool);
const char *access_name(enum access access);

#endif
