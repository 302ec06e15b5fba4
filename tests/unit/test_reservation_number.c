/* Reservation numbers, written and read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <talloc.h>

#include "domain/reservation_number.h"

static void what_was_written_is_read(void **state)
{
    (void)state;
    char date[CLOCK_DATE_SIZE];
    uint64_t concert_id;
    uint32_t seat;
    void *mem = talloc_new(NULL);

    assert_string_equal(reservation_number_text(mem, "20241112", 5, 4), "20241112.5.4");
    assert_true(reservation_number_read("20241112.5.4", date, &concert_id, &seat));
    assert_string_equal(date, "20241112");
    assert_int_equal(concert_id, 5);
    assert_int_equal(seat, 4);
    assert_true(reservation_number_read("20241112.9999999999.999999", date, &concert_id, &seat));
    talloc_free(mem);
}

static void anything_else_is_no_number(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "20241112",
                                        "20241112.",
                                        "20241112.5",
                                        "20241112.5.",
                                        "20241112..4",
                                        "2024111.5.4",
                                        "202411123.5.4",
                                        "20241112.05.4",
                                        "20241112.5.04",
                                        "20241112.0.4",
                                        "20241112.5.0",
                                        "20241112.5.4.1",
                                        "20241112.5.4 ",
                                        " 20241112.5.4",
                                        "20241112.-5.4",
                                        "20241112.5.+4",
                                        "2024111x.5.4",
                                        "20241112.5.1000000",
                                        "20241112.99999999999.1",
                                        "20241112,5,4"};
    char date[CLOCK_DATE_SIZE];
    uint64_t concert_id;
    uint32_t seat;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(reservation_number_read(wrong[i], date, &concert_id, &seat));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(anything_else_is_no_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
