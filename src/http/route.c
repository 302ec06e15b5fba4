#include "http/route.h"

#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "http/uri.h"

const char *pool_name(enum pool pool)
{
    static const char *const names[POOLS] = {"fast", "money", "sign_in", "office"};

    return names[pool];
}

const char *access_name(enum access access)
{
    switch (access) {
    case PUBLIC: return "public";
    case FAN: return "fan";
    case FAN_BY_SCRIPT: return "fan_by_script";
    case OPERATOR: return "operator";
    }
    return "";
}

/*
 * Compare segment by segment, undecoded as nginx does when it chooses the pool; {} takes any that is
 * not empty, and is decoded.
 */
static bool matches(const void *mem, const char *pattern, const char *path, const char *args[PATH_ARGS_MAX])
{
    size_t count = 0;

    for (;;) {
        if (strncmp(pattern, "{}", 2) == 0) {
            size_t length = strcspn(path, "/");
            if (length == 0)
                return false;
            args[count] = uri_decode(mem, path, length, false);
            if (args[count++] == NULL)
                return false;
            pattern += 2;
            path += length;
        } else if (*pattern != *path) {
            return false;
        } else if (*pattern == '\0') {
            return true;
        } else {
            pattern++;
            path++;
        }
    }
}

enum outcome route_find(const void *mem, const char *method, const char *path, const struct route **route,
                        const char *path_args[PATH_ARGS_MAX], const char **allow)
{
    char *methods = NULL;

    /* HEAD is GET without the body, which nginx leaves out. */
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    for (size_t i = 0; i < routes_count; i++) {
        const char *args[PATH_ARGS_MAX] = {0};
        if (!matches(mem, routes[i].path, path, args))
            continue;
        if (strcmp(routes[i].method, method) == 0) {
            memcpy(path_args, args, sizeof(args));
            *route = &routes[i];
            return OUTCOME_DONE;
        }
        const char *taken = strcmp(routes[i].method, "GET") == 0 ? "GET, HEAD" : routes[i].method;
        methods =
            methods == NULL ? must(talloc_strdup(mem, taken)) : must(talloc_asprintf_append(methods, ", %s", taken));
    }
    *allow = methods;
    return methods == NULL ? OUTCOME_NOT_FOUND : OUTCOME_METHOD_NOT_ALLOWED;
}
