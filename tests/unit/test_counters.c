#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/counters.h"
#include "tests/unit/unit.h"

enum { PROCESSES = 4, ADDITIONS = 10000 };

static int make_folder(void **state)
{
    char *dir = talloc_strdup(NULL, "/tmp/frontrow-unit-XXXXXX");

    *state = mkdtemp(dir);
    return *state == NULL;
}

static int remove_folder(void **state)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/counters", (char *)*state);
    unlink(path);
    rmdir(*state);
    talloc_free(*state);
    return 0;
}

static void additions_of_all_processes_add_up(void **state)
{
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            struct counters *counters = counters_open(*state);
            for (int j = 0; j < ADDITIONS; j++)
                counters_add(counters, COUNTER_joins, 1);
            _exit(0);
        }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        wait(&status);
        assert_int_equal(status, 0);
    }
    assert_int_equal(counters_open(*state)->total[COUNTER_joins], PROCESSES * ADDITIONS);
}

static void a_page_of_another_build_is_begun_anew(void **state)
{
    struct counters *counters = counters_open(*state);

    counters_add(counters, COUNTER_payments, 5);
    assert_int_equal(counters_open(*state)->total[COUNTER_payments], 5);
    counters->layout++;
    assert_int_equal(counters_open(*state)->total[COUNTER_payments], 0);
}

static void a_file_that_was_cut_is_made_whole(void **state)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/counters", (char *)*state);
    counters_add(counters_open(*state), COUNTER_payments, 5);
    assert_int_equal(truncate(path, 10), 0);
    struct counters *counters = counters_open(*state);
    assert_int_equal(counters->total[COUNTER_payments], 0);
    counters->outbox_oldest_ms = 1; /* the last member: the whole page is there */
}

static void open_alone(void *data)
{
    *(struct counters **)data = counters_open("/nonexistent/folder");
}

static void without_a_file_a_process_counts_for_itself_and_says_so(void **state)
{
    struct counters *counters = NULL;

    (void)state;
    const char *errors = unit_errors_of(open_alone, &counters);
    assert_non_null(strstr(errors, "counters_alone"));
    assert_non_null(counters);
    counters_add(counters, COUNTER_joins, 1);
    assert_int_equal(counters->total[COUNTER_joins], 1);
}

static void durations_go_to_the_bucket_they_are_below(void **state)
{
    struct counters_route *route = &counters_open(*state)->route[0];

    counters_add_request(route, 0, 0);
    counters_add_request(route, 0, 250);
    counters_add_request(route, 0, 251);
    counters_add_request(route, 1, 5000000);
    counters_add_request(route, 1, 5000001);
    assert_int_equal(route->bucket[0], 2);
    assert_int_equal(route->bucket[1], 1);
    assert_int_equal(route->bucket[COUNTERS_BUCKETS - 1], 1);
    assert_int_equal(route->bucket[COUNTERS_BUCKETS], 1);
    assert_int_equal(route->by_status[0], 3);
    assert_int_equal(route->by_status[1], 2);
    assert_int_equal(route->sum_us, 10000502);
}

enum { NOW_MS = 1000000 };

static void concerts_have_a_row_each_until_none_is_left(void **state)
{
    struct counters *counters = counters_open(*state);

    for (uint64_t id = 1; id <= COUNTERS_CONCERTS_MAX; id++)
        assert_non_null(counters_concert(counters, id, NOW_MS));
    assert_ptr_equal(counters_concert(counters, 5, NOW_MS), counters_concert(counters, 5, NOW_MS));
    assert_int_equal(counters_concert(counters, 5, NOW_MS)->concert_id, 5);
    assert_null(counters_concert(counters, COUNTERS_CONCERTS_MAX + 1, NOW_MS));
}

static void a_concert_that_is_over_makes_room_for_the_next(void **state)
{
    struct counters *counters = counters_open(*state);
    int64_t later_ms = NOW_MS + COUNTERS_CONCERT_STALE_MS;

    for (uint64_t id = 1; id <= COUNTERS_CONCERTS_MAX; id++)
        counters_concert(counters, id, id == 7 ? NOW_MS : later_ms);
    assert_true(counters_concert_is_live(counters_concert(counters, 8, later_ms), later_ms));
    struct counters_concert *row = counters_concert(counters, 9999, later_ms);
    assert_non_null(row);
    assert_int_equal(row->concert_id, 9999);
    assert_ptr_equal(counters_concert(counters, 9999, later_ms), row);
    assert_null(counters_concert(counters, 7, later_ms));
}

static void names_and_helps_fit_the_exposition_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTERS; i++) {
        assert_int_equal(strspn(counter_names[i].name, "abcdefghijklmnopqrstuvwxyz_"), strlen(counter_names[i].name));
        assert_null(strpbrk(counter_names[i].help, "\\\n"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(additions_of_all_processes_add_up, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_page_of_another_build_is_begun_anew, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_that_was_cut_is_made_whole, make_folder, remove_folder),
        cmocka_unit_test(without_a_file_a_process_counts_for_itself_and_says_so),
        cmocka_unit_test_setup_teardown(durations_go_to_the_bucket_they_are_below, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(concerts_have_a_row_each_until_none_is_left, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_concert_that_is_over_makes_room_for_the_next, make_folder, remove_folder),
        cmocka_unit_test(names_and_helps_fit_the_exposition_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
