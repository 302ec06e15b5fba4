#include "http/access.h"

#include <string.h>
#include <strings.h>
#include <talloc.h>

#include "base/must.h"
#include "domain/session.h"

#define COOKIE_NAME "frontrow_session"

static const char *parameter(const char *name, char **parameters)
{
    const char *value = FCGX_GetParam(name, parameters);

    return value == NULL ? "" : value;
}

static const char *bearer_token(char **parameters)
{
    const char *authorization = FCGX_GetParam("HTTP_AUTHORIZATION", parameters);

    if (authorization == NULL || strncasecmp(authorization, "Bearer ", 7) != 0)
        return NULL;
    return authorization + 7 + strspn(authorization + 7, " ");
}

static const char *cookie_token(const void *mem, char **parameters)
{
    const char *at = parameter("HTTP_COOKIE", parameters);

    while (*at != '\0') {
        at += strspn(at, "; \t");
        size_t length = strcspn(at, ";");
        if (strncmp(at, COOKIE_NAME "=", sizeof(COOKIE_NAME)) == 0)
            return must(talloc_strndup(mem, at + sizeof(COOKIE_NAME), length - sizeof(COOKIE_NAME)));
        at += length;
    }
    return NULL;
}

static bool changes_something(const struct route *route)
{
    return strcmp(route->method, "GET") != 0;
}

/* Does the origin "https://host:port" name the host that was asked? */
static bool is_same_origin(const char *origin, const char *host)
{
    const char *authority = strstr(origin, "://");

    return authority != NULL && strcasecmp(authority + 3, host) == 0;
}

/*
 * A browser says where a request comes from (Fetch Metadata), older ones by Origin alone; programs
 * say nothing, and have no cookie that somebody else could make them send.
 */
static bool is_cross_site(char **parameters)
{
    const char *site = parameter("HTTP_SEC_FETCH_SITE", parameters);
    const char *origin = parameter("HTTP_ORIGIN", parameters);

    if (site[0] != '\0' && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return true;
    return origin[0] != '\0' && !is_same_origin(origin, parameter("HTTP_HOST", parameters));
}

enum outcome access_check(struct request *request, const struct route *route, char **parameters)
{
    struct call *call = &request->call;
    const char *token = bearer_token(parameters);

    if (token == NULL) {
        if (changes_something(route) && is_cross_site(parameters))
            return OUTCOME_CROSS_SITE;
        token = cookie_token(call->mem, parameters);
    }
    if (route->access == PUBLIC)
        return OUTCOME_DONE;
    if (token == NULL || !session_from_token(call, token))
        return OUTCOME_NOT_SIGNED_IN;
    if (route->access == OPERATOR && call->role != ROLE_OPERATOR)
        return OUTCOME_NOT_ALLOWED;
    return route->access == FAN_BY_SCRIPT ? OUTCOME_DONE : session_check_live(call);
}
