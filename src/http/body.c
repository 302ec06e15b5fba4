#include "http/body.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static enum outcome check_value(struct call *call, const struct field *field, struct json_object *value);

static enum outcome wrong_kind(struct call *call, const struct field *field, const char *detail)
{
    call->refusal.field = field->name;
    call->refusal.detail = detail;
    return OUTCOME_BAD_JSON;
}

static enum outcome in_range(struct call *call, const struct field *field, int64_t number, const char *detail)
{
    return number >= field->least && number <= field->most ? OUTCOME_DONE
                                                           : call_refuse_field(call, field->name, detail);
}

/* Lines may also hold what separates lines and columns. */
static bool has_control_character(const struct field *field, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool separates = text[i] == '\n' || text[i] == '\r' || text[i] == '\t';
        if (((unsigned char)text[i] < 0x20 || text[i] == 0x7f) && !(field->kind == FIELD_LINES && separates))
            return true;
    }
    return false;
}

static enum outcome check_text(struct call *call, const struct field *field, struct json_object *value)
{
    if (!json_object_is_type(value, json_type_string))
        return wrong_kind(call, field, "It must be a string.");
    const char *text = json_object_get_string(value);
    if (has_control_character(field, text, (size_t)json_object_get_string_len(value)))
        return call_refuse_field(call, field->name, "It must not hold control characters.");
    return in_range(call, field, (int64_t)text_characters(text), "Its length is out of range.");
}

static enum outcome check_number(struct call *call, const struct field *field, struct json_object *value)
{
    if (json_object_is_type(value, json_type_double))
        return call_refuse_field(call, field->name, "It must be a whole number.");
    if (!json_object_is_type(value, json_type_int))
        return wrong_kind(call, field, "It must be a number.");
    return in_range(call, field, json_object_get_int64(value), "It is out of range.");
}

static enum outcome check_time(struct call *call, const struct field *field, struct json_object *value)
{
    int64_t unix_ms;

    if (!json_object_is_type(value, json_type_string))
        return wrong_kind(call, field, "It must be a string.");
    return clock_from_text(json_object_get_string(value), &unix_ms)
               ? OUTCOME_DONE
               : call_refuse_field(call, field->name, "It must be a time as in RFC 3339.");
}

static enum outcome check_list(struct call *call, const struct field *field, struct json_object *value)
{
    struct field element = *field->inner;

    if (!json_object_is_type(value, json_type_array))
        return wrong_kind(call, field, "It must be a list.");
    enum outcome outcome =
        in_range(call, field, (int64_t)json_object_array_length(value), "Its length is out of range.");
    for (size_t i = 0; outcome == OUTCOME_DONE && i < json_object_array_length(value); i++) {
        struct json_object *item = json_object_array_get_idx(value, i);
        if (field->kind == FIELD_OBJECTS) {
            if (!json_object_is_type(item, json_type_object))
                return wrong_kind(call, field, "It must be a list of objects.");
            outcome = body_check(call, field->inner, item);
        } else {
            element.name = field->name;
            outcome = check_value(call, &element, item);
        }
    }
    return outcome;
}

static enum outcome check_value(struct call *call, const struct field *field, struct json_object *value)
{
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_LINES: return check_text(call, field, value);
    case FIELD_NUMBER: return check_number(call, field, value);
    case FIELD_TIME: return check_time(call, field, value);
    case FIELD_TEXTS:
    case FIELD_NUMBERS:
    case FIELD_OBJECTS: return check_list(call, field, value);
    case FIELD_OBJECT:
        if (!json_object_is_type(value, json_type_object))
            return wrong_kind(call, field, "It must be an object.");
        return body_check(call, field->inner, value);
    }
    return OUTCOME_BAD_JSON;
}

static const struct field *field_named(const struct field *fields, const char *name)
{
    for (; fields->name != NULL; fields++)
        if (strcmp(fields->name, name) == 0)
            return fields;
    return NULL;
}

static enum outcome refuse_unknown(struct call *call, const struct field *fields, struct json_object *body)
{
    json_object_object_foreach(body, name, value)
    {
        (void)value;
        if (field_named(fields, name) == NULL) {
            call->refusal.field = name;
            call->refusal.detail = "There is no such member.";
            return OUTCOME_BAD_JSON;
        }
    }
    return OUTCOME_DONE;
}

enum outcome body_check(struct call *call, const struct field *fields, struct json_object *body)
{
    enum outcome outcome = refuse_unknown(call, fields, body);

    for (; outcome == OUTCOME_DONE && fields->name != NULL; fields++) {
        struct json_object *value = NULL;
        bool given = json_object_object_get_ex(body, fields->name, &value);
        if (value != NULL)
            outcome = check_value(call, fields, value);
        else if (fields->need == REQUIRED)
            outcome = wrong_kind(call, fields, "It is required.");
        else if (given && fields->need == OPTIONAL)
            outcome = wrong_kind(call, fields, "It must not be null.");
    }
    return outcome;
}
