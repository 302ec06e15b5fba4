#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "tests/unit/unit.h"

static const int64_t MOMENT = 1803895200000; /* 2027-03-01T10:00:00Z */

static void times_are_written_in_utc_with_milliseconds(void **state)
{
    static const struct {
        int64_t unix_ms;
        const char *text;
    } examples[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {951782399999, "2000-02-28T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {MOMENT + 7, "2027-03-01T10:00:00.007Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(examples); i++) {
        char text[CLOCK_TEXT_SIZE];
        int64_t unix_ms = -1;
        clock_to_text(examples[i].unix_ms, text);
        assert_string_equal(text, examples[i].text);
        assert_true(clock_from_text(text, &unix_ms));
        assert_int_equal(unix_ms, examples[i].unix_ms);
    }
}

static void every_way_to_write_a_moment_is_that_moment(void **state)
{
    static const char *const same[] = {
        "2027-03-01T10:00:00Z",      "2027-03-01t10:00:00z",           "2027-03-01T10:00:00.0Z",
        "2027-03-01T19:00:00+09:00", "2027-03-01T00:30:00.000-09:30",  "2027-02-28T23:00:00-11:00",
        "2027-03-01T10:00:00.000Z",  "2027-03-01T10:00:00.000999999Z",
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(same); i++) {
        int64_t unix_ms = -1;
        assert_true(clock_from_text(same[i], &unix_ms));
        assert_int_equal(unix_ms, MOMENT);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "now",
        "2027-03-01",
        "2027-03-01T10:00:00",
        "2027-03-01 10:00:00Z",
        "2027-3-01T10:00:00Z",
        "2027-02-29T10:00:00Z",
        "2027-02-30T10:00:00Z",
        "2027-13-01T10:00:00Z",
        "2027-00-01T10:00:00Z",
        "2027-03-00T10:00:00Z",
        "2027-03-01T24:00:00Z",
        "2027-03-01T10:60:00Z",
        "2027-03-01T10:00:60Z",
        "2027-03-01T10:00:00.Z",
        "2027-03-01T10:00:00.1234567890Z",
        "2027-03-01T10:00:00,5Z",
        "2027-03-01T10:00:00+0900",
        "2027-03-01T10:00:00+9:00",
        "2027-03-01T10:00:00+24:00",
        "2027-03-01T10:00:00+09:60",
        "2027-03-01T10:00:00+09:00:00",
        "2027-03-01T10:00:00Z ",
        " 2027-03-01T10:00:00Z",
        "+027-03-01T10:00:00Z",
        "2027-+3-01T10:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "20270301T100000Z",
        "2027-03-01T10:00:00Z; DROP TABLE account",
    };
    int64_t unix_ms = 42;

    (void)state;
    for (size_t i = 0; i < LENGTH(wrong); i++)
        if (clock_from_text(wrong[i], &unix_ms))
            fail_msg("taken for a time: %s", wrong[i]);
    assert_int_equal(unix_ms, 42);
}

static void the_date_is_that_of_the_place(void **state)
{
    char date[CLOCK_DATE_SIZE];

    (void)state;
    assert_true(clock_date_at("UTC", MOMENT, date));
    assert_string_equal(date, "20270301");
    assert_true(clock_date_at("Asia/Seoul", MOMENT + 5 * INT64_C(3600000), date));
    assert_string_equal(date, "20270302");
    assert_true(clock_date_at("America/New_York", MOMENT - 6 * INT64_C(3600000), date));
    assert_string_equal(date, "20270228");
}

static void zones_that_are_none_are_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "Mars/Olympus",
                                        "../../etc/passwd",
                                        "/etc/passwd",
                                        "Asia/Seoul\n",
                                        "KST-9",
                                        "Asia/../../tmp",
                                        "Asia",
                                        "leapseconds",
                                        ":UTC",
                                        "Asia/Seoul;"};
    char date[CLOCK_DATE_SIZE];

    (void)state;
    for (size_t i = 0; i < LENGTH(wrong); i++)
        if (clock_date_at(wrong[i], MOMENT, date))
            fail_msg("taken for a zone: %s", wrong[i]);
}

static void *ask_dates(void *wanted)
{
    const char *zone = wanted;
    const char *expected = strcmp(zone, "Asia/Seoul") == 0 ? "20270302" : "20270301";
    size_t wrong = 0;

    for (int i = 0; i < 2000; i++) {
        char date[CLOCK_DATE_SIZE];
        if (!clock_date_at(zone, MOMENT + 5 * INT64_C(3600000), date) || strcmp(date, expected) != 0)
            wrong++;
    }
    return (void *)wrong;
}

static void threads_that_ask_for_different_zones_do_not_mix_them_up(void **state)
{
    pthread_t seoul;
    pthread_t utc;
    void *wrong_seoul;
    void *wrong_utc;

    (void)state;
    assert_int_equal(pthread_create(&seoul, NULL, ask_dates, (void *)(uintptr_t) "Asia/Seoul"), 0);
    assert_int_equal(pthread_create(&utc, NULL, ask_dates, (void *)(uintptr_t) "UTC"), 0);
    pthread_join(seoul, &wrong_seoul);
    pthread_join(utc, &wrong_utc);
    assert_null(wrong_seoul);
    assert_null(wrong_utc);
}

static void clocks_go_forward(void **state)
{
    int64_t before_ns = clock_steady_ns();
    int64_t before_ms = clock_now_ms();

    (void)state;
    assert_true(before_ms > INT64_C(1700000000000));
    assert_true(clock_steady_ns() >= before_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_in_utc_with_milliseconds),
        cmocka_unit_test(every_way_to_write_a_moment_is_that_moment),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(the_date_is_that_of_the_place),
        cmocka_unit_test(zones_that_are_none_are_refused),
        cmocka_unit_test(threads_that_ask_for_different_zones_do_not_mix_them_up),
        cmocka_unit_test(clocks_go_forward),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
