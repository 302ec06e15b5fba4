#include "events/kafka.h"

#include <talloc.h>

#include "base/log.h"
#include "base/must.h"

enum { ERROR_SIZE = 512 };

struct setting {
    const char *name;
    const char *value;
};

#define SETTINGS(list) (list), sizeof(list) / sizeof((list)[0])

/* What suits us and may be chosen otherwise. */
static const struct setting producer_defaults[] = {
    {"client.id", "frontrow-relay"},
    {"linger.ms", "1"}, /* the relay hands over whole batches; there is nothing to wait for */
    {"compression.codec", "lz4"},
    {"partitioner", "murmur2_random"}, /* that of Java, so that others put a key into the same partition */
    {"retry.backoff.ms", "50"},
};

/* The outbox row goes on the report, so the report must mean that all replicas have it, once and in order. */
static const struct setting producer_musts[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
};

static const struct setting consumer_defaults[] = {
    {"client.id", "frontrow-consumer"},
    {"allow.auto.create.topics", "true"},
    {"topic.metadata.refresh.interval.ms", "10000"},
    /* A group reads at most 64 events at a time; what is fetched ahead only costs memory, four times. */
    {"queued.min.messages", "256"},
    {"queued.max.messages.kbytes", "1024"},
    {"fetch.message.max.bytes", "65536"},
    {"fetch.error.backoff.ms", "100"},
    {"reconnect.backoff.max.ms", "2000"},
    {"session.timeout.ms", "10000"},
    {"heartbeat.interval.ms", "1000"}, /* also how soon a reader hears that another one came or went */
    {"auto.commit.interval.ms", "500"},
};

/*
 * An offset is stored after the effect, never before. A new group begins at the beginning. The other
 * assignors ("cooperative") hang and loop in librdkafka before 2.6.
 */
static const struct setting consumer_musts[] = {
    {"enable.auto.commit", "true"},    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "earliest"}, {"partition.assignment.strategy", "range"},
    {"enable.partition.eof", "false"},
};

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[ERROR_SIZE];

    if (rd_kafka_conf_set(conf, name, value, error, sizeof(error)) == RD_KAFKA_CONF_OK)
        return true;
    log_error("kafka_option_wrong name=%s what=\"%s\"", name, error);
    return false;
}

static bool set_all(rd_kafka_conf_t *conf, const struct setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!set(conf, settings[i].name, settings[i].value))
            return false;
    return true;
}

static bool set_given(rd_kafka_conf_t *conf, const struct config *config)
{
    for (size_t i = 0; i < config->kafka_count; i++)
        if (!set(conf, config->kafka[i].name, config->kafka[i].value))
            return false;
    return true;
}

static void say(const rd_kafka_t *kafka, int level, const char *facility, const char *message)
{
    enum log_level as = level <= 3 ? LOG_LEVEL_WARNING : level <= 6 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;

    (void)kafka;
    log_event(as, "kafka_says facility=%s message=\"%s\"", facility, message);
}

/* The log says it already, except that nobody is left to talk to. */
static void fail(rd_kafka_t *kafka, int code, const char *reason, void *opaque)
{
    (void)opaque;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        log_error("kafka_away client=%s what=\"%s\"", rd_kafka_name(kafka), reason);
}

static rd_kafka_t *make(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char error[ERROR_SIZE];
    rd_kafka_t *kafka = rd_kafka_new(type, conf, error, sizeof(error));

    if (kafka == NULL) {
        log_error("kafka_client_refused what=\"%s\"", error);
        rd_kafka_conf_destroy(conf);
    }
    return kafka;
}

rd_kafka_t *kafka_producer_new(const struct config *config, void *opaque,
                               void (*reported)(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque))
{
    rd_kafka_conf_t *conf = must(rd_kafka_conf_new());

    rd_kafka_conf_set_log_cb(conf, say);
    rd_kafka_conf_set_error_cb(conf, fail);
    rd_kafka_conf_set_opaque(conf, opaque);
    rd_kafka_conf_set_dr_msg_cb(conf, reported);
    if (set_all(conf, SETTINGS(producer_defaults)) && set_given(conf, config) &&
        set_all(conf, SETTINGS(producer_musts)))
        return make(RD_KAFKA_PRODUCER, conf);
    rd_kafka_conf_destroy(conf);
    return NULL;
}

rd_kafka_t *kafka_consumer_new(const struct config *config, const char *group, void *opaque,
                               void (*rebalanced)(rd_kafka_t *kafka, rd_kafka_resp_err_t what,
                                                  rd_kafka_topic_partition_list_t *partitions, void *opaque))
{
    rd_kafka_conf_t *conf = must(rd_kafka_conf_new());

    rd_kafka_conf_set_log_cb(conf, say);
    rd_kafka_conf_set_error_cb(conf, fail);
    rd_kafka_conf_set_opaque(conf, opaque);
    rd_kafka_conf_set_rebalance_cb(conf, rebalanced);
    if (set_all(conf, SETTINGS(consumer_defaults)) && set_given(conf, config) &&
        set_all(conf, SETTINGS(consumer_musts)) && set(conf, "group.id", group))
        return make(RD_KAFKA_CONSUMER, conf);
    rd_kafka_conf_destroy(conf);
    return NULL;
}

const char *kafka_topic(const void *mem, const struct config *config, const char *aggregatetype)
{
    return must(talloc_asprintf(mem, "%s%s", config->events_topic_prefix, aggregatetype));
}

bool kafka_is_dead(rd_kafka_t *kafka)
{
    char error[ERROR_SIZE];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(kafka, error, sizeof(error));

    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    log_error("kafka_client_dead code=%s what=\"%s\"", rd_kafka_err2name(code), error);
    return true;
}
