#include "base/json.h"

#include <json-c/json_tokener.h>
#include <stdbool.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/text.h"

/*
 * json-c is generous even when strict: it takes strings in single quotes, NaN, Infinity and bare control
 * characters in strings, none of which RFC 8259 knows.
 */
static bool has_what_json_lacks(const char *bytes, size_t length)
{
    static const char outside[] = "{}[]:,\"0123456789+-.eEtrufalsn \t\r\n";
    bool in_string = false;

    for (size_t i = 0; i < length; i++) {
        if (in_string ? (unsigned char)bytes[i] < 0x20 : strchr(outside, bytes[i]) == NULL)
            return true;
        if (in_string && bytes[i] == '\\')
            i++;
        else if (bytes[i] == '"')
            in_string = !in_string;
    }
    return false;
}

/*
 * json-c keeps the last of two equal names without a word, and a body that two readers understand
 * differently is how checks are bypassed. So names are counted in the text and in the tree: they
 * differ exactly when one was overwritten. A name is a string that a colon follows.
 */
static size_t names_in_text(const char *bytes, size_t length)
{
    size_t names = 0;
    bool in_string = false;

    for (size_t i = 0; i < length; i++) {
        if (in_string && bytes[i] == '\\')
            i++;
        else if (bytes[i] == '"')
            in_string = !in_string;
        else if (!in_string && bytes[i] == ':')
            names++;
    }
    return names;
}

static size_t names_in_tree(struct json_object *object)
{
    size_t names = 0;

    if (json_object_is_type(object, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(object); i++)
            names += names_in_tree(json_object_array_get_idx(object, i));
    } else if (json_object_is_type(object, json_type_object)) {
        json_object_object_foreach(object, name, value)
        {
            (void)name;
            names += 1 + names_in_tree(value);
        }
    }
    return names;
}

static struct json_object *parse(const char *bytes, size_t length)
{
    struct json_tokener *tokener = must(json_tokener_new_ex(JSON_DEPTH_MAX));

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *object = json_tokener_parse_ex(tokener, bytes, (int)length);
    bool whole = json_tokener_get_error(tokener) == json_tokener_success;
    size_t end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    while (whole && end < length && strchr(" \t\r\n", bytes[end]) != NULL)
        end++;
    if (whole && end == length && json_object_is_type(object, json_type_object) &&
        names_in_text(bytes, length) == names_in_tree(object))
        return object;
    json_object_put(object);
    return NULL;
}

static int put(struct json_object **holder)
{
    json_object_put(*holder);
    return 0;
}

struct json_object *json_read(const void *mem, const char *bytes, size_t length)
{
    if (!text_is_utf8(bytes, length) || has_what_json_lacks(bytes, length))
        return NULL;
    struct json_object *object = parse(bytes, length);
    if (object == NULL)
        return NULL;
    struct json_object **holder = must(talloc(mem, struct json_object *));
    *holder = object;
    talloc_set_destructor(holder, put);
    return object;
}
