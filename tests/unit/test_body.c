#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "http/body.h"
#include "tests/unit/unit.h"

static const struct field inner_fields[] = {
    {"grade", FIELD_TEXT, REQUIRED, 1, 4, NULL},
    {"price", FIELD_NUMBER, OPTIONAL, 0, 100, NULL},
    {0},
};

static const struct field word = {"word", FIELD_TEXT, REQUIRED, 2, 3, NULL};
static const struct field digit = {"digit", FIELD_NUMBER, REQUIRED, 0, 9, NULL};

static const struct field fields[] = {
    {"name", FIELD_TEXT, REQUIRED, 2, 5, NULL},
    {"amount", FIELD_NUMBER, OPTIONAL, 1, 1000, NULL},
    {"at", FIELD_TIME, NULLABLE, 0, 0, NULL},
    {"words", FIELD_TEXTS, OPTIONAL, 1, 3, &word},
    {"digits", FIELD_NUMBERS, OPTIONAL, 1, 3, &digit},
    {"best", FIELD_OBJECT, OPTIONAL, 0, 0, inner_fields},
    {"grades", FIELD_OBJECTS, OPTIONAL, 1, 2, inner_fields},
    {0},
};

static void expect(void *mem, const char *text, enum outcome outcome, const char *field)
{
    struct call call = {.mem = mem};
    struct json_object *body = json_read(mem, text, strlen(text));

    if (body == NULL)
        fail_msg("not JSON: %s", text);
    enum outcome got = body_check(&call, fields, body);
    if (got != outcome)
        fail_msg("%s ends %d, not %d", text, (int)got, (int)outcome);
    if (field != NULL)
        assert_string_equal(call.refusal.field, field);
}

static void good_bodies_pass(void **state)
{
    expect(*state, "{\"name\":\"ab\"}", OUTCOME_DONE, NULL);
    expect(*state, "{\"name\":\"abcde\",\"amount\":1}", OUTCOME_DONE, NULL);
    expect(*state, "{\"name\":\"ab\",\"amount\":1000,\"at\":null}", OUTCOME_DONE, NULL);
    expect(*state, "{\"name\":\"ab\",\"at\":\"2027-03-01T10:00:00Z\"}", OUTCOME_DONE, NULL);
    expect(*state, "{\"name\":\"ab\",\"words\":[\"aa\",\"bbb\"],\"digits\":[0,9]}", OUTCOME_DONE, NULL);
    expect(*state, "{\"name\":\"ab\",\"best\":{\"grade\":\"R\"},\"grades\":[{\"grade\":\"R\",\"price\":0}]}",
           OUTCOME_DONE, NULL);
}

static void lengths_are_counted_in_characters(void **state)
{
    expect(*state, "{\"name\":\"예매좌석표\"}", OUTCOME_DONE, NULL);
    expect(*state, "{\"name\":\"\xf0\x9f\x8e\xab\xf0\x9f\x8e\xab\"}", OUTCOME_DONE, NULL);
    expect(*state, "{\"name\":\"예매좌석표들\"}", OUTCOME_BAD_VALUE, "name");
    expect(*state, "{\"name\":\"예\"}", OUTCOME_BAD_VALUE, "name");
}

static void members_that_are_missing_or_unknown_are_bad_json(void **state)
{
    expect(*state, "{}", OUTCOME_BAD_JSON, "name");
    expect(*state, "{\"name\":null}", OUTCOME_BAD_JSON, "name");
    expect(*state, "{\"name\":\"ab\",\"role\":\"operator\"}", OUTCOME_BAD_JSON, "role");
    expect(*state, "{\"name\":\"ab\",\"Name\":\"ab\"}", OUTCOME_BAD_JSON, "Name");
    expect(*state, "{\"name\":\"ab\",\"amount\":null}", OUTCOME_BAD_JSON, "amount");
    expect(*state, "{\"name\":\"ab\",\"best\":{\"price\":1}}", OUTCOME_BAD_JSON, "grade");
    expect(*state, "{\"name\":\"ab\",\"best\":{\"grade\":\"R\",\"free\":true}}", OUTCOME_BAD_JSON, "free");
    expect(*state, "{\"name\":\"ab\",\"grades\":[{\"grade\":\"R\"},{}]}", OUTCOME_BAD_JSON, "grade");
}

static void members_of_another_kind_are_bad_json(void **state)
{
    static const char *const others[][2] = {
        {"name", "1"},           {"name", "true"},      {"name", "[\"ab\"]"},
        {"name", "{}"},          {"amount", "\"1\""},   {"amount", "true"},
        {"amount", "[1]"},       {"at", "1"},           {"at", "{}"},
        {"words", "\"aa\""},     {"words", "{}"},       {"words", "[1]"},
        {"words", "[[\"aa\"]]"}, {"digits", "[\"1\"]"}, {"digits", "5"},
        {"best", "[]"},          {"best", "\"R\""},     {"grades", "{}"},
        {"grades", "[1]"},       {"grades", "[[]]"},    {"grades", "[null]"},
    };
    char text[128];

    for (size_t i = 0; i < LENGTH(others); i++) {
        bool is_name = strcmp(others[i][0], "name") == 0;
        snprintf(text, sizeof(text), "{%s\"%s\":%s}", is_name ? "" : "\"name\":\"ab\",", others[i][0], others[i][1]);
        expect(*state, text, OUTCOME_BAD_JSON, others[i][0]);
    }
}

static void values_out_of_range_are_bad_values(void **state)
{
    static const char *const others[][2] = {
        {"amount", "0"},
        {"amount", "-1"},
        {"amount", "1001"},
        {"amount", "1.5"},
        {"amount", "1e2"},
        {"amount", "9223372036854775807"},
        {"amount", "9223372036854775808"},
        {"amount", "-9223372036854775809"},
        {"amount", "1e400"},
        {"amount", "18446744073709551617"},
        {"at", "\"\""},
        {"at", "\"tomorrow\""},
        {"words", "[]"},
        {"words", "[\"aa\",\"aa\",\"aa\",\"aa\"]"},
        {"words", "[\"a\"]"},
        {"digits", "[10]"},
        {"digits", "[0,1,-1]"},
        {"digits", "[]"},
        {"grades", "[]"},
        {"grades", "[{\"grade\":\"R\"},{\"grade\":\"S\"},{\"grade\":\"A\"}]"},
    };
    char text[160];

    for (size_t i = 0; i < LENGTH(others); i++) {
        snprintf(text, sizeof(text), "{\"name\":\"ab\",\"%s\":%s}", others[i][0], others[i][1]);
        expect(*state, text, OUTCOME_BAD_VALUE, others[i][0]);
    }
    expect(*state, "{\"name\":\"a\"}", OUTCOME_BAD_VALUE, "name");
    expect(*state, "{\"name\":\"\"}", OUTCOME_BAD_VALUE, "name");
    expect(*state, "{\"name\":\"ab\",\"best\":{\"grade\":\"R\",\"price\":101}}", OUTCOME_BAD_VALUE, "price");
}

static void control_characters_are_bad_values(void **state)
{
    expect(*state, "{\"name\":\"a\\nb\"}", OUTCOME_BAD_VALUE, "name");
    expect(*state, "{\"name\":\"a\\u007fb\"}", OUTCOME_BAD_VALUE, "name");
    expect(*state, "{\"name\":\"ab\",\"words\":[\"a\\tb\"]}", OUTCOME_BAD_VALUE, "words");
}

/* json-c reads a null in a list as no value at all. */
static void nulls_in_lists_are_bad_json(void **state)
{
    expect(*state, "{\"name\":\"ab\",\"words\":[null]}", OUTCOME_BAD_JSON, "words");
    expect(*state, "{\"name\":\"ab\",\"digits\":[1,null]}", OUTCOME_BAD_JSON, "digits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_bodies_pass),
        cmocka_unit_test(lengths_are_counted_in_characters),
        cmocka_unit_test(members_that_are_missing_or_unknown_are_bad_json),
        cmocka_unit_test(members_of_another_kind_are_bad_json),
        cmocka_unit_test(values_out_of_range_are_bad_values),
        cmocka_unit_test(control_characters_are_bad_values),
        cmocka_unit_test(nulls_in_lists_are_bad_json),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
