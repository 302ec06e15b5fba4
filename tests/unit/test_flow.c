/* cmocka.h wants these first. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>

#include "domain/flow.h"

enum { ROWS = 60 };

/* A line that moves by so many fans in each row, into a room that is always full. */
static void fill_steady(struct queue_row rows[ROWS], uint64_t fans)
{
    memset(rows, 0, ROWS * sizeof(*rows));
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].admissions = fans;
        rows[i].entered = fans;
        rows[i].waiting = 1000;
        rows[i].active = 50;
        rows[i].flowing = true;
    }
}

static void a_steady_line_is_known_within_a_range(void **state)
{
    struct queue_row rows[ROWS];
    int64_t low_s;
    int64_t high_s;

    (void)state;
    fill_steady(rows, 5);
    struct flow flow = flow_of(rows, ROWS);
    assert_true(flow.low < 30 && flow.low > 15);
    assert_true(flow.high > 30 && flow.high < 60);
    assert_true(flow_wait(flow, 300, &low_s, &high_s));
    assert_true(low_s < 600 && 600 < high_s);
    assert_true(high_s < 4 * low_s);
}

static void a_minute_is_the_least_to_judge_from(void **state)
{
    struct queue_row rows[ROWS];
    struct flow flow;

    (void)state;
    fill_steady(rows, 5);
    for (size_t i = 0; i < ROWS; i++)
        rows[i].active = 20;
    flow = flow_of(rows, 6);
    assert_true(flow.low == 0 && flow.high == 0);
    flow = flow_of(rows, 7);
    assert_true(flow.low > 0);
    assert_true(flow_of(rows, 0).high == 0);
}

static void a_line_that_stands_still_says_nothing(void **state)
{
    struct queue_row rows[ROWS];
    int64_t low_s;
    int64_t high_s;

    (void)state;
    fill_steady(rows, 0);
    assert_false(flow_wait(flow_of(rows, ROWS), 300, &low_s, &high_s));
}

static void what_fills_an_empty_room_is_not_the_pace(void **state)
{
    struct queue_row rows[ROWS];

    (void)state;
    fill_steady(rows, 1);
    for (size_t i = 0; i < 20; i++)
        rows[i].active = 0;
    rows[20].admissions = 51;
    struct flow flow = flow_of(rows, ROWS);
    /* Six a minute go; those who were let in at once were fifty. */
    assert_true(flow.high < 14);
}

static void a_room_from_which_few_have_gone_says_too_little(void **state)
{
    struct queue_row rows[ROWS];

    (void)state;
    fill_steady(rows, 0);
    for (size_t i = 0; i < 10; i++)
        rows[ROWS - 1 - i].admissions = 4;
    assert_true(flow_of(rows, ROWS).high == 0);
    for (size_t i = 0; i < 10; i++)
        rows[ROWS - 1 - i].admissions = 6;
    assert_true(flow_of(rows, ROWS).high > 0);
}

/* The rate lets fans in faster than they will leave, and the room will soon be full. */
static void a_room_that_fills_up_does_not_promise_the_pace_of_filling(void **state)
{
    struct queue_row rows[ROWS];

    (void)state;
    fill_steady(rows, 6);
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].active = 20 + i * 2;
        rows[i].room = (ROWS - 1 - i) * 2 + 50;
    }
    struct flow flow = flow_of(rows, ROWS);
    /* Thirty-six a minute go in, twenty-four come out. */
    assert_true(flow.high < 36 && flow.low > 10);
}

static void the_time_of_a_pause_does_not_count(void **state)
{
    struct queue_row rows[ROWS];

    (void)state;
    fill_steady(rows, 5);
    for (size_t i = 20; i < 45; i++)
        rows[i] = (struct queue_row){.waiting = 1000, .active = 50};
    struct flow flow = flow_of(rows, ROWS);
    assert_true(flow.low > 15 && flow.high < 60);
    for (size_t i = 45; i < 56; i++)
        rows[i].flowing = false;
    assert_true(flow_of(rows, ROWS).high == 0);
}

static void those_who_are_passed_over_move_the_line_too(void **state)
{
    struct queue_row rows[ROWS];

    (void)state;
    fill_steady(rows, 5);
    for (size_t i = 0; i < ROWS; i++)
        rows[i].absences = 5;
    struct flow flow = flow_of(rows, ROWS);
    assert_true(flow.low < 60 && 60 < flow.high);
}

/* Of a hundred in line two go away in a minute: after so many minutes ever fewer of those who are called come. */
static void a_line_that_fades_moves_faster_later_on(void **state)
{
    static struct queue_row rows[QUEUES_RECENT_ROWS];
    double share = 1;
    int64_t low_s;
    int64_t high_s;

    (void)state;
    for (size_t i = 0; i < QUEUES_RECENT_ROWS; i++, share *= 1 - 0.02 / 6)
        rows[i] = (struct queue_row){.admissions = 40,
                                     .entered = 40,
                                     .absences = (uint64_t)(40 / share + 0.5) - 40,
                                     .waiting = 10000,
                                     .active = 100,
                                     .room = 1000,
                                     .flowing = true};
    struct flow flow = flow_of(rows, QUEUES_RECENT_ROWS);
    assert_true(flow.fade_low > 0.01 && flow.fade_low < 0.02);
    assert_true(flow.fade_high > 0.02 && flow.fade_high < 0.03);
    /* 240 come a minute, of whom 67 in a hundred are left: at this pace 20,000 take 56 minutes; the truth is 38. */
    assert_true(flow_wait(flow, 20000, &low_s, &high_s));
    assert_true(low_s < 38 * 60 && 38 * 60 < high_s && high_s < 50 * 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_line_is_known_within_a_range),
        cmocka_unit_test(a_minute_is_the_least_to_judge_from),
        cmocka_unit_test(a_line_that_stands_still_says_nothing),
        cmocka_unit_test(what_fills_an_empty_room_is_not_the_pace),
        cmocka_unit_test(a_room_from_which_few_have_gone_says_too_little),
        cmocka_unit_test(a_room_that_fills_up_does_not_promise_the_pace_of_filling),
        cmocka_unit_test(the_time_of_a_pause_does_not_count),
        cmocka_unit_test(those_who_are_passed_over_move_the_line_too),
        cmocka_unit_test(a_line_that_fades_moves_faster_later_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
