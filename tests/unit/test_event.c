#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "domain/event.h"
#include "domain/reaction.h"

static const struct paid_seat seats[] = {{"20270301.5.4", 4, 70000}, {"20270301.5.5", 5, 50000}};

static const struct payment_completed completed = {
    .payment_id = 12,
    .account_id = 7,
    .concert_id = 5,
    .place = 991,
    .amount = 120000,
    .paid_ms = 1803895200123,
    .seats = seats,
    .seats_count = 2,
};

static const struct reservation_cancelled cancelled = {
    .payment_id = 12,
    .account_id = 7,
    .concert_id = 5,
    .reservation_number = "20270301.5.4",
    .seat = 4,
    .refunded = 70000,
    .cancelled_ms = 1803895260456,
};

static struct call call;

static int begin(void **state)
{
    (void)state;
    call = (struct call){.mem = talloc_new(NULL), .now_ms = 1803895200123};
    return 0;
}

static int end(void **state)
{
    (void)state;
    talloc_free(call.mem);
    return 0;
}

static void a_payment_reads_as_it_was_written(void **state)
{
    (void)state;
    struct payment_completed read;
    const struct event *event = event_payment_completed(&call, &completed);

    assert_string_equal(event->type, "payment.completed");
    assert_string_equal(event->aggregatetype, "payment");
    assert_string_equal(event->aggregateid, "12");
    assert_int_equal(event_kind(event), EVENT_PAYMENT_COMPLETED);
    assert_true(event_read_completed(&call, event, &read));
    assert_int_equal(read.payment_id, 12);
    assert_int_equal(read.account_id, 7);
    assert_int_equal(read.concert_id, 5);
    assert_int_equal(read.place, 991);
    assert_int_equal(read.amount, 120000);
    assert_int_equal(read.paid_ms, completed.paid_ms);
    assert_int_equal(read.seats_count, 2);
    assert_string_equal(read.seats[1].reservation_number, "20270301.5.5");
    assert_int_equal(read.seats[1].seat, 5);
    assert_int_equal(read.seats[1].price, 50000);
}

static void a_cancellation_reads_as_it_was_written(void **state)
{
    (void)state;
    struct reservation_cancelled read;
    const struct event *event = event_reservation_cancelled(&call, &cancelled);

    assert_string_equal(event->type, "reservation.cancelled");
    assert_string_equal(event->aggregateid, "12");
    assert_true(event_read_cancelled(&call, event, &read));
    assert_string_equal(read.reservation_number, "20270301.5.4");
    assert_int_equal(read.seat, 4);
    assert_int_equal(read.refunded, 70000);
    assert_int_equal(read.cancelled_ms, cancelled.cancelled_ms);
}

static void each_event_has_an_id_of_its_own(void **state)
{
    (void)state;
    const struct event *one = event_payment_completed(&call, &completed);
    const struct event *two = event_payment_completed(&call, &completed);

    assert_string_not_equal(one->id, two->id);
    assert_non_null(strstr(one->payload, one->id));
}

static void one_kind_is_not_read_as_the_other(void **state)
{
    (void)state;
    struct payment_completed read_completed;
    struct reservation_cancelled read_cancelled;

    assert_false(event_read_cancelled(&call, event_payment_completed(&call, &completed), &read_cancelled));
    assert_false(event_read_completed(&call, event_reservation_cancelled(&call, &cancelled), &read_completed));
}

/* The payload with its first "from" made "to". */
static struct event changed(const struct event *event, const char *from, const char *to)
{
    struct event other = *event;
    const char *at = strstr(event->payload, from);

    assert_non_null(at);
    other.payload =
        talloc_asprintf(call.mem, "%.*s%s%s", (int)(at - event->payload), event->payload, to, at + strlen(from));
    return other;
}

static void what_is_not_as_promised_is_not_understood(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        {"\"version\":1", "\"version\":2"},
        {"\"version\":1", "\"version\":\"1\""},
        {"\"payment_id\":12", "\"payment_id\":0"},
        {"\"payment_id\":12", "\"payment_id\":-12"},
        {"\"payment_id\":12", "\"payment_id\":12.5"},
        {"\"payment_id\":12,", ""},
        {"\"account_id\":7", "\"account_id\":\"7\""},
        {"\"concert_id\":5", "\"concert_id\":null"},
        {"\"place\":991", "\"place\":-1"},
        {"\"amount\":120000", "\"amount\":[]"},
        {"\"paid_at\":\"2027", "\"paid_at\":\"yesterday"},
        {"\"seat\":4", "\"seat\":0"},
        {"\"seat\":4", "\"seat\":4294967296"},
        {"\"price\":70000", "\"price\":-1"},
        {"\"reservation_number\":\"20270301.5.4\"", "\"reservation_number\":\"\""},
        {"{\"reservation_number\":\"20270301.5.4\"", "null,{\"reservation_number\":\"20270301.5.4\""},
        {"\"event_id\":\"", "\"event_id\":\"x"},
        {"}]}", "}]"},
    };
    const struct event *event = event_payment_completed(&call, &completed);
    struct payment_completed read;

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct event wrong = changed(event, changes[i][0], changes[i][1]);
        if (event_read_completed(&call, &wrong, &read))
            fail_msg("understood: %s", wrong.payload);
        assert_int_equal(reaction_check(&call, &wrong), OUTCOME_BAD_VALUE);
    }
}

static void a_member_more_is_understood(void **state)
{
    (void)state;
    const struct event *event = event_payment_completed(&call, &completed);
    struct event more = changed(event, "\"version\":1", "\"version\":1,\"channel\":\"app\"");
    struct payment_completed read;

    assert_true(event_read_completed(&call, &more, &read));
}

static void a_kind_that_is_not_ours_is_no_mistake(void **state)
{
    (void)state;
    struct event event = {.id = "1", .aggregatetype = "payment", .aggregateid = "1", .type = "x", .payload = "{}"};

    assert_int_equal(event_kind(&event), EVENT_KINDS);
    assert_int_equal(reaction_check(&call, &event), OUTCOME_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_payment_reads_as_it_was_written),         TEST(a_cancellation_reads_as_it_was_written),
        TEST(each_event_has_an_id_of_its_own),           TEST(one_kind_is_not_read_as_the_other),
        TEST(what_is_not_as_promised_is_not_understood), TEST(a_member_more_is_understood),
        TEST(a_kind_that_is_not_ours_is_no_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
