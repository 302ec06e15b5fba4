/*
 * Clients of Kafka, made from the configuration. The section kafka { … } goes to librdkafka as it
 * stands; what the promises of events/bus.h hang on is set after it and cannot be changed there.
 */
#ifndef FRONTROW_EVENTS_KAFKA_H
#define FRONTROW_EVENTS_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "base/config.h"

/* NULL, logged, when librdkafka does not take the configuration. opaque is handed to the callbacks. */
rd_kafka_t *kafka_producer_new(const struct config *config, void *opaque,
                               void (*reported)(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque));
rd_kafka_t *kafka_consumer_new(const struct config *config, const char *group, void *opaque,
                               void (*rebalanced)(rd_kafka_t *kafka, rd_kafka_resp_err_t what,
                                                  rd_kafka_topic_partition_list_t *partitions, void *opaque));

/* The topic of an aggregate type, on mem. */
const char *kafka_topic(const void *mem, const struct config *config, const char *aggregatetype);

/* True, logged, when this client can do nothing any more and a new one must be made. */
bool kafka_is_dead(rd_kafka_t *kafka);

#endif
