/*
 * What librdkafka does by itself: bare_producer BROKERS TOPIC COUNT BYTES [BATCH]. With a batch it waits for all reports of
 * one before it hands over the next, as the relay does; without, it never waits. Prints messages a second.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static size_t reported;

static void report(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque)
{
    (void)kafka;
    (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fprintf(stderr, "%s\n", rd_kafka_err2str(message->err));
        exit(EXIT_FAILURE);
    }
    reported++;
}

static rd_kafka_t *producer_of(const char *brokers)
{
    static const char *const settings[][2] = {{"enable.idempotence", "true"},
                                              {"acks", "all"},
                                              {"linger.ms", "1"},
                                              {"compression.codec", "lz4"},
                                              {"partitioner", "murmur2_random"}};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char error[512];

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        rd_kafka_conf_set(conf, settings[i][0], settings[i][1], NULL, 0);
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
    rd_kafka_conf_set_dr_msg_cb(conf, report);
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
    if (kafka == NULL) {
        fprintf(stderr, "%s\n", error);
        exit(EXIT_FAILURE);
    }
    return kafka;
}

static void send_one(rd_kafka_t *kafka, const char *topic, size_t number, const char *payload)
{
    char key[24];
    int length = snprintf(key, sizeof(key), "%zu", number);

    while (rd_kafka_producev(
               kafka, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
               RD_KAFKA_V_KEY(key, (size_t)length), RD_KAFKA_V_VALUE((void *)(uintptr_t)payload, strlen(payload)),
               RD_KAFKA_V_HEADER("id", "0f8fad5b-d9cb-469f-a165-70867728950e", -1),
               RD_KAFKA_V_HEADER("type", "payment.completed", -1), RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(kafka, 1);
}

static void wait_for(rd_kafka_t *kafka, size_t count)
{
    while (reported < count)
        rd_kafka_poll(kafka, 100);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    size_t count = strtoul(argv[3], NULL, 10);
    size_t bytes = strtoul(argv[4], NULL, 10);
    size_t batch = argc > 5 ? strtoul(argv[5], NULL, 10) : count;
    rd_kafka_t *kafka = producer_of(argv[1]);
    char *payload = malloc(bytes + 1);

    /* Letters that do not repeat too soon, or compression would have an easy time. */
    for (size_t i = 0; i < bytes; i++)
        payload[i] = (char)('a' + rand() % 26);
    payload[bytes] = '\0';
    send_one(kafka, argv[2], 0, payload);
    wait_for(kafka, 1);
    int64_t began_ns = clock_steady_ns();
    for (size_t sent = 0; sent < count;) {
        size_t until = sent + batch < count ? sent + batch : count;
        for (; sent < until; sent++)
            send_one(kafka, argv[2], sent, payload);
        wait_for(kafka, sent + 1);
    }
    printf("%.0f\n", (double)count * 1e9 / (double)(clock_steady_ns() - began_ns));
    rd_kafka_destroy(kafka);
    free(payload);
    return EXIT_SUCCESS;
}
