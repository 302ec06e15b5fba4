/* A body against the fields of every route, and JSON by itself. The input is the body. */
#include <assert.h>
#include <string.h>
#include <talloc.h>

#include "base/json.h"
#include "base/must.h"
#include "http/body.h"
#include "tests/fuzz/fuzz.h"

void fuzz_start(void)
{
}

/* What was read reads the same once more. */
static void check_again(void *mem, struct json_object *object)
{
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
    struct json_object *again = json_read(mem, text, strlen(text));

    assert(again != NULL && json_object_equal(object, again));
}

static bool has_double(struct json_object *value)
{
    if (json_object_is_type(value, json_type_double))
        return true;
    if (json_object_is_type(value, json_type_array))
        for (size_t i = 0; i < json_object_array_length(value); i++)
            if (has_double(json_object_array_get_idx(value, i)))
                return true;
    if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, inner)
        {
            (void)name;
            if (has_double(inner))
                return true;
        }
    }
    return false;
}

static void check_fields(void *mem, struct json_object *object)
{
    for (size_t i = 0; i < routes_count; i++) {
        struct call call = {.mem = mem};
        if (routes[i].fields == NO_BODY)
            continue;
        enum outcome outcome = body_check(&call, routes[i].fields, object);
        assert(outcome == OUTCOME_DONE || outcome == OUTCOME_BAD_JSON || outcome == OUTCOME_BAD_VALUE);
        assert((outcome == OUTCOME_DONE) == (call.refusal.field == NULL));
        assert(outcome != OUTCOME_DONE || !has_double(object));
    }
}

void fuzz_one(const uint8_t *bytes, size_t size)
{
    void *mem = must(talloc_new(NULL));
    struct json_object *object = json_read(mem, (const char *)bytes, size);

    if (object != NULL) {
        /* Doubles are refused later, and may overflow on the way: 1e999. */
        if (!has_double(object))
            check_again(mem, object);
        check_fields(mem, object);
    }
    talloc_free(mem);
}
