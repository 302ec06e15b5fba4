/* Paying around the moment a hold ends, with somebody else after the same seat. */
#include <inttypes.h>
#include <stdatomic.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/secret.h"
#include "store/seat_holds.h"
#include "tests/integration/money.h"

enum { PRICE = 70000, ROUNDS = 40, HOLD_MS = 15, AROUND_MS = 30, PATIENCE_MS = 60 };

/* Let a hold end soon: the key, its place on the map, and what the fan's own list says. */
static void end_hold_in(struct fixture *fixture, uint64_t concert, uint64_t fan, uint32_t seat, int64_t ms)
{
    int64_t end_ms = clock_now_ms() + ms;

    fixture_redis(fixture, must(talloc_asprintf(fixture->mem, "PEXPIRE hold:{c%" PRIu64 "}:%u %" PRId64, concert, seat,
                                                ms < 1 ? 1 : ms)));
    fixture_redis(fixture, must(talloc_asprintf(fixture->mem, "ZADD holds:{c%" PRIu64 "} %" PRId64 " %u", concert,
                                                end_ms, seat)));
    fixture_redis(fixture, must(talloc_asprintf(fixture->mem, "ZADD held:{c%" PRIu64 "}:%" PRIu64 " %" PRId64 " %u",
                                                concert, fan, end_ms, seat)));
}

struct race {
    uint64_t concert;
    uint32_t seat;
    uint64_t fan[2]; /* the holder, and who waits for the seat */
    uint32_t pause_us;
    _Atomic enum outcome outcome[2];
};

static void hold_and_pay(struct call *call, struct race *race)
{
    struct seat_holds holds;
    int64_t until_ms = clock_now_ms() + PATIENCE_MS;

    while (seat_holds_place(call, race->concert, &race->seat, 1, 1, &holds) != OUTCOME_DONE)
        if (clock_now_ms() > until_ms)
            return;
    atomic_store(&race->outcome[1], money_pay(call, race->concert, race->seat, NULL));
}

static void pay_or_take_over(struct call *call, size_t index, void *args)
{
    struct race *race = args;

    money_become(call, race->fan[index], "pay", "the seat");
    if (index == 1) {
        hold_and_pay(call, race);
        return;
    }
    usleep(race->pause_us);
    atomic_store(&race->outcome[0], money_pay(call, race->concert, race->seat, NULL));
}

static uint64_t owner_of(struct fixture *fixture, const struct race *race)
{
    return (uint64_t)fixture_number(
        fixture, must(talloc_asprintf(fixture->mem,
                                      "SELECT COALESCE(MAX(account_id), 0) FROM reservation WHERE taken = 1 AND "
                                      "concert_id = %" PRIu64 " AND seat = %u",
                                      race->concert, race->seat)));
}

static void a_seat_has_one_owner(struct fixture *fixture, const struct race *race)
{
    bool paid[2] = {race->outcome[0] == OUTCOME_DONE, race->outcome[1] == OUTCOME_DONE};

    assert_int_equal(paid[0] + paid[1], 1);
    assert_int_equal(owner_of(fixture, race), race->fan[paid[0] ? 0 : 1]);
    for (int i = 0; i < 2; i++)
        assert_int_equal(money_points(fixture, race->fan[i]), paid[i] ? 0 : PRICE);
    if (!paid[0])
        assert_int_equal(race->outcome[0], OUTCOME_SEAT_TAKEN);
}

static void whenever_the_hold_ends_one_of_two_owns_the_seat(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 4 * ROUNDS, PRICE, 4 * ROUNDS);
    int wins[2] = {0};

    for (uint32_t seat = 1; seat <= ROUNDS; seat++) {
        struct race race = {.concert = concert, .seat = seat, .pause_us = secret_random_below(AROUND_MS * 1000)};
        for (int i = 0; i < 2; i++) {
            race.fan[i] = fixture_account(fixture, PRICE);
            struct call call = fixture_call(fixture, race.fan[i]);
            money_enter(&call, concert);
            if (i == 0)
                money_hold(&call, concert, seat);
            race.outcome[i] = OUTCOME_HOLD_EXPIRED;
        }
        end_hold_in(fixture, concert, race.fan[0], seat, HOLD_MS);
        money_crowd(fixture->shared, 2, pay_or_take_over, &race);
        a_seat_has_one_owner(fixture, &race);
        wins[race.outcome[0] == OUTCOME_DONE ? 0 : 1]++;
    }
    print_message("the holder paid %d times, the other %d times\n", wins[0], wins[1]);
}

/* Nobody else comes: whether the hold lives when the payment arrives, ends meanwhile or ended before, it is paid. */
static void in_every_millisecond_around_its_end_a_hold_alone_is_paid(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 4 * ROUNDS, PRICE, 4 * ROUNDS);

    for (uint32_t seat = 1; seat <= ROUNDS; seat++) {
        struct call call = money_call(fixture, fixture_account(fixture, PRICE), "pay", "the seat");
        money_enter(&call, concert);
        money_hold(&call, concert, seat);
        end_hold_in(fixture, concert, call.account_id, seat, ROUNDS / 2);
        usleep(seat * 1000);
        assert_int_equal(money_pay(&call, concert, seat, NULL), OUTCOME_DONE);
        assert_int_equal(money_points(fixture, call.account_id), 0);
    }
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM reservation WHERE taken = 1"), ROUNDS);
}

static void a_late_payment_takes_a_seat_that_is_still_free(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 5, PRICE, 5);
    struct call call = money_call(fixture, fixture_account(fixture, PRICE), "pay", "seat 1");

    money_enter(&call, concert);
    money_hold(&call, concert, 1);
    end_hold_in(fixture, concert, call.account_id, 1, 1);
    usleep(5000);
    assert_int_equal(money_pay(&call, concert, 1, NULL), OUTCOME_DONE);
}

static void a_payment_after_redis_forgot_the_hold_is_refused_without_debit(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 5, PRICE, 5);
    struct call call = money_call(fixture, fixture_account(fixture, PRICE), "pay", "seat 1");

    money_enter(&call, concert);
    money_hold(&call, concert, 1);
    fixture_redis(fixture, "FLUSHALL");
    assert_int_equal(money_pay(&call, concert, 1, NULL), OUTCOME_HOLD_EXPIRED);
    assert_int_equal(money_points(fixture, call.account_id), PRICE);
}

static void beginning_to_pay_prolongs_the_hold_and_the_fans_time_inside(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 5, PRICE, 5);
    struct call call = money_call(fixture, fixture_account(fixture, PRICE - 1), "pay", "seat 1");

    money_enter(&call, concert);
    money_hold(&call, concert, 1);
    end_hold_in(fixture, concert, call.account_id, 1, 2000);
    const char *inside = must(talloc_asprintf(fixture->mem, "ZADD active:{c%" PRIu64 "} %" PRId64 " %" PRIu64, concert,
                                              clock_now_ms() + 2000, call.account_id));
    fixture_redis(fixture, inside);
    assert_int_equal(money_pay(&call, concert, 1, NULL), OUTCOME_POINTS_TOO_FEW);
    assert_true(fixture_redis(fixture, must(talloc_asprintf(fixture->mem, "PTTL hold:{c%" PRIu64 "}:1", concert))) >
                50000);
    const char *late = must(talloc_asprintf(fixture->mem, "ZCOUNT active:{c%" PRIu64 "} %" PRId64 " +inf", concert,
                                            clock_now_ms() + 50000));
    assert_int_equal(fixture_redis(fixture, late), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(whenever_the_hold_ends_one_of_two_owns_the_seat),
        TEST(in_every_millisecond_around_its_end_a_hold_alone_is_paid),
        TEST(a_late_payment_takes_a_seat_that_is_still_free),
        TEST(a_payment_after_redis_forgot_the_hold_is_refused_without_debit),
        TEST(beginning_to_pay_prolongs_the_hold_and_the_fans_time_inside),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
