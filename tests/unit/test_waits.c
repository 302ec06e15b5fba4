/* cmocka.h wants these first. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "domain/waits.h"

enum { ROWS = 12, STEP_S = 10, INSIDE = 100 };

/* Five more join in each row and five are served, always fifty in line: the last of a row is served ten rows later. */
static void fill_steady(struct queue_row rows[ROWS])
{
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = (struct queue_row){.ends_s = 1000 + (int64_t)i * STEP_S,
                                     .flowing = true,
                                     .waiting = 50,
                                     .last = INSIDE + 50 + i * 5,
                                     .served = INSIDE + i * 5,
                                     .flow.low = 25,
                                     .flow.high = 35};
}

static void a_wait_ends_in_the_row_that_serves_the_number(void **state)
{
    struct queue_row rows[ROWS];
    struct wait waits[ROWS];

    (void)state;
    fill_steady(rows);
    struct waits_right judged = waits_judge(rows, ROWS, STEP_S, waits);
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(waits[i].is_told);
        assert_int_equal(waits[i].is_over, i < 2);
    }
    assert_int_equal(waits[0].true_s, 100);
    assert_int_equal(waits[1].true_s, 100);
    assert_in_range(waits[0].low_s, 1, 84);
    assert_in_range(waits[0].high_s, 120, 200);
    assert_int_equal(judged.over, 2);
    assert_int_equal(judged.right, 2);
}

static void a_promise_that_was_too_good_is_not_right(void **state)
{
    struct queue_row rows[ROWS];
    struct wait waits[ROWS];

    (void)state;
    fill_steady(rows);
    rows[0].flow.low = rows[0].flow.high = 200;
    struct waits_right judged = waits_judge(rows, ROWS, STEP_S, waits);
    assert_int_equal(judged.over, 2);
    assert_int_equal(judged.right, 1);
}

static void one_that_was_too_bad_is_not_right_either(void **state)
{
    struct queue_row rows[ROWS];
    struct wait waits[ROWS];

    (void)state;
    fill_steady(rows);
    rows[1].flow.low = rows[1].flow.high = 5;
    struct waits_right judged = waits_judge(rows, ROWS, STEP_S, waits);
    assert_int_equal(judged.over, 2);
    assert_int_equal(judged.right, 1);
}

static void a_wait_of_which_nothing_was_told_is_not_judged(void **state)
{
    struct queue_row rows[ROWS];
    struct wait waits[ROWS];

    (void)state;
    fill_steady(rows);
    rows[0].flow.low = rows[0].flow.high = 0;
    rows[1].flowing = false;
    struct waits_right judged = waits_judge(rows, ROWS, STEP_S, waits);
    assert_int_equal(judged.over, 0);
    assert_false(waits[0].is_told);
    assert_false(waits[1].is_told);
    assert_int_equal(waits[0].true_s, 100);
}

static void the_line_being_empty_ends_every_wait(void **state)
{
    struct queue_row rows[ROWS];
    struct wait waits[ROWS];

    (void)state;
    fill_steady(rows);
    for (size_t i = 3; i < ROWS; i++)
        rows[i] = (struct queue_row){.ends_s = rows[i].ends_s, .flowing = true, .last = 160, .served = 110};
    waits_judge(rows, ROWS, STEP_S, waits);
    assert_int_equal(waits[0].true_s, 30);
    assert_int_equal(waits[2].true_s, 10);
    assert_false(waits[3].is_told);
    assert_false(waits[3].is_over);
}

static void those_who_came_back_are_not_the_last_in_line(void **state)
{
    struct queue_row rows[2] = {
        {.ends_s = 10, .flowing = true, .waiting = 3, .last = 20, .served = 20, .flow.low = 5, .flow.high = 6},
        {.ends_s = 20, .flowing = true, .last = 20, .served = 20, .flow.low = 5, .flow.high = 6},
    };
    struct wait waits[2];

    (void)state;
    assert_int_equal(waits_judge(rows, 2, STEP_S, waits).over, 0);
    assert_false(waits[0].is_told);
    assert_false(waits[0].is_over);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_ends_in_the_row_that_serves_the_number),
        cmocka_unit_test(a_promise_that_was_too_good_is_not_right),
        cmocka_unit_test(one_that_was_too_bad_is_not_right_either),
        cmocka_unit_test(a_wait_of_which_nothing_was_told_is_not_judged),
        cmocka_unit_test(the_line_being_empty_ends_every_wait),
        cmocka_unit_test(those_who_came_back_are_not_the_last_in_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
