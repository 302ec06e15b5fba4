/* Charges, payments and cancellations against a real database, one request at a time. */
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "domain/cancellation.h"
#include "domain/payment.h"
#include "domain/points.h"
#include "store/mysql.h"
#include "store/seat_holds.h"
#include "tests/integration/money.h"

enum { PRICE = 70000 };

static void a_charge_adds_points_once(void **state)
{
    struct fixture *fixture = *state;
    uint64_t fan = fixture_account(fixture, 100);
    struct call call = money_call(fixture, fan, "k1", "charge 50");
    struct call again = call;
    const char *first;
    const char *second;

    assert_int_equal(points_charge(&call, 50, &first), OUTCOME_DONE);
    assert_non_null(strstr(first, "\"amount\":50,\"balance\":150}"));
    assert_int_equal(points_charge(&again, 50, &second), OUTCOME_DONE);
    assert_string_equal(first, second);
    assert_int_equal(money_points(fixture, fan), 150);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM point_entry WHERE reason = 'charge'"), 1);
}

static void a_key_with_another_body_is_refused(void **state)
{
    struct fixture *fixture = *state;
    uint64_t fan = fixture_account(fixture, 0);
    struct call call = money_call(fixture, fan, "k1", "charge 50");
    struct call other = money_call(fixture, fan, "k1", "charge 51");
    const char *answer;

    assert_int_equal(points_charge(&call, 50, &answer), OUTCOME_DONE);
    assert_int_equal(points_charge(&other, 51, &answer), OUTCOME_KEY_REUSED);
    assert_int_equal(money_points(fixture, fan), 50);
}

static void keys_of_different_fans_never_meet(void **state)
{
    struct fixture *fixture = *state;
    struct call one = money_call(fixture, fixture_account(fixture, 0), "same", "charge 5");
    struct call two = money_call(fixture, fixture_account(fixture, 0), "same", "charge 5");
    const char *answer;

    assert_int_equal(points_charge(&one, 5, &answer), OUTCOME_DONE);
    assert_int_equal(points_charge(&two, 5, &answer), OUTCOME_DONE);
    assert_int_equal(money_points(fixture, two.account_id), 5);
}

static void a_key_that_is_being_answered_is_running(void **state)
{
    struct fixture *fixture = *state;
    struct call call = money_call(fixture, fixture_account(fixture, 0), "k1", "charge 5");
    struct store *elsewhere = fixture_store(fixture);
    const char *answer;

    assert_int_equal(mysql_link_begin(elsewhere->mysql), 0);
    assert_int_equal(sql_change(elsewhere->mysql, SQL_IDEMPOTENCY_INSERT,
                                SQL_ARGS(sql_u64(call.account_id), sql_bytes("k1", 2),
                                         sql_bytes(call.fingerprint, sizeof(call.fingerprint)), sql_text("{}"),
                                         sql_time(call.now_ms))),
                     1);
    assert_int_equal(points_charge(&call, 5, &answer), OUTCOME_KEY_RUNNING);
    assert_true(call.refusal.retry_after_ms > 0);
    mysql_link_rollback(elsewhere->mysql);
    assert_int_equal(points_charge(&call, 5, &answer), OUTCOME_DONE);
    talloc_free(elsewhere);
}

static void a_payment_takes_points_and_gives_seats(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    uint64_t fan = fixture_account(fixture, 3 * PRICE);
    struct call call = money_call(fixture, fan, "pay", "seats 4 3 9");
    struct call again = call;
    const char *numbers[3];
    const char *first;
    const char *second;
    const uint32_t seats[] = {4, 3, 9};

    money_enter(&call, concert);
    for (size_t i = 0; i < 3; i++) {
        money_hold(&call, concert, seats[i]);
        numbers[i] = money_number(&call, concert, seats[i]);
    }
    assert_int_equal(payment_make(&call, numbers, 3, &first), OUTCOME_DONE);
    assert_non_null(strstr(first, must(talloc_asprintf(fixture->mem, "\"reservation_numbers\":[\"%s\",\"%s\",\"%s\"]",
                                                       numbers[0], numbers[1], numbers[2]))));
    assert_non_null(strstr(first, "\"amount\":210000,\"balance\":0,\"paid_at\":\"20"));
    assert_int_equal(money_points(fixture, fan), 0);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM reservation WHERE taken = 1"), 3);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM outbox WHERE type = 'payment.completed'"), 1);

    assert_int_equal(payment_make(&again, numbers, 3, &second), OUTCOME_DONE);
    assert_string_equal(first, second);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM payment"), 1);
}

static void too_few_points_change_nothing_and_the_key_stays_free(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    uint64_t fan = fixture_account(fixture, PRICE - 1);
    struct call call = money_call(fixture, fan, "pay", "seat 1");
    struct call charge = money_call(fixture, fan, "charge", "1");
    const char *answer;

    money_enter(&call, concert);
    money_hold(&call, concert, 1);
    assert_int_equal(money_pay(&call, concert, 1, NULL), OUTCOME_POINTS_TOO_FEW);
    assert_int_equal(money_points(fixture, fan), PRICE - 1);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM idempotency"), 0);
    assert_int_equal(points_charge(&charge, 1, &answer), OUTCOME_DONE);
    assert_int_equal(money_pay(&call, concert, 1, NULL), OUTCOME_DONE);
}

static void a_seat_nobody_held_is_not_sold(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    struct call call = money_call(fixture, fixture_account(fixture, PRICE), "pay", "seat 1");

    money_enter(&call, concert);
    assert_int_equal(money_pay(&call, concert, 1, NULL), OUTCOME_HOLD_EXPIRED);
    assert_int_equal(money_points(fixture, call.account_id), PRICE);
}

/* Redis forgot the first fan's hold, so both believe that they have the seat. MySQL has the last word. */
static void a_seat_is_sold_once_whatever_redis_says(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    struct call one = money_call(fixture, fixture_account(fixture, 2 * PRICE), "one", "seats 2 3");
    struct call two = money_call(fixture, fixture_account(fixture, PRICE), "two", "seat 3");
    const char *numbers[2];
    const char *answer;

    money_enter(&one, concert);
    money_enter(&two, concert);
    money_hold(&one, concert, 2);
    money_hold(&one, concert, 3);
    fixture_redis(fixture, must(talloc_asprintf(fixture->mem, "DEL hold:{c%d}:3", (int)concert)));
    money_hold(&two, concert, 3);
    assert_int_equal(money_pay(&two, concert, 3, NULL), OUTCOME_DONE);
    fixture_redis(fixture, must(talloc_asprintf(fixture->mem, "SETBIT sold:{c%d} 3 0", (int)concert)));

    numbers[0] = money_number(&one, concert, 2);
    numbers[1] = money_number(&one, concert, 3);
    assert_int_equal(payment_make(&one, numbers, 2, &answer), OUTCOME_SEAT_TAKEN);
    assert_int_equal(one.refusal.seats_count, 1);
    assert_int_equal(one.refusal.seats[0], 3);
    assert_int_equal(money_points(fixture, one.account_id), 2 * PRICE);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM payment"), 1);
}

static void numbers_that_make_no_sense_are_refused(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    uint64_t other = fixture_concert(fixture, 1, 10, PRICE, 10);
    struct call call = money_call(fixture, fixture_account(fixture, PRICE), "pay", "x");
    const char *good = money_number(&call, concert, 1);
    const char *answer;

    const char *twice[] = {good, good};
    assert_int_equal(payment_make(&call, twice, 2, &answer), OUTCOME_BAD_VALUE);
    const char *mixed[] = {good, money_number(&call, other, 1)};
    assert_int_equal(payment_make(&call, mixed, 2, &answer), OUTCOME_BAD_VALUE);
    const char *broken[] = {"20270301.1.'; DROP TABLE account"};
    assert_int_equal(payment_make(&call, broken, 1, &answer), OUTCOME_BAD_VALUE);
    assert_string_equal(call.refusal.field, "reservation_numbers");
    const char *beyond[] = {money_number(&call, concert, 11)};
    assert_int_equal(payment_make(&call, beyond, 1, &answer), OUTCOME_NOT_FOUND);
    const char *unknown[] = {"20270301.9999999999.1"};
    assert_int_equal(payment_make(&call, unknown, 1, &answer), OUTCOME_NOT_FOUND);
    char *other_day = must(talloc_strdup(fixture->mem, good));
    memcpy(other_day, "19990101", 8);
    const char *day[] = {other_day};
    assert_int_equal(payment_make(&call, day, 1, &answer), OUTCOME_NOT_FOUND);
}

static void a_concert_that_has_begun_sells_no_more(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    struct call call = money_call(fixture, fixture_account(fixture, PRICE), "pay", "seat 1");

    money_enter(&call, concert);
    money_hold(&call, concert, 1);
    call.now_ms += INT64_C(91) * 24 * 3600000;
    assert_int_equal(money_pay(&call, concert, 1, NULL), OUTCOME_CLOSED);
    assert_int_equal(money_points(fixture, call.account_id), PRICE);
}

/* A fan with one paid seat, for what comes after. */
static struct call paid_seat(struct fixture *fixture, uint64_t concert, const char **number)
{
    struct call call = money_call(fixture, fixture_account(fixture, PRICE), "pay", "seat 1");

    money_enter(&call, concert);
    money_hold(&call, concert, 1);
    assert_int_equal(money_pay(&call, concert, 1, NULL), OUTCOME_DONE);
    *number = money_number(&call, concert, 1);
    return money_call(fixture, call.account_id, "cancel", "seat 1");
}

static void a_cancelled_seat_is_refunded_once_and_sold_again(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    struct call second = money_call(fixture, fixture_account(fixture, PRICE), "pay", "seat 1");
    const char *number;
    const char *first_answer;
    const char *answer;
    struct call call = paid_seat(fixture, concert, &number);
    struct call new_key = money_call(fixture, call.account_id, "cancel-2", "seat 1");

    assert_int_equal(cancellation_make(&call, number, &first_answer), OUTCOME_DONE);
    assert_string_equal(first_answer, "{\"refunded\":70000,\"balance\":70000}");
    assert_int_equal(cancellation_make(&call, number, &answer), OUTCOME_DONE);
    assert_string_equal(first_answer, answer);
    assert_int_equal(cancellation_make(&new_key, number, &answer), OUTCOME_NOT_FOUND);
    assert_int_equal(money_points(fixture, call.account_id), PRICE);

    money_enter(&second, concert);
    money_hold(&second, concert, 1);
    assert_int_equal(money_pay(&second, concert, 1, NULL), OUTCOME_DONE);
    assert_int_equal(cancellation_make(&new_key, number, &answer), OUTCOME_NOT_FOUND);
}

static void anothers_reservation_cannot_be_cancelled(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    const char *number;
    const char *answer;

    paid_seat(fixture, concert, &number);
    struct call thief = money_call(fixture, fixture_account(fixture, 0), "cancel", "seat 1");
    assert_int_equal(cancellation_make(&thief, number, &answer), OUTCOME_NOT_FOUND);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM reservation WHERE taken = 1"), 1);
}

static void after_the_cut_off_nothing_is_cancelled_but_an_answer_is_given_again(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    const char *number;
    const char *answer;
    struct call call = paid_seat(fixture, concert, &number);
    struct call late = money_call(fixture, call.account_id, "late", "seat 1");

    late.now_ms += INT64_C(91) * 24 * 3600000;
    assert_int_equal(cancellation_make(&late, number, &answer), OUTCOME_TOO_LATE);
    assert_int_equal(cancellation_make(&call, number, &answer), OUTCOME_DONE);
    call.now_ms = late.now_ms;
    assert_int_equal(cancellation_make(&call, number, &answer), OUTCOME_DONE);
}

/* Clocks of two machines differ, and a request may have waited while its seat was paid for. */
static void nothing_is_cancelled_before_it_was_paid(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    const char *number;
    const char *answer;
    struct call call = paid_seat(fixture, concert, &number);

    call.now_ms -= 60000;
    assert_int_equal(cancellation_make(&call, number, &answer), OUTCOME_DONE);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM reservation WHERE cancelled_at >= paid_at"), 1);
}

static void the_cut_off_is_the_concerts_own(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    const char *number;
    const char *answer;

    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem,
                             "UPDATE concert SET cancel_until = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR", NULL),
                     0);
    struct call call = paid_seat(fixture, concert, &number);
    /* Another process, which reads the concert now. */
    call.store = store_new(fixture->mem, must(store_shared_new(fixture->mem, fixture->config)));
    call.now_ms += INT64_C(3660) * 1000;
    assert_int_equal(cancellation_make(&call, number, &answer), OUTCOME_TOO_LATE);
    call.now_ms -= INT64_C(120) * 1000;
    assert_int_equal(cancellation_make(&call, number, &answer), OUTCOME_DONE);
}

static void the_ledger_is_read_in_pages(void **state)
{
    struct fixture *fixture = *state;
    uint64_t fan = fixture_account(fixture, 100);
    struct point_entry *entries;
    const char *answer;
    size_t count;

    for (int i = 1; i <= 3; i++) {
        const char *key = must(talloc_asprintf(fixture->mem, "k%d", i));
        struct call call = money_call(fixture, fan, key, key);
        assert_int_equal(points_charge(&call, i, &answer), OUTCOME_DONE);
    }
    struct call call = fixture_call(fixture, fan);
    assert_int_equal(points_entries(&call, 0, 2, &entries, &count), OUTCOME_DONE);
    assert_int_equal(count, 2);
    assert_int_equal(entries[0].delta, 3);
    assert_int_equal(entries[0].balance_after, 106);
    assert_true(entries[0].created_ms > 0);
    assert_int_equal(points_entries(&call, entries[1].entry_id, 10, &entries, &count), OUTCOME_DONE);
    assert_int_equal(count, 2);
    assert_string_equal(entries[1].reason, "opening");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(a_charge_adds_points_once),
        TEST(a_key_with_another_body_is_refused),
        TEST(keys_of_different_fans_never_meet),
        TEST(a_key_that_is_being_answered_is_running),
        TEST(a_payment_takes_points_and_gives_seats),
        TEST(too_few_points_change_nothing_and_the_key_stays_free),
        TEST(a_seat_nobody_held_is_not_sold),
        TEST(a_seat_is_sold_once_whatever_redis_says),
        TEST(numbers_that_make_no_sense_are_refused),
        TEST(a_concert_that_has_begun_sells_no_more),
        TEST(a_cancelled_seat_is_refunded_once_and_sold_again),
        TEST(anothers_reservation_cannot_be_cancelled),
        TEST(after_the_cut_off_nothing_is_cancelled_but_an_answer_is_given_again),
        TEST(nothing_is_cancelled_before_it_was_paid),
        TEST(the_cut_off_is_the_concerts_own),
        TEST(the_ledger_is_read_in_pages),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
