/* Payments whose COMMIT is not answered, or never arrives: the key's row says which. */
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "domain/payment.h"
#include "domain/points.h"
#include "tests/integration/money.h"
#include "tests/integration/wire.h"

enum { PRICE = 70000 };

/* A call whose MySQL is at the other end of a wire. */
struct cut {
    struct wire *wire;
    void *mem;
    struct call call;
};

static struct cut through_a_wire(struct fixture *fixture, struct call call)
{
    struct cut cut = {.wire = wire_open(fixture->config->mysql_socket), .mem = talloc_new(NULL), .call = call};
    struct config *config = must(talloc_memdup(cut.mem, fixture->config, sizeof(*config)));

    config->mysql_socket = must(talloc_strdup(config, wire_path(cut.wire)));
    cut.call.store = store_new(cut.mem, must(store_shared_new(cut.mem, config)));
    return cut;
}

static void put_away(struct cut *cut)
{
    talloc_free(cut->mem);
    wire_close(cut->wire);
}

static void a_charge_whose_commit_is_not_answered_is_answered_nevertheless(void **state)
{
    struct fixture *fixture = *state;
    uint64_t fan = fixture_account(fixture, 0);
    struct cut cut = through_a_wire(fixture, money_call(fixture, fan, "k", "charge 50"));
    const char *first;
    const char *second;

    wire_cut_next(cut.wire, WIRE_CUT_AFTER_COMMIT, false);
    assert_int_equal(points_charge(&cut.call, 50, &first), OUTCOME_DONE);
    assert_int_equal(wire_cuts(cut.wire), 1);
    assert_int_equal(money_points(fixture, fan), 50);
    assert_int_equal(points_charge(&cut.call, 50, &second), OUTCOME_DONE);
    assert_string_equal(first, second);
    assert_int_equal(money_points(fixture, fan), 50);
    put_away(&cut);
}

static void a_charge_whose_commit_never_arrives_is_made_again(void **state)
{
    struct fixture *fixture = *state;
    uint64_t fan = fixture_account(fixture, 0);
    struct cut cut = through_a_wire(fixture, money_call(fixture, fan, "k", "charge 50"));
    const char *answer;

    wire_cut_next(cut.wire, WIRE_CUT_BEFORE_COMMIT, false);
    assert_int_equal(points_charge(&cut.call, 50, &answer), OUTCOME_DONE);
    assert_int_equal(wire_cuts(cut.wire), 1);
    assert_int_equal(money_points(fixture, fan), 50);
    put_away(&cut);
}

/* The database is gone from the moment of COMMIT on: nobody can say what happened, until it is back. */
static void pay_while_the_database_goes(struct fixture *fixture, enum wire_cut moment, int64_t paid)
{
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    uint64_t fan = fixture_account(fixture, PRICE);
    struct call call = money_call(fixture, fan, "pay", "seat 1");
    struct cut cut = through_a_wire(fixture, call);
    const char *answer;

    money_enter(&call, concert);
    money_hold(&call, concert, 1);
    money_number(&cut.call, concert, 1);
    wire_cut_next(cut.wire, moment, true);
    assert_int_equal(money_pay(&cut.call, concert, 1, NULL), OUTCOME_UNAVAILABLE);
    assert_true(cut.call.refusal.retry_after_ms > 0);
    assert_int_equal(money_points(fixture, fan), PRICE - paid);

    wire_mend(cut.wire);
    assert_int_equal(money_pay(&cut.call, concert, 1, &answer), OUTCOME_DONE);
    assert_non_null(strstr(answer, "\"amount\":70000,\"balance\":0"));
    assert_int_equal(money_points(fixture, fan), 0);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM payment"), 1);
    put_away(&cut);
}

static void a_payment_nobody_can_ask_about_is_unavailable_and_then_known_to_be_made(void **state)
{
    pay_while_the_database_goes(*state, WIRE_CUT_AFTER_COMMIT, PRICE);
}

static void a_payment_nobody_can_ask_about_is_unavailable_and_then_made(void **state)
{
    pay_while_the_database_goes(*state, WIRE_CUT_BEFORE_COMMIT, 0);
}

/* The rows of a fan and of a seat are locked from the first to the last: each trip is paid for by whoever waits. */
static void a_payment_is_two_round_trips_however_many_seats(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    uint64_t fan = fixture_account(fixture, 4 * PRICE);
    struct cut cut = through_a_wire(fixture, money_call(fixture, fan, "one", "seat 1"));
    struct call next = cut.call;
    const char *numbers[3];
    const char *answer;

    money_enter(&cut.call, concert);
    for (uint32_t seat = 1; seat <= 4; seat++)
        money_hold(&cut.call, concert, seat);
    assert_int_equal(money_pay(&cut.call, concert, 1, NULL), OUTCOME_DONE);
    for (uint32_t i = 0; i < 3; i++)
        numbers[i] = money_number(&cut.call, concert, 2 + i);
    int before = wire_trips(cut.wire);
    next.idempotency_key = "two";
    assert_int_equal(payment_make(&next, numbers, 3, &answer), OUTCOME_DONE);
    assert_int_equal(wire_trips(cut.wire) - before, 2);
    put_away(&cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(a_charge_whose_commit_is_not_answered_is_answered_nevertheless),
        TEST(a_charge_whose_commit_never_arrives_is_made_again),
        TEST(a_payment_nobody_can_ask_about_is_unavailable_and_then_known_to_be_made),
        TEST(a_payment_nobody_can_ask_about_is_unavailable_and_then_made),
        TEST(a_payment_is_two_round_trips_however_many_seats),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
