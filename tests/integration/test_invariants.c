/* A promise that is never seen broken may be one that is not looked at: here each is broken once. */
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "domain/cancellation.h"
#include "domain/invariant.h"
#include "domain/points.h"
#include "store/mysql.h"
#include "tests/integration/money.h"

enum { PRICE = 1000 };

static const struct {
    const char *promise;
    const char *sql;
} crimes[] = {
    {"balance_equals_ledger", "UPDATE account SET points = points + 1 LIMIT 1"},
    {"ledger_has_an_account", "DELETE FROM account LIMIT 1"},
    {"balance_after_follows_from_the_entry_before",
     "UPDATE point_entry SET balance_after = balance_after + 1 WHERE reason = 'charge'"},
    {"nothing_is_negative", "UPDATE reservation SET price = -1"},
    {"ledger_signs_fit_their_reasons", "UPDATE point_entry SET delta = -delta WHERE reason = 'charge'"},
    {"seat_sold_once",
     "INSERT INTO reservation (reservation_number, account_id, concert_id, seat, price, payment_id, paid_at) SELECT "
     "'19990101.1.1', account_id, concert_id, seat, price, payment_id, paid_at FROM reservation WHERE taken = 1"},
    {"reservation_number_names_its_seat", "UPDATE reservation SET seat = seat + 1 WHERE taken = 1"},
    {"reservation_number_names_its_seat", "UPDATE concert SET seats_total = 1"},
    {"reservation_belongs_to_its_payment", "UPDATE reservation SET account_id = account_id + 1 WHERE taken = 1"},
    {"reservation_belongs_to_its_payment", "DELETE FROM payment LIMIT 1"},
    {"payment_is_the_sum_of_its_seats", "UPDATE payment SET amount = amount + 1"},
    {"payment_is_the_sum_of_its_seats", "DELETE FROM reservation WHERE taken = 1"},
    {"payment_has_one_entry", "DELETE FROM point_entry WHERE reason = 'payment' LIMIT 1"},
    {"payment_has_one_entry", "UPDATE point_entry SET reference = '99' WHERE reason = 'payment'"},
    {"payment_has_one_entry",
     "INSERT INTO point_entry (account_id, delta, reason, reference, balance_after, created_at) SELECT account_id, "
     "0, reason, reference, balance_after, created_at FROM point_entry WHERE reason = 'payment' LIMIT 1"},
    {"cancellation_has_one_refund", "DELETE FROM point_entry WHERE reason = 'refund'"},
    {"cancellation_has_one_refund",
     "INSERT INTO point_entry (account_id, delta, reason, reference, balance_after, created_at) SELECT account_id, "
     "delta, reason, reference, balance_after, created_at FROM point_entry WHERE reason = 'refund'"},
    {"cancelled_after_it_was_paid",
     "UPDATE reservation SET cancelled_at = paid_at - INTERVAL 1 DAY WHERE taken IS NULL"},
    {"whoever_is_inside_has_paid", "UPDATE reservation SET used_at = cancelled_at WHERE taken IS NULL"},
    {"key_has_its_answer", "UPDATE idempotency SET answer = NULL LIMIT 1"},
    {"event_tells_of_a_payment", "UPDATE outbox SET aggregateid = '999999' LIMIT 1"},
    {"event_is_told_once",
     "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at) SELECT 'x', aggregatetype, "
     "aggregateid, type, payload, created_at FROM outbox WHERE type = 'payment.completed' LIMIT 1"},
    {"event_is_told_once",
     "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at) SELECT 'x', aggregatetype, "
     "aggregateid, type, payload, created_at FROM outbox WHERE type = 'reservation.cancelled'"},
    {"sold_seats_are_counted_or_will_be", "DELETE FROM outbox WHERE type = 'reservation.cancelled'"},
    {"sold_seats_are_counted_or_will_be", "DELETE FROM outbox WHERE type = 'payment.completed' LIMIT 1"},
    {"sold_seats_are_counted_or_will_be",
     "INSERT INTO inbox (consumer_group, event_id, done_at) SELECT 'payment-count', id, created_at FROM outbox"},
    {"each_group_has_what_another_had_an_hour_ago",
     "INSERT INTO inbox (consumer_group, event_id, done_at) VALUES ('payment-queue', 'a', UTC_TIMESTAMP(3)), "
     "('payment-queue', 'b', UTC_TIMESTAMP(3) - INTERVAL 2 HOUR), "
     "('payment-message', 'c', UTC_TIMESTAMP(3) - INTERVAL 2 HOUR)"},
};

/* One charge, two payments, one of them cancelled. */
static void have_a_history(struct fixture *fixture)
{
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    uint64_t fan = fixture_account(fixture, PRICE);
    struct call call = money_call(fixture, fan, "charge", "charge");
    struct call pay = money_call(fixture, fan, "pay", "pay");
    struct call cancel = money_call(fixture, fan, "cancel", "cancel");
    struct call pay_again = money_call(fixture, fan, "pay-2", "pay-2");
    const char *answer;

    assert_int_equal(points_charge(&call, PRICE, &answer), OUTCOME_DONE);
    for (uint32_t seat = 2; seat <= 3; seat++) {
        money_enter(&call, concert);
        money_hold(&call, concert, seat);
        assert_int_equal(money_pay(seat == 2 ? &pay : &pay_again, concert, seat, NULL), OUTCOME_DONE);
    }
    assert_int_equal(cancellation_make(&cancel, money_number(&cancel, concert, 2), &answer), OUTCOME_DONE);
}

static size_t breaks(struct fixture *fixture, const char *promise)
{
    struct call call = fixture_call(fixture, 0);
    struct promise *promises;
    size_t count;
    size_t broken = 0;
    bool known = false;

    assert_int_equal(invariant_check(&call, &promises, &count), OUTCOME_DONE);
    for (size_t i = 0; i < count; i++) {
        known = known || strcmp(promises[i].promise, promise) == 0;
        if (strcmp(promises[i].promise, promise) == 0)
            broken = promises[i].broken;
    }
    if (!known)
        fail_msg("no such promise: %s", promise);
    return broken;
}

static void every_promise_is_seen_when_it_is_broken(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(crimes) / sizeof(crimes[0]); i++) {
        fixture_clean(state);
        have_a_history(fixture);
        assert_int_equal(breaks(fixture, crimes[i].promise), 0);
        assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, crimes[i].sql, NULL), 0);
        if (breaks(fixture, crimes[i].promise) == 0)
            fail_msg("%s did not see: %s", crimes[i].promise, crimes[i].sql);
    }
    fixture_clean(state);
}

static void run(struct fixture *fixture, const char *sql)
{
    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, sql, NULL), 0);
}

/* Kafka's events leave the outbox before they are counted: no promise is broken by it, nor by many of them. */
static void what_only_kafka_knows_is_looked_past_for_an_hour(void **state)
{
    static const char promise[] = "sold_seats_are_counted_or_will_be";
    struct fixture *fixture = *state;
    const char *usual = fixture->config->events_bus;

    fixture_clean(state);
    have_a_history(fixture);
    run(fixture, "DELETE FROM outbox");
    assert_int_equal(breaks(fixture, promise), 1);
    fixture->config->events_bus = "kafka";
    assert_int_equal(breaks(fixture, promise), 0);
    run(fixture, "UPDATE reservation SET paid_at = paid_at - INTERVAL 2 HOUR");
    assert_int_equal(breaks(fixture, promise), 1);
    run(fixture, "UPDATE reservation SET paid_at = paid_at + INTERVAL 2 HOUR");
    run(fixture, "INSERT INTO concert_count (concert_id, sold) SELECT concert_id, COUNT(*) + 1 FROM reservation "
                 "WHERE taken = 1 GROUP BY concert_id");
    assert_int_equal(breaks(fixture, promise), 0); /* the cancellation may be on its way */
    run(fixture, "UPDATE reservation SET cancelled_at = cancelled_at - INTERVAL 2 HOUR");
    assert_int_equal(breaks(fixture, promise), 1);
    fixture->config->events_bus = usual;
    fixture_clean(state);
}

static void every_promise_is_broken_here(void **state)
{
    struct fixture *fixture = *state;
    struct call call = fixture_call(fixture, 0);
    struct promise *promises;
    size_t count;

    assert_int_equal(invariant_check(&call, &promises, &count), OUTCOME_DONE);
    for (size_t i = 0; i < count; i++) {
        size_t crime = 0;
        while (crime < sizeof(crimes) / sizeof(crimes[0]) && strcmp(crimes[crime].promise, promises[i].promise) != 0)
            crime++;
        if (crime == sizeof(crimes) / sizeof(crimes[0]))
            fail_msg("nothing here breaks %s", promises[i].promise);
    }
}

static void a_history_without_crimes_breaks_nothing(void **state)
{
    have_a_history(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(a_history_without_crimes_breaks_nothing),
        TEST(every_promise_is_seen_when_it_is_broken),
        TEST(what_only_kafka_knows_is_looked_past_for_an_hour),
        TEST(every_promise_is_broken_here),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
