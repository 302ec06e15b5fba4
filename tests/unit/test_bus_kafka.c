/*
 * What Kafka may answer when things go wrong, from the mock cluster inside librdkafka. That events
 * really travel is tried with a real broker (tests/kafka.sh).
 */
#include "tests/unit/unit.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/must.h"
#include "events/bus.h"
#include "events/kafka.h"

enum { BROKERS = 3, EVENTS = 20, PRODUCE = 0 /* the number of Produce in Kafka's protocol */ };

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *cluster;
static struct config_pair pairs[] = {{.name = "bootstrap.servers"}, {"reconnect.backoff.max.ms", "200"}};
static struct config config = {.events_topic_prefix = "test.", .kafka = pairs, .kafka_count = LENGTH(pairs)};
static struct call call;
static struct publisher *publisher;
static struct event events[EVENTS];
static bool accepted[EVENTS];

static void make_events(void)
{
    for (size_t i = 0; i < EVENTS; i++) {
        events[i] = (struct event){.aggregatetype = "payment", .type = "payment.completed", .payload = "{}"};
        events[i].aggregateid = must(talloc_asprintf(call.mem, "%zu", i));
        events[i].created_ms = clock_now_ms();
        snprintf(events[i].id, sizeof(events[i].id), "id-%zu", i);
    }
}

static int begin(void **state)
{
    (void)state;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    host = must(rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0));
    cluster = must(rd_kafka_mock_cluster_new(host, BROKERS));
    pairs[0].value = rd_kafka_mock_cluster_bootstraps(cluster);
    call = (struct call){.mem = talloc_new(NULL), .now_ms = clock_now_ms()};
    make_events();
    publisher = bus_kafka.publisher_new(call.mem, &config);
    return 0;
}

static int end(void **state)
{
    (void)state;
    talloc_free(call.mem);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    return 0;
}

static size_t publish(void)
{
    size_t count = 0;

    bus_kafka.publish(publisher, &call, events, EVENTS, accepted);
    for (size_t i = 0; i < EVENTS; i++)
        count += accepted[i];
    return count;
}

/* How many events are in the topic, each id once. */
static size_t distinct_in_topic(size_t *in_all)
{
    struct reader *reader = bus_kafka.reader_new(call.mem, &config, "look");
    bool seen[EVENTS] = {false};
    size_t distinct = 0;
    size_t count = 1;

    *in_all = 0;
    /* Until all are there and there is silence: one partition may speak later than the others. */
    for (int64_t until_ms = clock_now_ms() + 30000; (distinct < EVENTS || count > 0) && clock_now_ms() < until_ms;) {
        struct delivery *deliveries;
        assert_int_equal(bus_kafka.read(reader, &call, 1000, BUS_READ_MAX, &deliveries, &count), OUTCOME_DONE);
        for (size_t i = 0; i < count; i++) {
            size_t number = 0;
            assert_int_equal(sscanf(deliveries[i].event.id, "id-%zu", &number), 1);
            distinct += !seen[number];
            seen[number] = true;
        }
        *in_all += count;
        if (count > 0)
            assert_int_equal(bus_kafka.finish(reader, &call, deliveries, count), OUTCOME_DONE);
    }
    bus_kafka.leave(reader, &call);
    return distinct;
}

static void events_arrive_with_id_type_key_and_time(void **state)
{
    (void)state;
    struct reader *reader = bus_kafka.reader_new(call.mem, &config, "look");
    struct delivery *deliveries;
    size_t count = 0;

    assert_int_equal(bus_kafka.publish(publisher, &call, events, 1, accepted), OUTCOME_DONE);
    for (int tries = 0; count == 0 && tries < 15; tries++)
        assert_int_equal(bus_kafka.read(reader, &call, 1000, BUS_READ_MAX, &deliveries, &count), OUTCOME_DONE);
    assert_int_equal(count, 1);
    assert_string_equal(deliveries[0].event.id, "id-0");
    assert_string_equal(deliveries[0].event.type, "payment.completed");
    assert_string_equal(deliveries[0].event.aggregatetype, "payment");
    assert_string_equal(deliveries[0].event.aggregateid, "0");
    assert_string_equal(deliveries[0].event.payload, "{}");
    assert_int_equal(deliveries[0].event.created_ms, events[0].created_ms);
    bus_kafka.leave(reader, &call);
}

static void what_a_broker_can_mend_is_not_seen(void **state)
{
    (void)state;
    size_t in_all;

    rd_kafka_mock_push_request_errors(cluster, PRODUCE, 5, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR__TRANSPORT);
    assert_int_equal(publish(), EVENTS);
    assert_int_equal(distinct_in_topic(&in_all), EVENTS);
    assert_int_equal(in_all, EVENTS);
}

static void what_the_broker_refuses_is_not_accepted(void **state)
{
    (void)state;
    size_t in_all;

    rd_kafka_mock_push_request_errors(
        cluster, PRODUCE, 4, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_true(publish() < EVENTS);
    int tries = 0;
    while (publish() < EVENTS && tries < 10)
        tries++;
    assert_in_range(tries, 0, 9);
    assert_int_equal(distinct_in_topic(&in_all), EVENTS);
}

static void a_dead_producer_is_replaced(void **state)
{
    (void)state;
    size_t in_all;

    assert_int_equal(publish(), EVENTS);
    rd_kafka_mock_push_request_errors(cluster, PRODUCE, 3, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    int tries = 0;
    while (publish() < EVENTS && tries < 10)
        tries++;
    assert_in_range(tries, 1, 9);
    assert_int_equal(distinct_in_topic(&in_all), EVENTS);
}

static void brokers_that_are_away_are_waited_for_with_a_limit(void **state)
{
    (void)state;
    size_t in_all;

    for (int32_t broker = 1; broker <= BROKERS; broker++)
        rd_kafka_mock_broker_set_down(cluster, broker);
    int64_t began_ms = clock_now_ms();
    assert_int_equal(publish(), 0);
    assert_in_range(clock_now_ms() - began_ms, 1000, 9000);
    for (int32_t broker = 1; broker <= BROKERS; broker++)
        rd_kafka_mock_broker_set_up(cluster, broker);
    assert_int_equal(publish(), EVENTS);
    assert_int_equal(distinct_in_topic(&in_all), EVENTS);
}

static void a_wrong_setting_is_named_and_nothing_is_published(void **state)
{
    (void)state;
    struct config_pair wrong = {"no.such.setting", "1"};
    struct config other = config;

    other.kafka = &wrong;
    other.kafka_count = 1;
    publisher = bus_kafka.publisher_new(call.mem, &other);
    assert_int_equal(bus_kafka.publish(publisher, &call, events, EVENTS, accepted), OUTCOME_UNAVAILABLE);
}

static void what_promises_hang_on_cannot_be_set(void **state)
{
    (void)state;
    struct config_pair bold[] = {{"bootstrap.servers", pairs[0].value},
                                 {"acks", "0"},
                                 {"enable.idempotence", "false"},
                                 {"enable.auto.offset.store", "true"}};
    struct config other = config;
    size_t in_all;

    other.kafka = bold;
    other.kafka_count = LENGTH(bold);
    publisher = bus_kafka.publisher_new(call.mem, &other);
    rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    assert_int_equal(publish(), EVENTS);
    /* Without idempotence the part that was appended in spite of the error would be there twice. */
    assert_int_equal(distinct_in_topic(&in_all), EVENTS);
    assert_int_equal(in_all, EVENTS);
}

static const char *setting(rd_kafka_t *kafka, const char *name)
{
    char value[64];
    size_t size = sizeof(value);

    assert_int_equal(rd_kafka_conf_get(rd_kafka_conf(kafka), name, value, &size), RD_KAFKA_CONF_OK);
    return must(talloc_strdup(call.mem, value));
}

static void ignore(rd_kafka_t *kafka, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t *partitions,
                   void *opaque)
{
    (void)kafka;
    (void)what;
    (void)partitions;
    (void)opaque;
}

static void a_reader_is_set_up_as_given_but_for_what_promises_hang_on(void **state)
{
    (void)state;
    struct config_pair bold[] = {{"bootstrap.servers", pairs[0].value},
                                 {"client.id", "somebody"},
                                 {"fetch.wait.max.ms", "77"},
                                 {"enable.auto.commit", "false"},
                                 {"enable.auto.offset.store", "true"},
                                 {"auto.offset.reset", "latest"},
                                 {"partition.assignment.strategy", "cooperative-sticky"},
                                 {"group.id", "another"}};
    struct config other = config;

    other.kafka = bold;
    other.kafka_count = LENGTH(bold);
    rd_kafka_t *kafka = must(kafka_consumer_new(&other, "look", NULL, ignore));
    assert_string_equal(setting(kafka, "client.id"), "somebody");
    assert_string_equal(setting(kafka, "fetch.wait.max.ms"), "77");
    assert_string_equal(setting(kafka, "enable.auto.commit"), "true");
    assert_string_equal(setting(kafka, "enable.auto.offset.store"), "false");
    assert_string_equal(setting(kafka, "auto.offset.reset"), "smallest"); /* its other name */
    assert_string_equal(setting(kafka, "partition.assignment.strategy"), "range");
    assert_string_equal(setting(kafka, "group.id"), "look");
    rd_kafka_destroy(kafka);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_arrive_with_id_type_key_and_time),
        TEST(what_a_broker_can_mend_is_not_seen),
        TEST(what_the_broker_refuses_is_not_accepted),
        TEST(a_dead_producer_is_replaced),
        TEST(brokers_that_are_away_are_waited_for_with_a_limit),
        TEST(a_wrong_setting_is_named_and_nothing_is_published),
        TEST(what_promises_hang_on_cannot_be_set),
        TEST(a_reader_is_set_up_as_given_but_for_what_promises_hang_on),
    };

#ifdef __SANITIZE_THREAD__
    (void)tests;
    puts("1..0 # SKIP librdkafka starts its threads by thrd_create(), which ThreadSanitizer does not see and dies of");
    return 0;
#else
    return cmocka_run_group_tests(tests, NULL, NULL);
#endif
}
