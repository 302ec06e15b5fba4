#include <string.h>

#include "base/log.h"
#include "tests/unit/unit.h"

static void log_it(void *data)
{
    log_warning("seat_held request=%s", (const char *)data);
}

static void a_line_is_priority_and_event(void **state)
{
    (void)state;
    assert_string_equal(unit_errors_of(log_it, (void *)(uintptr_t) "9f2c"), "<4>seat_held request=9f2c\n");
}

static void what_came_from_outside_cannot_start_a_line(void **state)
{
    (void)state;
    assert_string_equal(unit_errors_of(log_it, (void *)(uintptr_t) "a\n<3>payment_lost\r\x1b[2J\x7f"),
                        "<4>seat_held request=a <3>payment_lost  [2J \n");
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
    char *long_text = test_malloc(10001);

    (void)state;
    memset(long_text, 'x', 10000);
    long_text[10000] = '\0';
    const char *line = unit_errors_of(log_it, long_text);
    assert_in_range(strlen(line), 1000, 2048);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    test_free(long_text);
}

static void log_debug_line(void *data)
{
    (void)data;
    log_debug("detail x=1");
}

static void lines_above_the_level_are_not_written(void **state)
{
    (void)state;
    assert_string_equal(unit_errors_of(log_debug_line, NULL), "");
    log_set_level(LOG_LEVEL_DEBUG);
    assert_string_equal(unit_errors_of(log_debug_line, NULL), "<7>detail x=1\n");
    log_set_level(LOG_LEVEL_ERROR);
    assert_string_equal(unit_errors_of(log_it, (void *)(uintptr_t) "a"), "");
    log_set_level(LOG_LEVEL_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_priority_and_event),
        cmocka_unit_test(what_came_from_outside_cannot_start_a_line),
        cmocka_unit_test(a_long_line_is_cut_and_still_ends),
        cmocka_unit_test(lines_above_the_level_are_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
