#include "http/request.h"

#include <string.h>

#include "base/clock.h"
#include "http/uri.h"

enum { PAGE_DEFAULT = 20, PAGE_MAX = 100 };

static struct json_object *member(const struct request *request, const char *name)
{
    return request->body == NULL ? NULL : json_object_object_get(request->body, name);
}

bool request_has(const struct request *request, const char *name)
{
    return member(request, name) != NULL;
}

const char *request_text(const struct request *request, const char *name)
{
    struct json_object *value = member(request, name);

    return value == NULL ? NULL : json_object_get_string(value);
}

int64_t request_number(const struct request *request, const char *name)
{
    return json_object_get_int64(member(request, name));
}

int64_t request_time_ms(const struct request *request, const char *name)
{
    const char *text = request_text(request, name);
    int64_t unix_ms;

    return text != NULL && clock_from_text(text, &unix_ms) ? unix_ms : 0;
}

enum outcome request_path_id(struct request *request, size_t index, uint64_t *id)
{
    const char *text = request->path_args[index];

    return text_to_u64(text, strlen(text), INT64_MAX, id) && *id > 0 ? OUTCOME_DONE : OUTCOME_NOT_FOUND;
}

const char *request_parameter(struct request *request, const char *name)
{
    const char *value = uri_parameter(request->call.mem, request->query, name);

    return value == NULL && uri_has_parameter(request->query, name) ? "" : value;
}

enum outcome request_page(struct request *request, size_t *limit, uint64_t *before)
{
    const char *limit_text = request_parameter(request, "limit");
    const char *cursor = request_parameter(request, "cursor");
    uint64_t number = PAGE_DEFAULT;

    if (limit_text != NULL && (!text_to_u64(limit_text, strlen(limit_text), PAGE_MAX, &number) || number == 0))
        return call_refuse_field(&request->call, "limit", "It is a number from 1 to 100.");
    *limit = number;
    *before = 0;
    if (cursor != NULL && !text_to_u64(cursor, strlen(cursor), INT64_MAX, before))
        return call_refuse_field(&request->call, "cursor", "It is what next_cursor said.");
    return OUTCOME_DONE;
}
