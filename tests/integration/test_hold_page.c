/* What operators see of everybody's holds, and taking a seat back from whoever holds it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "domain/seat.h"
#include "tests/integration/money.h"

enum { SEATS = 40, FANS = 10, EACH = 4 };

struct hall {
    struct fixture *fixture;
    uint64_t concert;
    uint64_t fan[FANS];
};

static struct hall a_hall(void **state)
{
    struct hall hall = {.fixture = *state};

    hall.concert = fixture_concert(hall.fixture, 4, SEATS / 4, 1000, FANS);
    for (size_t i = 0; i < FANS; i++)
        hall.fan[i] = fixture_account(hall.fixture, 0);
    return hall;
}

/* Four seats in one call end in the same millisecond, which a page may cut anywhere. */
static void hold(const struct hall *hall, size_t fan)
{
    struct call call = fixture_call(hall->fixture, hall->fan[fan]);
    struct basket basket;
    uint32_t seats[EACH];

    money_enter(&call, hall->concert);
    for (uint32_t i = 0; i < EACH; i++)
        seats[i] = (uint32_t)fan * EACH + i + 1;
    assert_int_equal(seat_hold(&call, hall->concert, seats, EACH, &basket), OUTCOME_DONE);
}

static struct hold_page page_of(const struct hall *hall, uint64_t after, size_t limit)
{
    struct call call = fixture_call(hall->fixture, 0);
    struct hold_page page;

    assert_int_equal(seat_hold_page(&call, hall->concert, after, limit, &page), OUTCOME_DONE);
    return page;
}

static void take_back(const struct hall *hall, uint32_t seat, uint64_t account_id, enum outcome expected)
{
    struct call call = fixture_call(hall->fixture, 0);

    assert_int_equal(seat_take_back(&call, money_number(&call, hall->concert, seat), account_id), expected);
}

static void every_hold_is_on_one_page_whatever_its_size(void **state)
{
    struct hall hall = a_hall(state);

    for (size_t fan = 0; fan < FANS; fan++)
        hold(&hall, fan);
    for (size_t limit = 1; limit <= SEATS + 1; limit += limit < 8 ? 1 : 11) {
        bool seen[SEATS + 1] = {false};
        struct hold_page page = {0};
        size_t count = 0;
        int64_t last_ms = 0;
        do {
            page = page_of(&hall, page.next, limit);
            for (size_t i = 0; i < page.count; i++, count++) {
                const struct held_seat *seat = &page.row[i].seat;
                assert_false(seen[seat->seat]);
                seen[seat->seat] = true;
                assert_int_equal(page.row[i].owner.account_id, hall.fan[(seat->seat - 1) / EACH]);
                assert_non_null(strstr(page.row[i].owner.email, "@test"));
                assert_true(seat->ends_ms >= last_ms);
                last_ms = seat->ends_ms;
            }
        } while (page.next != 0);
        assert_int_equal(count, SEATS);
    }
}

static void a_hold_that_ran_out_is_not_listed(void **state)
{
    struct hall hall = a_hall(state);

    hold(&hall, 0);
    fixture_redis(hall.fixture,
                  must(talloc_asprintf(hall.fixture->mem, "ZADD holds:{c%" PRIu64 "} 1 2", hall.concert)));
    fixture_redis(hall.fixture, must(talloc_asprintf(hall.fixture->mem, "DEL hold:{c%" PRIu64 "}:3", hall.concert)));
    struct hold_page page = page_of(&hall, 0, SEATS);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.row[0].seat.seat, 1);
    assert_int_equal(page.row[1].seat.seat, 4);
}

static void a_seat_is_taken_back_from_whoever_holds_it(void **state)
{
    struct hall hall = a_hall(state);
    struct call other = fixture_call(hall.fixture, hall.fan[1]);
    uint32_t seat = 2;
    struct basket basket;

    hold(&hall, 0);
    take_back(&hall, seat, 0, OUTCOME_DONE);
    take_back(&hall, seat, 0, OUTCOME_NOT_FOUND);
    assert_int_equal(page_of(&hall, 0, SEATS).count, EACH - 1);
    money_enter(&other, hall.concert);
    assert_int_equal(seat_hold(&other, hall.concert, &seat, 1, &basket), OUTCOME_DONE);
}

static void the_next_holder_is_not_mistaken_for_the_one_before(void **state)
{
    struct hall hall = a_hall(state);

    hold(&hall, 0);
    take_back(&hall, 1, hall.fan[1], OUTCOME_NOT_FOUND);
    assert_int_equal(page_of(&hall, 0, SEATS).count, EACH);
    take_back(&hall, 1, hall.fan[0], OUTCOME_DONE);
    assert_int_equal(page_of(&hall, 0, SEATS).count, EACH - 1);
}

static void whoever_lost_the_seat_does_not_pay_for_it(void **state)
{
    struct hall hall = a_hall(state);
    struct call fan = money_call(hall.fixture, hall.fan[0], "pay", "pay");

    hold(&hall, 0);
    take_back(&hall, 1, 0, OUTCOME_DONE);
    assert_int_equal(money_pay(&fan, hall.concert, 1, NULL), OUTCOME_HOLD_EXPIRED);
}

static void what_names_no_seat_is_not_found(void **state)
{
    struct hall hall = a_hall(state);
    struct call call = fixture_call(hall.fixture, 0);
    struct hold_page page;

    assert_int_equal(seat_take_back(&call, "nonsense", 0), OUTCOME_NOT_FOUND);
    assert_int_equal(seat_take_back(&call, "20270101.999999.1", 0), OUTCOME_NOT_FOUND);
    take_back(&hall, SEATS + 1, 0, OUTCOME_NOT_FOUND);
    assert_int_equal(seat_hold_page(&call, 999999, 0, 10, &page), OUTCOME_NOT_FOUND);
    assert_int_equal(page_of(&hall, INT64_MAX, 10).count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(every_hold_is_on_one_page_whatever_its_size), TEST(a_hold_that_ran_out_is_not_listed),
        TEST(a_seat_is_taken_back_from_whoever_holds_it),  TEST(the_next_holder_is_not_mistaken_for_the_one_before),
        TEST(whoever_lost_the_seat_does_not_pay_for_it),   TEST(what_names_no_seat_is_not_found),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
