/*
 * From the outbox to the effect, over a real bus: Redis Streams, or the Kafka at FRONTROW_TEST_KAFKA
 * when that is set. Payments are made as fans make them; relay and consumers run as threads of this
 * program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/integration/fixture.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/signature.h"
#include "domain/cancellation.h"
#include "domain/dead_letter.h"
#include "domain/event.h"
#include "domain/payment.h"
#include "domain/queue.h"
#include "domain/reservation_number.h"
#include "domain/seat.h"
#include "events/consumer.h"
#include "events/effects.h"
#include "events/relay.h"
#include "events/settle.h"
#include "events/webhook.h"
#include "store/event_streams.h"
#include "store/mysql.h"
#include "store/outbox.h"
#include "store/redis.h"
#include "store/transaction.h"
#include "tests/integration/receiver.h"
#include "tests/integration/wire.h"

enum { PRICE = 1000, EVENTUALLY_MS = 30000, THREADS_MAX = 16 };

static struct fixture *fixture;
static struct receiver *receiver;
static const struct bus *bus;

/* Relay and consumers, running */

static _Atomic bool stopping;
static pthread_t threads[THREADS_MAX];
static size_t threads_count;
static struct consumer consumers[THREADS_MAX];

static void *relay_thread(void *unused)
{
    (void)unused;
    relay_run(fixture->shared, bus, &stopping);
    return NULL;
}

static void *consumer_thread(void *consumer)
{
    consumer_run(consumer);
    return NULL;
}

static void start_relay(void)
{
    pthread_create(&threads[threads_count++], NULL, relay_thread, NULL);
}

static void start_consumers(void)
{
    for (size_t i = 0; i < REACTIONS; i++) {
        consumers[threads_count] = (struct consumer){fixture->shared, bus, (enum reaction)i, &stopping};
        pthread_create(&threads[threads_count], NULL, consumer_thread, &consumers[threads_count]);
        threads_count++;
    }
}

/* Of each group one more, who come and go by themselves. */
struct guests {
    _Atomic bool stopping;
    pthread_t threads[REACTIONS];
    struct consumer consumers[REACTIONS];
};

static void come(struct guests *guests)
{
    guests->stopping = false;
    for (size_t i = 0; i < REACTIONS; i++) {
        guests->consumers[i] = (struct consumer){fixture->shared, bus, (enum reaction)i, &guests->stopping};
        pthread_create(&guests->threads[i], NULL, consumer_thread, &guests->consumers[i]);
    }
}

static void go(struct guests *guests)
{
    guests->stopping = true;
    for (size_t i = 0; i < REACTIONS; i++)
        pthread_join(guests->threads[i], NULL);
}

static void stop_all(void)
{
    stopping = true;
    while (threads_count > 0)
        pthread_join(threads[--threads_count], NULL);
    stopping = false;
}

/* A sale */

static uint64_t concert_id;
static uint64_t tests_begun;

static struct call call_by(uint64_t account_id, const char *key)
{
    struct call call = fixture_call(fixture, account_id);

    call.idempotency_key = key;
    memset(call.fingerprint, 7, sizeof(call.fingerprint));
    return call;
}

static const char *number_of(uint32_t seat)
{
    struct call call = fixture_call(fixture, 0);
    const struct plan *plan;

    assert_int_equal(concerts_plan(&call, concert_id, &plan), OUTCOME_DONE);
    return reservation_number_text(fixture->mem, plan->date, concert_id, seat);
}

static const char *key_of(const char *name)
{
    return must(talloc_asprintf(fixture->mem, "%s:{c%" PRIu64 "}", name, concert_id));
}

static void redis(const char *const *words, size_t count)
{
    assert_non_null(redis_command(fixture->store->redis, fixture->mem, words, count));
}

/* Past the queue, which is not what is tried here: it rightly lets nobody in for a while after Redis was flushed. */
static void admit(uint64_t account_id)
{
    struct call call = call_by(account_id, NULL);
    struct queue_place place;
    const char *account = must(talloc_asprintf(fixture->mem, "%" PRIu64, account_id));
    const char *deadline = must(talloc_asprintf(fixture->mem, "%" PRId64, call.now_ms + 600000));

    assert_int_equal(queue_join(&call, concert_id, NULL, &place), OUTCOME_DONE);
    redis(REDIS_TEXTS("ZREM", key_of("wait"), account));
    redis(REDIS_TEXTS("ZADD", key_of("admitted"), deadline, account));
    redis(REDIS_TEXTS("HSET", key_of("places"), account, "1 0"));
}

/* A fan comes, holds and pays. */
static void sell_to(uint64_t account_id, const uint32_t *seats, size_t count)
{
    const char *key = must(talloc_asprintf(fixture->mem, "sell-%" PRIu64 "-%u", account_id, seats[0]));
    struct call call = call_by(account_id, key);
    const char *numbers[SEATS_PER_CALL_MAX];
    struct basket basket;
    const char *answer;

    admit(account_id);
    assert_int_equal(seat_hold(&call, concert_id, seats, count, &basket), OUTCOME_DONE);
    for (size_t i = 0; i < count; i++)
        numbers[i] = number_of(seats[i]);
    assert_int_equal(payment_make(&call, numbers, count, &answer), OUTCOME_DONE);
}

static uint64_t sell(uint32_t seat)
{
    uint64_t account_id = fixture_account(fixture, 10 * PRICE);

    sell_to(account_id, &seat, 1);
    return account_id;
}

static void cancel(uint64_t account_id, uint32_t seat)
{
    struct call call = call_by(account_id, must(talloc_asprintf(fixture->mem, "cancel-%u", seat)));
    const char *answer;

    assert_int_equal(cancellation_make(&call, number_of(seat), &answer), OUTCOME_DONE);
}

/* Looking */

static bool comes_true(const char *sql, int64_t wanted)
{
    for (int64_t until_ms = clock_now_ms() + EVENTUALLY_MS; clock_now_ms() < until_ms; usleep(5000))
        if (fixture_number(fixture, sql) == wanted)
            return true;
    return false;
}

/* Every group is done with each of this many events, and nothing is left anywhere. */
static void all_have_arrived(int64_t events)
{
    if (!comes_true("SELECT COUNT(*) FROM inbox", events * REACTIONS))
        fail_msg("the inbox has %d rows", (int)fixture_number(fixture, "SELECT COUNT(*) FROM inbox"));
    assert_true(comes_true("SELECT COUNT(*) FROM outbox", 0));
    assert_true(comes_true("SELECT COUNT(*) FROM event_retry", 0));
}

static int64_t sold_count(void)
{
    return fixture_number(fixture, "SELECT COALESCE(SUM(sold), 0) FROM concert_count");
}

static long long sold_bit(uint32_t seat)
{
    return fixture_redis(fixture,
                         must(talloc_asprintf(fixture->mem, "GETBIT sold:{c%" PRIu64 "} %u", concert_id, seat)));
}

static long long fans_inside(void)
{
    const char *admitted = must(talloc_asprintf(fixture->mem, "ZCARD %s", key_of("admitted")));
    const char *active = must(talloc_asprintf(fixture->mem, "ZCARD %s", key_of("active")));

    return fixture_redis(fixture, admitted) + fixture_redis(fixture, active);
}

/* Tests */

static int begin(void **state)
{
    fixture = *state;
    fixture_clean(state);
    fixture->config->relay_poll_ms = 100;
    fixture->config->events_confirm_ms = 2000;
    fixture->config->events_attempts_max = 3;
    fixture->config->events_webhook_timeout_ms = 1000;
    /* A topic for each test, so that none reads what another left behind. */
    fixture->config->events_topic_prefix =
        must(talloc_asprintf(fixture->config, "test%d.%" PRIu64 ".", (int)getpid(), ++tests_begun));
    receiver = receiver_start();
    fixture->config->events_webhook_url = must(talloc_strdup(fixture->mem, receiver->url));
    concert_id = fixture_concert(fixture, 10, 20, PRICE, 100);
    return 0;
}

static int end(void **state)
{
    stop_all();
    receiver_stop(receiver);
    return fixture_check(state);
}

static void a_payment_has_its_effect_in_every_group_once(void **state)
{
    (void)state;
    start_relay();
    start_consumers();
    sell_to(fixture_account(fixture, 10 * PRICE), (uint32_t[]){1, 2}, 2);
    all_have_arrived(1);
    assert_int_equal(sold_count(), 2);
    assert_int_equal(receiver->count, 1);
    assert_non_null(strstr(receiver->received[0].body, "\"type\":\"payment.completed\""));
    assert_int_equal(sold_bit(1), 1);
    assert_int_equal(fans_inside(), 0);
}

/* The web worker does this at once; when it dies before, the event does it. */
static void the_event_alone_frees_the_room_and_marks_the_seat(void **state)
{
    (void)state;
    uint64_t account_id = sell(3);

    fixture_redis(fixture, must(talloc_asprintf(fixture->mem, "SETBIT %s 3 0", key_of("sold"))));
    admit(account_id);
    assert_int_equal(fans_inside(), 1);
    start_relay();
    start_consumers();
    all_have_arrived(1);
    assert_int_equal(sold_bit(3), 1);
    assert_int_equal(fans_inside(), 0);
}

static void a_late_cancellation_leaves_a_seat_that_was_sold_again(void **state)
{
    (void)state;
    uint64_t first = sell(4);

    cancel(first, 4);
    sell(4);
    start_relay();
    start_consumers();
    all_have_arrived(3);
    assert_int_equal(sold_bit(4), 1);
    assert_int_equal(sold_count(), 1);
}

static struct event read_event(const char *where)
{
    struct event event = {0};
    struct sql_rows rows;
    const char *sql = must(talloc_asprintf(
        fixture->mem, "SELECT id, aggregatetype, aggregateid, type, payload FROM outbox %s LIMIT 1", where));

    event.created_ms = clock_now_ms();
    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, sql, &rows), 0);
    assert_int_equal(rows.count, 1);
    snprintf(event.id, sizeof(event.id), "%s", sql_string(&rows, 0, 0));
    event.aggregatetype = sql_string(&rows, 0, 1);
    event.aggregateid = sql_string(&rows, 0, 2);
    event.type = sql_string(&rows, 0, 3);
    event.payload = sql_string(&rows, 0, 4);
    return event;
}

static void publish(const struct event *event)
{
    void *mem = must(talloc_new(fixture->mem));
    struct call call = fixture_call(fixture, 0);
    struct publisher *publisher = bus->publisher_new(mem, fixture->config);
    bool accepted = false;

    assert_int_equal(bus->publish(publisher, &call, event, 1, &accepted), OUTCOME_DONE);
    assert_true(accepted);
    TALLOC_FREE(mem);
}

static void an_event_that_arrives_again_changes_nothing(void **state)
{
    (void)state;
    sell(5);
    struct event event = read_event("");
    for (int i = 0; i < 5; i++)
        publish(&event);
    start_relay();
    start_consumers();
    all_have_arrived(1);
    for (int i = 0; i < 5; i++)
        publish(&event);
    sell(6);
    all_have_arrived(2);
    usleep(300000);
    assert_int_equal(sold_count(), 2);
    assert_int_equal(receiver->count, 2);
}

/* Another consumer of the group was quicker with one of them, after this one had looked. */
static void an_event_that_the_group_had_takes_nothing_from_its_batch(void **state)
{
    (void)state;
    struct item items[3] = {0};

    for (uint32_t i = 0; i < 3; i++)
        sell(10 + i);
    for (uint32_t i = 0; i < 3; i++) {
        items[i].event = read_event(must(talloc_asprintf(
            fixture->mem,
            "WHERE position >= (SELECT position FROM outbox ORDER BY position LIMIT %u, 1) ORDER BY position", i)));
        items[i].verdict = VERDICT_EFFECT;
    }
    struct call call = fixture_call(fixture, 0);
    assert_int_equal(settle(&call, REACTION_COUNT, &items[1], 1), OUTCOME_DONE);
    assert_int_equal(sold_count(), 1);
    assert_int_equal(settle(&call, REACTION_COUNT, items, 3), OUTCOME_DONE);
    assert_false(items[0].repeated);
    assert_true(items[1].repeated);
    assert_int_equal(sold_count(), 3);
    assert_int_equal(settle(&call, REACTION_COUNT, items, 3), OUTCOME_DONE);
    assert_int_equal(sold_count(), 3);
    start_relay();
    start_consumers();
    all_have_arrived(3);
    assert_int_equal(sold_count(), 3);
}

static void a_failing_message_delays_nobody_and_dies_in_the_end(void **state)
{
    (void)state;
    sell(7);
    const char *doomed = must(talloc_strdup(fixture->mem, read_event("").id));
    receiver->refuses = doomed;
    for (uint32_t seat = 8; seat < 18; seat++)
        sell(seat);
    start_relay();
    start_consumers();
    assert_true(comes_true("SELECT COUNT(*) FROM inbox WHERE consumer_group = 'payment-message'", 11));
    assert_int_equal(receiver_taken(receiver, doomed), 0);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM dead_letter"), 1);
    assert_int_equal(fixture_number(fixture, "SELECT attempts FROM dead_letter"), 3);
    assert_int_equal(fixture_number(fixture, "SELECT error = 'status 500' FROM dead_letter"), 1);
    /* The ten others were taken before the last try of the doomed one. */
    size_t before = 0;
    for (size_t i = 0, tries = 0; i < receiver->count && tries < 3; i++) {
        bool is_doomed = strcmp(receiver->received[i].event_id, doomed) == 0;
        tries += is_doomed;
        before += !is_doomed;
    }
    assert_int_equal(before, 10);
    all_have_arrived(11);
    assert_int_equal(sold_count(), 11);
}

/* Nobody waits for a next try: all that wait are due. */
static void hurry(void)
{
    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, "UPDATE event_retry SET next_at = created_at", NULL),
                     0);
}

static void what_fails_again_and_again_is_no_reason_to_let_others_wait(void **state)
{
    (void)state;
    enum { TRIES = 8 };
    int64_t until_ms = clock_now_ms() + 3 * EVENTUALLY_MS;

    fixture->config->events_attempts_max = 1000;
    sell(180);
    const char *doomed = must(talloc_strdup(fixture->mem, read_event("").id));
    receiver->refuses = doomed;
    start_relay();
    start_consumers();
    for (; receiver->count < TRIES && clock_now_ms() < until_ms; usleep(20000))
        hurry();
    assert_true(receiver->count >= TRIES);
    sell(181);
    assert_true(comes_true("SELECT COUNT(*) FROM inbox WHERE consumer_group = 'payment-message'", 1));
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM event_retry WHERE error LIKE '%not tried%'"), 0);
    receiver->refuses = NULL;
    until_ms = clock_now_ms() + EVENTUALLY_MS;
    for (; receiver_taken(receiver, doomed) == 0 && clock_now_ms() < until_ms; usleep(20000))
        hurry();
    all_have_arrived(2);
}

/* Many were put off, and nothing new comes: they are not done a handful in each wait for news. */
static void what_was_put_off_is_caught_up_with_at_full_speed(void **state)
{
    (void)state;
    enum { EVENTS = 160 };

    for (uint32_t seat = 1; seat <= EVENTS; seat++)
        sell(seat);
    for (int i = 0; i < EVENTS; i++) {
        struct event event = read_event("ORDER BY position");
        event.created_ms -= 60000; /* late, so that it goes to the table first */
        publish(&event);
        sql_run(fixture->store->mysql, fixture->mem, "DELETE FROM outbox ORDER BY position LIMIT 1", NULL);
    }
    start_consumers();
    assert_true(comes_true("SELECT COUNT(*) > 0 FROM inbox WHERE consumer_group = 'payment-message'", 1));
    int64_t began_ms = clock_now_ms();
    all_have_arrived(EVENTS);
    print_message("%d that were put off: %" PRId64 " ms\n", EVENTS, clock_now_ms() - began_ms);
    assert_in_range(clock_now_ms() - began_ms, 0, 4000);
    assert_int_equal(receiver->count, EVENTS);
}

static void a_dead_letter_that_is_replayed_has_its_effect_once(void **state)
{
    (void)state;
    struct call call = fixture_call(fixture, 0);
    struct dead_letter *letters;
    struct dead_letter letter;
    size_t count;

    receiver->status = 410;
    fixture->config->events_attempts_max = 1;
    start_relay();
    start_consumers();
    sell(160);
    assert_true(comes_true("SELECT COUNT(*) FROM dead_letter", 1));
    assert_int_equal(dead_letter_list(&call, 0, 10, &letters, &count), OUTCOME_DONE);
    assert_int_equal(count, 1);
    assert_string_equal(letters[0].group, "payment-message");
    assert_int_equal(letters[0].replayed_ms, 0);
    assert_int_equal(dead_letter_replay(&call, letters[0].dead_letter_id + 1, &letter), OUTCOME_NOT_FOUND);

    /* Still refused: it dies again, under the same number. */
    assert_int_equal(dead_letter_replay(&call, letters[0].dead_letter_id, &letter), OUTCOME_DONE);
    assert_true(comes_true("SELECT COUNT(*) FROM dead_letter WHERE replayed_at IS NULL", 1));
    assert_int_equal(receiver->count, 2);

    receiver->status = 200;
    assert_int_equal(dead_letter_replay(&call, letters[0].dead_letter_id, &letter), OUTCOME_DONE);
    assert_int_equal(dead_letter_replay(&call, letters[0].dead_letter_id, &letter), OUTCOME_DONE);
    assert_string_equal(letter.event.id, letters[0].event.id);
    assert_true(letter.replayed_ms > 0);
    all_have_arrived(1);
    assert_int_equal(dead_letter_replay(&call, letters[0].dead_letter_id, &letter), OUTCOME_DONE);
    usleep(600000);
    assert_int_equal(receiver_taken(receiver, letter.event.id), 1);
    assert_int_equal(sold_count(), 1);
}

static void a_cancellation_does_not_overtake_its_payment(void **state)
{
    (void)state;
    uint64_t account_id = sell(20);
    receiver->status = 503;
    start_relay();
    start_consumers();
    while (receiver->count == 0)
        usleep(1000);
    cancel(account_id, 20);
    assert_true(comes_true("SELECT COUNT(*) FROM event_retry", 2));
    receiver->status = 200;
    all_have_arrived(2);
    const char *taken[2] = {NULL};
    for (size_t i = 0, count = 0; i < receiver->count; i++)
        if (receiver->received[i].status == 200 && count < 2)
            taken[count++] = receiver->received[i].body;
    assert_non_null(strstr(taken[0], "payment.completed"));
    assert_non_null(strstr(taken[1], "reservation.cancelled"));
    assert_int_equal(sold_count(), 0);
}

static void a_receiver_that_is_down_delays_no_other_group(void **state)
{
    (void)state;
    receiver->status = 503;
    start_relay();
    start_consumers();
    for (uint32_t seat = 21; seat < 41; seat++)
        sell(seat);
    assert_true(comes_true("SELECT COUNT(*) FROM inbox WHERE consumer_group <> 'payment-message'", 60));
    assert_int_equal(sold_count(), 20);
    receiver->status = 200;
    all_have_arrived(20);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM dead_letter"), 0);
}

static void a_slow_receiver_is_told_side_by_side(void **state)
{
    (void)state;
    enum { EVENTS = 48, DELAY_MS = 200 };

    receiver->delay_ms = DELAY_MS;
    for (uint32_t seat = 1; seat <= EVENTS; seat++)
        sell(seat);
    start_relay();
    start_consumers();
    all_have_arrived(EVENTS);
    assert_in_range(receiver->most_asking, 4, EVENTS);
    assert_int_equal(receiver->count, EVENTS);
}

/* Else a receiver that is slower than we sell would fill the bus for all groups. */
static void late_messages_wait_in_the_table(void **state)
{
    (void)state;
    sell(49);
    struct event event = read_event("");
    event.created_ms -= 60000;
    publish(&event);
    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, "DELETE FROM outbox", NULL), 0);
    receiver->delay_ms = 800;
    start_consumers();
    assert_true(comes_true("SELECT COUNT(*) FROM event_retry WHERE error LIKE '%others are waiting%'", 1));
    all_have_arrived(1);
    assert_int_equal(receiver->count, 1);
}

static void tries_are_further_and_further_apart_and_have_an_end(void **state)
{
    (void)state;
    static const int64_t least_ms[] = {500, 1500, 4500, 13500, 40500, 121500, 364500, 600000, 600000};
    enum { TRIES = sizeof(least_ms) / sizeof(least_ms[0]) };
    struct call call = fixture_call(fixture, 0);
    struct effects *effects = effects_new(fixture->mem, REACTION_COUNT, fixture->shared);
    struct item item = {.verdict = VERDICT_TRY};

    fixture->config->events_attempts_max = TRIES + 1;
    for (int i = 0; i < TRIES; i++) {
        effects_failed(effects, &call, &item, "status 503");
        assert_int_equal(item.verdict, VERDICT_RETRY);
        assert_in_range(item.next_ms - call.now_ms, least_ms[i], least_ms[i] * 6 / 5);
    }
    effects_failed(effects, &call, &item, "status 503");
    assert_int_equal(item.verdict, VERDICT_DEAD);
}

static void poison_is_parked_and_the_rest_goes_on(void **state)
{
    (void)state;
    static const char *const payloads[] = {"",
                                           "{",
                                           "[]",
                                           "\xff\xfe",
                                           "{\"event_id\":\"x\"}",
                                           "{\"version\":1,\"type\":\"payment.completed\",\"event_id\":\"p6\"}"};
    struct event event = {.aggregatetype = "payment", .aggregateid = "1", .type = "payment.completed"};

    start_consumers();
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        snprintf(event.id, sizeof(event.id), "p%zu", i + 1);
        event.payload = payloads[i];
        publish(&event);
    }
    start_relay();
    sell(42);
    all_have_arrived(7);
    assert_true(comes_true("SELECT COUNT(*) FROM dead_letter", 24));
    assert_int_equal(sold_count(), 1);
    /* The invariants look at what our own payments left behind. */
    fixture_number(fixture, "SELECT COUNT(*) FROM outbox");
    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, "DELETE FROM dead_letter", NULL), 0);
}

static void an_event_of_an_unknown_kind_is_received_and_left_alone(void **state)
{
    (void)state;
    struct event event = {
        .id = "u1", .aggregatetype = "payment", .aggregateid = "1", .type = "payment.invented", .payload = "{}"};

    publish(&event);
    start_consumers();
    assert_true(comes_true("SELECT COUNT(*) FROM inbox WHERE event_id = 'u1'", 4));
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM dead_letter"), 0);
    assert_int_equal(receiver->count, 0);
}

static void events_come_through_a_flush_of_redis(void **state)
{
    (void)state;
    start_relay();
    for (uint32_t seat = 50; seat < 60; seat++)
        sell(seat);
    /* Sent, but nobody has read them. */
    if (!bus->durable)
        assert_true(comes_true("SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL", 0));
    fixture_redis(fixture, "FLUSHALL");
    start_consumers();
    all_have_arrived(10);
    assert_int_equal(sold_count(), 10);
    /* And once more while everything runs. */
    for (uint32_t seat = 60; seat < 70; seat++) {
        sell(seat);
        if (seat % 3 == 0)
            fixture_redis(fixture, "FLUSHALL");
    }
    all_have_arrived(20);
    assert_int_equal(sold_count(), 20);
}

static void run(const char *sql)
{
    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, sql, NULL), 0);
}

static void a_group_with_an_event_twice_does_not_stand_for_another(void **state)
{
    (void)state;
    struct call call = fixture_call(fixture, 0);
    size_t received;

    run("INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at, sent_at) "
        "VALUES ('e1', 'payment', '1', 'payment.invented', '{}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))");
    run("INSERT INTO inbox (event_id, consumer_group, done_at) VALUES ('e1', 'payment-count', UTC_TIMESTAMP(3)), "
        "('e1', 'payment-queue', UTC_TIMESTAMP(3)), ('e1', 'payment-message', UTC_TIMESTAMP(3))");
    run("INSERT INTO event_retry (event_id, consumer_group, aggregatetype, aggregateid, type, payload, error, "
        "attempts, created_at, next_at) VALUES ('e1', 'payment-message', 'payment', '1', 'payment.invented', '{}', "
        "'', 1, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))");
    assert_int_equal(outbox_delete_received(&call, REACTIONS, &received), OUTCOME_DONE);
    assert_int_equal(received, 0);
    run("UPDATE event_retry SET consumer_group = 'payment-reservation'");
    assert_int_equal(outbox_delete_received(&call, REACTIONS, &received), OUTCOME_DONE);
    assert_int_equal(received, 1);
    run("DELETE FROM inbox");
    run("DELETE FROM event_retry");
}

/* An answer that was lost is no refusal: nothing is put off, nor given up, for want of it. */
static void settle_over_a_wire_that_breaks(enum wire_cut moment)
{
    struct wire *wire = wire_open(fixture->config->mysql_socket);
    struct config *config = must(talloc_memdup(fixture->mem, fixture->config, sizeof(*config)));
    struct call call = fixture_call(fixture, 0);

    config->mysql_socket = must(talloc_strdup(config, wire_path(wire)));
    struct store_shared *shared = must(store_shared_new(fixture->mem, config));
    call.store = store_new(shared, shared);
    sell(175);
    struct item item = {.event = read_event(""), .verdict = VERDICT_EFFECT};
    wire_cut_next(wire, moment, false);
    assert_int_equal(settle(&call, REACTION_COUNT, &item, 1), OUTCOME_DONE);
    assert_int_equal(wire_cuts(wire), 1);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM inbox"), 1);
    assert_int_equal(sold_count(), 1);
    talloc_free(shared);
    wire_close(wire);
    start_relay();
    start_consumers();
    all_have_arrived(1);
    assert_int_equal(sold_count(), 1);
}

static void an_effect_whose_commit_is_not_answered_is_had_once(void **state)
{
    (void)state;
    settle_over_a_wire_that_breaks(WIRE_CUT_AFTER_COMMIT);
}

static void an_effect_whose_commit_never_arrives_is_had_once(void **state)
{
    (void)state;
    settle_over_a_wire_that_breaks(WIRE_CUT_BEFORE_COMMIT);
}

static enum tx insert_late(struct call *call, void *args)
{
    assert_int_equal(outbox_insert(call, args), 1);
    assert_int_equal(sql_flush(call->store->mysql, NULL, 0), 0);
    /* Meanwhile another payment commits and is sent. */
    sell(71);
    sell(72);
    while (fixture_number(fixture, "SELECT COUNT(*) FROM inbox WHERE consumer_group = 'payment-count'") < 2)
        usleep(1000);
    return TX_KEEP;
}

static void a_row_that_commits_late_is_not_skipped(void **state)
{
    (void)state;
    struct store *other = fixture_store(fixture);
    uint64_t account_id = sell(70);
    struct event event = read_event("");
    struct payment_completed completed;
    struct call call = fixture_call(fixture, 0);

    assert_true(event_read_completed(&call, &event, &completed));
    assert_int_equal(completed.account_id, account_id);
    run("DELETE FROM outbox");
    start_relay();
    start_consumers();
    call.store = other;
    const struct event *late = event_payment_completed(&call, &completed);
    assert_int_equal(transact(&call, insert_late, (void *)(uintptr_t)late), TRANSACTION_KEPT);
    all_have_arrived(3);
    assert_int_equal(sold_count(), 3);
    talloc_free(other);
}

static void run_sql(const char *sql)
{
    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, sql, NULL), 0);
}

/* A server that remembers the table as empty must not go through all of it for each of its rows. */
static void a_backlog_is_read_in_the_time_of_its_batch(void **state)
{
    (void)state;
    enum { DOUBLINGS = 15, BATCH = 500, READS = 10 };
    struct call call = fixture_call(fixture, 0);
    struct outbox_row *rows;
    size_t count;

    run_sql("ANALYZE TABLE outbox");
    sell(170);
    for (int i = 0; i < DOUBLINGS; i++)
        run_sql("INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at) "
                "SELECT UUID(), aggregatetype, UUID(), type, '{}', created_at FROM outbox");
    int64_t took_ms = INT64_MAX;
    for (int i = 0; i < READS && took_ms >= 200; i++) {
        int64_t began_ms = clock_now_ms();
        assert_int_equal(outbox_unsent(&call, BATCH, &rows, &count), OUTCOME_DONE);
        took_ms = clock_now_ms() - began_ms;
        assert_int_equal(count, BATCH);
    }
    print_message("%d of a backlog of %d: %" PRId64 " ms\n", BATCH, 1 << DOUBLINGS, took_ms);
    assert_in_range(took_ms, 0, 199);
    run_sql("DELETE FROM outbox WHERE payload = '{}'");
    start_relay();
    start_consumers();
    all_have_arrived(1);
}

static void two_relays_and_two_consumers_do_it_once(void **state)
{
    (void)state;
    start_relay();
    start_relay();
    start_consumers();
    start_consumers();
    for (uint32_t seat = 80; seat < 120; seat++) {
        uint64_t account_id = sell(seat);
        if (seat % 4 == 0)
            cancel(account_id, seat);
    }
    all_have_arrived(50);
    assert_int_equal(sold_count(), 30);
    for (size_t i = 0; i < receiver->count; i++)
        assert_int_equal(receiver_taken(receiver, receiver->received[i].event_id), 1);
}

/* Whoever leaves in good order hands over what is not done, and nothing that is. */
static void consumers_who_come_and_go_lose_and_repeat_nothing(void **state)
{
    (void)state;
    enum { FIRST = 1, LAST = 80, EVERY = 20 };
    struct guests guests = {0};
    uint64_t repeated = fixture->store->counters->total[COUNTER_events_repeated];

    start_relay();
    start_consumers();
    for (uint32_t seat = FIRST; seat <= LAST; seat++) {
        sell(seat);
        if (seat % EVERY == EVERY / 4)
            come(&guests);
        else if (seat % EVERY == 0)
            go(&guests);
        usleep(20000);
    }
    all_have_arrived(LAST);
    assert_int_equal(sold_count(), LAST);
    assert_int_equal(receiver->count, LAST);
    assert_int_equal(fixture->store->counters->total[COUNTER_events_repeated], repeated);
}

static void a_message_is_signed_and_says_when(void **state)
{
    (void)state;
    uint8_t key[SIGNATURE_KEY_BYTES];
    char expected[128];
    long long sent_s = 0;

    start_relay();
    start_consumers();
    sell(121);
    all_have_arrived(1);
    const struct received *received = &receiver->received[0];
    const char *stamp = strcasestr(received->headers, "webhook-timestamp: ");
    assert_non_null(stamp);
    sscanf(stamp + strlen("webhook-timestamp: "), "%lld", &sent_s);
    assert_in_range(sent_s, clock_now_ms() / 1000 - 60, clock_now_ms() / 1000);
    signature_key(fixture->shared->keys, SIGNATURE_OF_WEBHOOKS, key);
    snprintf(expected, sizeof(expected), "webhook-signature: %s\r\n",
             signature_make(fixture->mem, key, received->event_id, sent_s, received->body));
    assert_non_null(strcasestr(received->headers, expected));
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return left < right ? -1 : left > right;
}

enum { ROUNDS = 15 };

/* After one payment, and as many as the parts before had. */
static int64_t median_from_commit_to_effect(uint32_t part)
{
    int64_t took_ms[ROUNDS];

    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t before = part * ROUNDS + i;
        sell(130 + before);
        int64_t paid_ms = clock_now_ms();
        while (fixture_number(fixture, "SELECT COUNT(*) FROM inbox WHERE consumer_group = 'payment-count'") <=
               before + 1)
            usleep(500);
        took_ms[i] = clock_now_ms() - paid_ms;
        usleep(20000);
    }
    qsort(took_ms, ROUNDS, sizeof(took_ms[0]), by_size);
    print_message("commit to effect: median %" PRId64 " ms, most %" PRId64 " ms\n", took_ms[ROUNDS / 2],
                  took_ms[ROUNDS - 1]);
    return took_ms[ROUNDS / 2];
}

static void an_idle_system_has_the_effect_in_under_100_ms(void **state)
{
    (void)state;
    enum { PARTS = 4 };
    int64_t median_ms = INT64_MAX;

    fixture->config->relay_poll_ms = 10000; /* waking must be enough */
    start_relay();
    start_consumers();
    sell(129); /* the first one waits until everybody is there */
    all_have_arrived(1);
    usleep(700000);
    /* The machine may not be idle the first time. */
    uint32_t part = 0;
    while (part < PARTS && median_ms >= 100)
        median_ms = median_from_commit_to_effect(part++);
    assert_in_range(median_ms, 0, 99);
    all_have_arrived(1 + part * ROUNDS);
}

static void what_a_dead_reader_took_goes_to_another(void **state)
{
    (void)state;
    struct stream_seat dead = {"payment", "payment-count", "dead"};
    struct call call = fixture_call(fixture, 0);
    struct stream_entry *entries;
    size_t count;

    sell(150);
    struct event event = read_event("");
    publish(&event);
    assert_int_equal(event_streams_join(&call, &dead), OUTCOME_DONE);
    assert_int_equal(event_streams_read(&call, &dead, 10, 10, &entries, &count), OUTCOME_DONE);
    assert_int_equal(count, 1);
    struct stream_seat heir = {"payment", "payment-count", "heir"};
    assert_int_equal(event_streams_read(&call, &heir, 10, 10, &entries, &count), OUTCOME_DONE);
    assert_int_equal(count, 0);
    assert_int_equal(event_streams_reclaim(&call, &heir, 0, 10, &entries, &count), OUTCOME_DONE);
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].event.id, event.id);
    assert_string_equal(entries[0].event.payload, event.payload);
    assert_int_equal(event_streams_acknowledge(&call, &heir, &entries[0].entry_id, 1), OUTCOME_DONE);
    assert_int_equal(event_streams_reclaim(&call, &dead, 0, 10, &entries, &count), OUTCOME_DONE);
    assert_int_equal(count, 0);
    start_relay();
    start_consumers();
    all_have_arrived(1);
}

static size_t read_for(struct reader *reader, struct call *call, int64_t limit_ms, struct delivery **deliveries)
{
    size_t count = 0;

    for (int64_t until_ms = clock_now_ms() + limit_ms; count == 0 && clock_now_ms() < until_ms;) {
        call->now_ms = clock_now_ms();
        assert_int_equal(bus->read(reader, call, 100, BUS_READ_MAX, deliveries, &count), OUTCOME_DONE);
    }
    return count;
}

static void what_a_reader_did_not_finish_comes_again(void **state)
{
    (void)state;
    struct event event = {
        .id = "r1", .aggregatetype = "payment", .aggregateid = "1", .type = "payment.invented", .payload = "{}"};
    struct call call = fixture_call(fixture, 0);
    struct reader *first = bus->reader_new(fixture->mem, fixture->config, "payment-count");
    struct delivery *deliveries;

    publish(&event);
    assert_int_equal(read_for(first, &call, EVENTUALLY_MS, &deliveries), 1);
    assert_string_equal(deliveries[0].event.id, "r1");
    bus->leave(first, &call);
    struct reader *second = bus->reader_new(fixture->mem, fixture->config, "payment-count");
    assert_int_equal(read_for(second, &call, EVENTUALLY_MS, &deliveries), 1);
    assert_string_equal(deliveries[0].event.id, "r1");
    /* Nor does it go when the same reader reads on and finishes what comes then. */
    event.id[1] = '2';
    publish(&event);
    for (size_t seen = 0, count; seen < 2; seen += count) {
        count = read_for(second, &call, EVENTUALLY_MS, &deliveries);
        assert_in_range(count, 1, 2 - seen);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(deliveries[i].event.id[1], '1' + (int)(seen + i));
        assert_int_equal(bus->finish(second, &call, deliveries, count), OUTCOME_DONE);
    }
    bus->leave(second, &call);
    struct reader *third = bus->reader_new(fixture->mem, fixture->config, "payment-count");
    assert_int_equal(read_for(third, &call, 2000, &deliveries), 0);
    bus->leave(third, &call);
}

static void what_all_groups_had_leaves_the_stream(void **state)
{
    (void)state;
    struct event event = {.aggregatetype = "payment", .aggregateid = "1", .type = "payment.invented", .payload = "{}"};
    for (int i = 0; i < 1000; i++) {
        snprintf(event.id, sizeof(event.id), "i%d", i);
        publish(&event);
    }
    start_consumers();
    start_relay();
    assert_true(comes_true("SELECT COUNT(*) FROM inbox", 4000));
    for (int i = 0; i < 3000 && fixture_redis(fixture, "XLEN events:payment") > 200; i++)
        usleep(10000);
    assert_in_range(fixture_redis(fixture, "XLEN events:payment"), 0, 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* What every bus must pass. */
/* clang-format off */
#define COMMON_TESTS \
    TEST(a_payment_has_its_effect_in_every_group_once), \
    TEST(the_event_alone_frees_the_room_and_marks_the_seat), \
    TEST(a_late_cancellation_leaves_a_seat_that_was_sold_again), \
    TEST(an_event_that_arrives_again_changes_nothing), \
    TEST(an_event_that_the_group_had_takes_nothing_from_its_batch), \
    TEST(a_failing_message_delays_nobody_and_dies_in_the_end), \
    TEST(what_fails_again_and_again_is_no_reason_to_let_others_wait), \
    TEST(what_was_put_off_is_caught_up_with_at_full_speed), \
    TEST(a_dead_letter_that_is_replayed_has_its_effect_once), \
    TEST(a_cancellation_does_not_overtake_its_payment), \
    TEST(a_receiver_that_is_down_delays_no_other_group), \
    TEST(a_slow_receiver_is_told_side_by_side), \
    TEST(late_messages_wait_in_the_table), \
    TEST(poison_is_parked_and_the_rest_goes_on), \
    TEST(an_event_of_an_unknown_kind_is_received_and_left_alone), \
    TEST(events_come_through_a_flush_of_redis), \
    TEST(a_row_that_commits_late_is_not_skipped), \
    TEST(two_relays_and_two_consumers_do_it_once), \
    TEST(consumers_who_come_and_go_lose_and_repeat_nothing), \
    TEST(a_message_is_signed_and_says_when), \
    TEST(an_idle_system_has_the_effect_in_under_100_ms)
/* clang-format on */

static int begin_all(void **state)
{
    static struct config_pair kafka = {.name = "bootstrap.servers"};

    fixture_start(state);
    kafka.value = getenv("FRONTROW_TEST_KAFKA");
    if (kafka.value != NULL) {
        ((struct fixture *)*state)->config->kafka = &kafka;
        ((struct fixture *)*state)->config->kafka_count = 1;
    }
    bus = kafka.value != NULL ? &bus_kafka : &bus_stream;
    return 0;
}

int main(void)
{
    const struct CMUnitTest over_streams[] = {
        COMMON_TESTS,
        TEST(what_a_dead_reader_took_goes_to_another),
        TEST(a_group_with_an_event_twice_does_not_stand_for_another),
        TEST(what_all_groups_had_leaves_the_stream),
        TEST(a_backlog_is_read_in_the_time_of_its_batch),
        TEST(tries_are_further_and_further_apart_and_have_an_end),
        TEST(an_effect_whose_commit_is_not_answered_is_had_once),
        TEST(an_effect_whose_commit_never_arrives_is_had_once),
    };
    const struct CMUnitTest over_kafka[] = {
        COMMON_TESTS,
        TEST(what_a_reader_did_not_finish_comes_again),
    };

    webhook_process_start();
    if (getenv("FRONTROW_TEST_KAFKA") != NULL)
        return cmocka_run_group_tests_name("events over Kafka", over_kafka, begin_all, fixture_stop);
    return cmocka_run_group_tests_name("events over streams", over_streams, begin_all, fixture_stop);
}
