#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "domain/concert.h"
#include "domain/invariant.h"
#include "domain/plan_csv.h"
#include "http/concert_json.h"
#include "http/handlers.h"

/* A plan as JSON text is no longer than the body that holds it. */
enum { PLAN_CHARACTERS_MAX = BODY_BYTES_MAX };

/* clang-format off */
static const struct field grade_fields[] = {
    { "grade", FIELD_TEXT,   REQUIRED, 1, CONCERT_LABEL_CHARACTERS_MAX, NULL },
    { "price", FIELD_NUMBER, REQUIRED, 0, CONCERT_PRICE_MAX, NULL },
    { NULL },
};

static const struct field section_fields[] = {
    { "section",       FIELD_TEXT,   REQUIRED, 1, CONCERT_LABEL_CHARACTERS_MAX, NULL },
    { "grade",         FIELD_TEXT,   REQUIRED, 1, CONCERT_LABEL_CHARACTERS_MAX, NULL },
    { "rows",          FIELD_NUMBER, REQUIRED, 1, CONCERT_ROWS_MAX, NULL },
    { "seats_per_row", FIELD_NUMBER, REQUIRED, 1, CONCERT_ROWS_MAX, NULL },
    { NULL },
};

#define POLICY_FIELDS \
    { "opens_at",        FIELD_TIME,   NULLABLE, 0,  0,       NULL }, \
    { "capacity",        FIELD_NUMBER, OPTIONAL, 1,  100000,  NULL }, \
    { "rate_per_minute", FIELD_NUMBER, NULLABLE, 1,  1000000, NULL }, \
    { "active_ttl_s",    FIELD_NUMBER, OPTIONAL, 30, 86400,   NULL }, \
    { "admit_ttl_s",     FIELD_NUMBER, OPTIONAL, 10, 3600,    NULL }, \
    { "hold_ttl_s",      FIELD_NUMBER, OPTIONAL, 10, 3600,    NULL }, \
    { "seats_per_fan",   FIELD_NUMBER, OPTIONAL, 1,  SEATS_PER_CALL_MAX, NULL }, \
    { "rejoin",          FIELD_TEXT,   OPTIONAL, 1,  16,      NULL }

const struct field policy_fields[] = { POLICY_FIELDS, { NULL } };

#define NAME_FIELDS \
    { "title",        FIELD_TEXT,    REQUIRED, 1, CONCERT_TITLE_CHARACTERS_MAX, NULL }, \
    { "venue",        FIELD_TEXT,    OPTIONAL, 0, CONCERT_TITLE_CHARACTERS_MAX, NULL }, \
    { "time_zone",    FIELD_TEXT,    OPTIONAL, 1, 64,  NULL }, \
    { "starts_at",    FIELD_TIME,    REQUIRED, 0, 0,   NULL }, \
    { "cancel_until", FIELD_TIME,    NULLABLE, 0, 0,   NULL }

const struct field concert_fields[] = {
    NAME_FIELDS,
    { "grades",       FIELD_OBJECTS, REQUIRED, 1, CONCERT_GRADES_MAX,   grade_fields },
    { "sections",     FIELD_OBJECTS, REQUIRED, 1, CONCERT_SECTIONS_MAX, section_fields },
    POLICY_FIELDS,
    { NULL },
};

const struct field import_fields[] = {
    NAME_FIELDS,
    { "plan",         FIELD_LINES,   REQUIRED, 0, PLAN_CHARACTERS_MAX, NULL },
    POLICY_FIELDS,
    { NULL },
};
/* clang-format on */

static bool is_given(const struct request *request, const char *name)
{
    return json_object_object_get_ex(request->body, name, NULL);
}

static void take_number(const struct request *request, const char *name, int64_t *number, enum policy_part part,
                        unsigned *parts)
{
    if (!is_given(request, name))
        return;
    *number = request_has(request, name) ? request_number(request, name) : 0;
    *parts |= 1u << part;
}

/* What the body says of a policy, over what was there; parts says which members it names. */
static enum outcome take_policy(struct request *request, struct policy *policy, unsigned *parts)
{
    *parts = 0;
    take_number(request, "capacity", &policy->capacity, POLICY_CAPACITY, parts);
    take_number(request, "rate_per_minute", &policy->rate_per_minute, POLICY_RATE, parts);
    take_number(request, "active_ttl_s", &policy->active_ttl_s, POLICY_ACTIVE_TTL, parts);
    take_number(request, "admit_ttl_s", &policy->admit_ttl_s, POLICY_ADMIT_TTL, parts);
    take_number(request, "hold_ttl_s", &policy->hold_ttl_s, POLICY_HOLD_TTL, parts);
    take_number(request, "seats_per_fan", &policy->seats_per_fan, POLICY_SEATS_PER_FAN, parts);
    if (is_given(request, "opens_at")) {
        policy->opens_ms = request_time_ms(request, "opens_at");
        *parts |= 1u << POLICY_OPENS_AT;
    }
    if (is_given(request, "rejoin")) {
        policy->rejoin = request_text(request, "rejoin");
        *parts |= 1u << POLICY_REJOIN;
        if (strcmp(policy->rejoin, "keep") != 0 && strcmp(policy->rejoin, "refresh") != 0)
            return call_refuse_field(&request->call, "rejoin", "It is keep or refresh.");
    }
    return OUTCOME_DONE;
}

static const char *text_of(struct json_object *object, const char *name)
{
    return json_object_get_string(json_object_object_get(object, name));
}

static int64_t number_of(struct json_object *object, const char *name)
{
    return json_object_get_int64(json_object_object_get(object, name));
}

static void take_grades(struct request *request, struct plan *plan)
{
    struct json_object *list = json_object_object_get(request->body, "grades");
    size_t count = json_object_array_length(list);
    struct grade *grades = must(talloc_zero_array(request->call.mem, struct grade, count));

    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        grades[i] = (struct grade){.grade = text_of(item, "grade"), .price = number_of(item, "price")};
    }
    plan->grades = grades;
    plan->grades_count = count;
}

/* An index beyond the last stands for a grade that is not there; the rule refuses it. */
static size_t grade_named(const struct plan *plan, const char *name)
{
    size_t i = 0;

    while (i < plan->grades_count && strcmp(plan->grades[i].grade, name) != 0)
        i++;
    return i;
}

static void take_sections(struct request *request, struct plan *plan)
{
    struct json_object *list = json_object_object_get(request->body, "sections");
    size_t count = json_object_array_length(list);
    struct section *sections = must(talloc_zero_array(request->call.mem, struct section, count));

    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        sections[i] = (struct section){
            .section = text_of(item, "section"),
            .grade = grade_named(plan, text_of(item, "grade")),
            .rows = (uint32_t)number_of(item, "rows"),
            .seats_per_row = (uint32_t)number_of(item, "seats_per_row"),
        };
    }
    plan->sections = sections;
    plan->sections_count = count;
}

static const char *text_or(const struct request *request, const char *name, const char *otherwise)
{
    return request_has(request, name) ? request_text(request, name) : otherwise;
}

static void put_for_operator(struct response *response, const struct call *call, const struct concert *concert)
{
    text_put(response->body, "{");
    put_concert(response->body, call, concert);
    put_policy(response->body, concert);
    text_put(response->body, "}");
}

static struct plan plan_of(const struct request *request)
{
    return (struct plan){
        .title = request_text(request, "title"),
        .venue = text_or(request, "venue", ""),
        .time_zone = text_or(request, "time_zone", "Asia/Seoul"),
        .starts_ms = request_time_ms(request, "starts_at"),
        .cancel_until_ms = request_time_ms(request, "cancel_until"),
    };
}

static enum outcome create(struct request *request, struct plan *plan, struct response *response)
{
    struct policy policy = concert_policy_defaults;
    struct concert concert;
    uint64_t concert_id;
    unsigned parts;

    enum outcome outcome = take_policy(request, &policy, &parts);
    if (outcome == OUTCOME_DONE)
        outcome = concert_create(&request->call, plan, &policy, &concert_id);
    if (outcome == OUTCOME_DONE)
        outcome = concert_read(&request->call, concert_id, &concert);
    if (outcome == OUTCOME_DONE)
        put_for_operator(response, &request->call, &concert);
    return outcome;
}

enum outcome post_operator_concert(struct request *request, struct response *response)
{
    struct plan plan = plan_of(request);

    take_grades(request, &plan);
    take_sections(request, &plan);
    return create(request, &plan, response);
}

enum outcome post_operator_import(struct request *request, struct response *response)
{
    struct plan plan = plan_of(request);
    const char *lines = request_text(request, "plan");
    enum outcome outcome = plan_csv_read(&request->call, lines, strlen(lines), &plan);

    return outcome == OUTCOME_DONE ? create(request, &plan, response) : outcome;
}

enum outcome patch_operator_concert(struct request *request, struct response *response)
{
    struct policy policy = concert_policy_defaults;
    struct concert concert;
    uint64_t concert_id;
    unsigned parts;

    enum outcome outcome = request_path_id(request, 0, &concert_id);
    if (outcome == OUTCOME_DONE)
        outcome = take_policy(request, &policy, &parts);
    if (outcome == OUTCOME_DONE)
        outcome = concert_change(&request->call, concert_id, parts, &policy, &concert);
    if (outcome == OUTCOME_DONE)
        put_for_operator(response, &request->call, &concert);
    return outcome;
}

enum outcome post_operator_queue(struct request *request, struct response *response)
{
    struct concert concert;
    uint64_t concert_id;

    enum outcome outcome = request_path_id(request, 0, &concert_id);
    if (outcome == OUTCOME_DONE)
        outcome = concert_steer(&request->call, concert_id, request->path_args[1], &concert);
    if (outcome == OUTCOME_DONE)
        put_for_operator(response, &request->call, &concert);
    return outcome;
}

enum outcome get_operator_concerts(struct request *request, struct response *response)
{
    struct concert *concerts;
    size_t count;
    size_t limit;
    uint64_t before;

    enum outcome outcome = request_page(request, &limit, &before);
    if (outcome == OUTCOME_DONE)
        outcome = concert_list(&request->call, before, limit + 1, &concerts, &count);
    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(response->body, "{\"concerts\":[");
    for (size_t i = 0; i < count && i < limit; i++) {
        if (i > 0)
            text_put(response->body, ",");
        put_for_operator(response, &request->call, &concerts[i]);
    }
    text_put(response->body, "],");
    put_next_cursor(response->body, concerts, count, limit);
    return OUTCOME_DONE;
}

enum outcome get_invariants(struct request *request, struct response *response)
{
    struct promise *promises;
    size_t count;

    enum outcome outcome = invariant_check(&request->call, &promises, &count);
    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(response->body, "{\"invariants\":[");
    for (size_t i = 0; i < count; i++) {
        text_put(response->body, i == 0 ? "{\"promise\":" : ",{\"promise\":");
        text_json(response->body, promises[i].promise);
        text_format(response->body, ",\"broken\":%zu}", promises[i].broken);
    }
    text_put(response->body, "]}\n");
    return OUTCOME_DONE;
}
