#include <string.h>
#include <talloc.h>

#include "base/counters.h"
#include "http/route.h"
#include "tests/unit/unit.h"

struct found {
    enum outcome outcome;
    const struct route *route;
    const char *args[PATH_ARGS_MAX];
    const char *allow;
};

static struct found find(void *mem, const char *method, const char *path)
{
    struct found found = {0};

    found.outcome = route_find(mem, method, path, &found.route, found.args, &found.allow);
    return found;
}

/* The path of a row with "7" for each {}. */
static const char *filled_in(void *mem, const char *pattern)
{
    char *path = talloc_strdup(mem, pattern);

    for (char *at; (at = strstr(path, "{}")) != NULL;) {
        at[0] = '7';
        memmove(at + 1, at + 2, strlen(at + 2) + 1);
    }
    return path;
}

static void every_row_is_found_by_its_own_path(void **state)
{
    for (size_t i = 0; i < routes_count; i++) {
        struct found found = find(*state, routes[i].method, filled_in(*state, routes[i].path));
        assert_int_equal(found.outcome, OUTCOME_DONE);
        assert_ptr_equal(found.route, &routes[i]);
    }
}

static void no_row_stands_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++)
        for (size_t j = 0; j < i; j++)
            assert_false(strcmp(routes[i].method, routes[j].method) == 0 &&
                         strcmp(routes[i].path, routes[j].path) == 0);
}

static void whatever_moves_money_or_takes_back_a_seat_needs_a_key_and_a_caller(void **state)
{
    static const char *const paths[] = {"POST /api/v1/points/charges", "POST /api/v1/payments",
                                        "DELETE /api/v1/reservations/{}"};
    size_t keys = 0;

    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        bool listed = false;
        for (size_t j = 0; j < LENGTH(paths); j++)
            listed = listed || (strncmp(paths[j], routes[i].method, strlen(routes[i].method)) == 0 &&
                                strcmp(strchr(paths[j], ' ') + 1, routes[i].path) == 0);
        assert_int_equal(routes[i].key == KEY_REQUIRED, listed);
        keys += listed;
        if (listed)
            assert_int_equal(routes[i].access, FAN);
    }
    assert_int_equal(keys, LENGTH(paths));
}

static void only_accounts_and_sessions_change_anything_without_a_caller(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        if (strncmp(routes[i].path, "/api/v1/operator/", 17) == 0)
            assert_int_equal(routes[i].access, OPERATOR);
        if (routes[i].access == PUBLIC && strcmp(routes[i].method, "GET") != 0)
            assert_int_equal(routes[i].pool, POOL_SIGN_IN);
        /* A GET must not change anything, so it takes neither a key nor a body. */
        if (strcmp(routes[i].method, "GET") == 0)
            assert_true(routes[i].key == NO_KEY && routes[i].fields == NO_BODY);
    }
}

static void arguments_are_one_segment_each(void **state)
{
    struct found found = find(*state, "POST", "/api/v1/operator/concerts/12/queue/pause");

    assert_int_equal(found.outcome, OUTCOME_DONE);
    assert_string_equal(found.args[0], "12");
    assert_string_equal(found.args[1], "pause");
    found = find(*state, "GET", "/api/v1/reservations/20241112.5.4");
    assert_int_equal(found.outcome, OUTCOME_DONE);
    assert_string_equal(found.args[0], "20241112.5.4");
}

static void paths_that_are_only_like_one_are_unknown(void **state)
{
    static const char *const unknown[] = {
        "",
        "/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/concerts/",
        "/api/v1/concerts//seats",
        "/api/v1/concerts/1/seats/",
        "/api/v1/concerts/1/seats/2",
        "/api/v1/Concerts",
        "/API/v1/concerts",
        "/api/v2/concerts",
        "//api/v1/concerts",
        "/api/v1/concerts/1/2/seats",
        "/api/v1/concerts/{}/extra",
        "/healthz/",
        "/metrics/x",
    };

    for (size_t i = 0; i < LENGTH(unknown); i++)
        if (find(*state, "GET", unknown[i]).outcome != OUTCOME_NOT_FOUND)
            fail_msg("found: %s", unknown[i]);
}

static void another_method_is_told_which_ones_there_are(void **state)
{
    struct found found = find(*state, "PUT", "/api/v1/concerts/1/queue");

    assert_int_equal(found.outcome, OUTCOME_METHOD_NOT_ALLOWED);
    assert_non_null(strstr(found.allow, "GET"));
    assert_non_null(strstr(found.allow, "POST"));
    assert_non_null(strstr(found.allow, "DELETE"));
    found = find(*state, "get", "/api/v1/concerts");
    assert_int_equal(found.outcome, OUTCOME_METHOD_NOT_ALLOWED);
    assert_int_equal(find(*state, "PUT", "/nothing").outcome, OUTCOME_NOT_FOUND);
}

static void whoever_takes_get_takes_head_and_says_so(void **state)
{
    assert_int_equal(find(*state, "HEAD", "/api/v1/concerts").outcome, OUTCOME_DONE);
    struct found found = find(*state, "HEAD", "/api/v1/payments");
    assert_int_equal(found.outcome, OUTCOME_METHOD_NOT_ALLOWED);
    assert_string_equal(found.allow, "POST");
    /* RFC 9110, 10.2.1: Allow lists the methods that the resource takes. */
    found = find(*state, "PUT", "/api/v1/concerts");
    assert_non_null(strstr(found.allow, "GET"));
    assert_non_null(strstr(found.allow, "HEAD"));
}

static void fields_are_as_good_as_their_rows_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++)
        for (const struct field *field = routes[i].fields; field != NULL && field->name != NULL; field++) {
            assert_true(field->least <= field->most);
            if (field->kind == FIELD_TEXTS || field->kind == FIELD_NUMBERS || field->kind == FIELD_OBJECT ||
                field->kind == FIELD_OBJECTS)
                assert_non_null(field->inner);
        }
    assert_true(routes_count < COUNTERS_ROUTES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_by_its_own_path),
        cmocka_unit_test(no_row_stands_twice),
        cmocka_unit_test(whatever_moves_money_or_takes_back_a_seat_needs_a_key_and_a_caller),
        cmocka_unit_test(only_accounts_and_sessions_change_anything_without_a_caller),
        cmocka_unit_test(arguments_are_one_segment_each),
        cmocka_unit_test(paths_that_are_only_like_one_are_unknown),
        cmocka_unit_test(another_method_is_told_which_ones_there_are),
        cmocka_unit_test(whoever_takes_get_takes_head_and_says_so),
        cmocka_unit_test(fields_are_as_good_as_their_rows_say),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
