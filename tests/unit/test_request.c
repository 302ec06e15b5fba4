#include <string.h>

#include "base/json.h"
#include "http/request.h"
#include "tests/unit/unit.h"

static struct request asked(void *mem, const char *query)
{
    return (struct request){.call = {.mem = mem}, .query = query, .language = "en"};
}

static void ids_in_a_path_are_plain_positive_numbers(void **state)
{
    static const char *const wrong[] = {"0",   "-1",     "+1",   "01", "1.0", "1e3",
                                        "abc", "1 ",     "1'",   "%",  "",    "9223372036854775808",
                                        "1;x", "1 OR 1", "{c1}", "*",  "..",  "99999999999999999999999"};
    struct request request = asked(*state, "");
    uint64_t id = 0;

    for (size_t i = 0; i < LENGTH(wrong); i++) {
        request.path_args[0] = wrong[i];
        assert_int_equal(request_path_id(&request, 0, &id), OUTCOME_NOT_FOUND);
    }
    request.path_args[1] = "9223372036854775807";
    assert_int_equal(request_path_id(&request, 1, &id), OUTCOME_DONE);
    assert_int_equal(id, INT64_MAX);
}

static void a_page_has_a_size_and_a_start(void **state)
{
    struct request request = asked(*state, "limit=100&cursor=17");
    uint64_t before = 1;
    size_t limit = 0;

    assert_int_equal(request_page(&request, &limit, &before), OUTCOME_DONE);
    assert_int_equal(limit, 100);
    assert_int_equal(before, 17);
    request = asked(*state, "");
    assert_int_equal(request_page(&request, &limit, &before), OUTCOME_DONE);
    assert_int_equal(limit, 20);
    assert_int_equal(before, 0);
}

static void a_page_of_another_shape_is_refused_by_name(void **state)
{
    static const char *const wrong[][2] = {
        {"limit=0", "limit"},
        {"limit=101", "limit"},
        {"limit=-1", "limit"},
        {"limit=", "limit"},
        {"limit=1e2", "limit"},
        {"limit=%31%00", NULL},
        {"cursor=x", "cursor"},
        {"cursor=-1", "cursor"},
        {"cursor=", "cursor"},
        {"cursor=1'", "cursor"},
        {"cursor=9223372036854775808", "cursor"},
    };
    uint64_t before;
    size_t limit;

    for (size_t i = 0; i < LENGTH(wrong); i++) {
        struct request request = asked(*state, wrong[i][0]);
        enum outcome outcome = request_page(&request, &limit, &before);
        if (wrong[i][1] == NULL)
            continue;
        assert_int_equal(outcome, OUTCOME_BAD_VALUE);
        assert_string_equal(request.call.refusal.field, wrong[i][1]);
    }
}

static void a_parameter_that_cannot_be_decoded_is_not_taken_for_absent(void **state)
{
    struct request request = asked(*state, "limit=%zz");
    uint64_t before;
    size_t limit;

    assert_int_equal(request_page(&request, &limit, &before), OUTCOME_BAD_VALUE);
}

static void members_are_read_or_absent(void **state)
{
    static const char text[] = "{\"name\":\"a\",\"amount\":5,\"at\":\"1970-01-01T00:00:00.007Z\",\"none\":null}";
    struct request request = asked(*state, "");

    assert_false(request_has(&request, "name"));
    request.body = json_read(*state, text, strlen(text));
    assert_true(request_has(&request, "name"));
    assert_false(request_has(&request, "none"));
    assert_false(request_has(&request, "other"));
    assert_string_equal(request_text(&request, "name"), "a");
    assert_null(request_text(&request, "other"));
    assert_int_equal(request_number(&request, "amount"), 5);
    assert_int_equal(request_time_ms(&request, "at"), 7);
    assert_int_equal(request_time_ms(&request, "none"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_in_a_path_are_plain_positive_numbers),
        cmocka_unit_test(a_page_has_a_size_and_a_start),
        cmocka_unit_test(a_page_of_another_shape_is_refused_by_name),
        cmocka_unit_test(a_parameter_that_cannot_be_decoded_is_not_taken_for_absent),
        cmocka_unit_test(members_are_read_or_absent),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
