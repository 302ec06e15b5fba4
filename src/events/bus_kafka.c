#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "events/bus.h"
#include "events/kafka.h"

/* The one kind of aggregate there is; a second one makes this a list. */
static const char aggregate[] = "payment";

enum {
    REPORT_WAIT_MS = 5000, /* for a whole batch; then it is tried again with a new producer */
    PURGE_WAIT_MS = 500,
    POLL_MS = 100,
    TOPIC_SIZE = 250,
};

/* The relay's side */

struct publisher {
    const struct config *config;
    rd_kafka_t *kafka; /* NULL until needed, and after it died */
    char topic[TOPIC_SIZE];
    size_t unreported;
    size_t refused; /* of this batch */
};

/* The first one tells what is wrong; the others of its batch would say the same. */
static void note_refusal(struct publisher *publisher, rd_kafka_resp_err_t code)
{
    if (publisher->refused++ == 0)
        log_warning("kafka_event_refused code=%s", rd_kafka_err2name(code));
}

/* One for each message, and always called from our own thread, inside rd_kafka_poll(). */
static void reported(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque)
{
    struct publisher *publisher = opaque;
    bool *accepted = message->_private;

    (void)kafka;
    publisher->unreported--;
    *accepted = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!*accepted)
        note_refusal(publisher, message->err);
}

/*
 * What is still under way belongs to a batch that ends now. Whether it arrives is unknown; it is sent
 * again from the outbox. A producer that lost track of a message may not go on: with librdkafka
 * before 2.3 its numbering can be off by one, which the broker refuses for good.
 */
static void drop(struct publisher *publisher)
{
    if (publisher->kafka == NULL)
        return;
    rd_kafka_purge(publisher->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(publisher->kafka, PURGE_WAIT_MS);
    rd_kafka_destroy(publisher->kafka);
    publisher->kafka = NULL;
    publisher->unreported = 0;
}

static int end_publisher(struct publisher *publisher)
{
    drop(publisher);
    return 0;
}

static struct publisher *publisher_new(const void *mem, const struct config *config)
{
    struct publisher *publisher = must(talloc_zero(mem, struct publisher));

    publisher->config = config;
    snprintf(publisher->topic, sizeof(publisher->topic), "%s", kafka_topic(publisher, config, aggregate));
    talloc_set_destructor(publisher, end_publisher);
    return publisher;
}

static rd_kafka_resp_err_t produce(struct publisher *publisher, const struct event *event, bool *accepted)
{
    return rd_kafka_producev(publisher->kafka, RD_KAFKA_V_TOPIC(publisher->topic),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_KEY(event->aggregateid, strlen(event->aggregateid)),
                             RD_KAFKA_V_VALUE((void *)(uintptr_t)event->payload, strlen(event->payload)),
                             RD_KAFKA_V_TIMESTAMP(event->created_ms), RD_KAFKA_V_HEADER("id", event->id, -1),
                             RD_KAFKA_V_HEADER("type", event->type, -1), RD_KAFKA_V_OPAQUE(accepted), RD_KAFKA_V_END);
}

/* Into the producer's own queue. */
static void hand_over(struct publisher *publisher, const struct event *event, bool *accepted, int64_t until_ns)
{
    for (;;) {
        rd_kafka_resp_err_t code = produce(publisher, event, accepted);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            publisher->unreported++;
            return;
        }
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || clock_steady_ns() > until_ns) {
            note_refusal(publisher, code);
            return;
        }
        rd_kafka_poll(publisher->kafka, POLL_MS);
    }
}

static void wait_for_reports(struct publisher *publisher, int64_t until_ns)
{
    while (publisher->unreported > 0 && clock_steady_ns() < until_ns)
        rd_kafka_poll(publisher->kafka, POLL_MS);
    if (publisher->unreported > 0)
        log_warning("kafka_reports_missing count=%zu", publisher->unreported);
}

/*
 * A producer that refused something is not kept, either: it may believe for minutes that a topic is
 * closed to it, and a new one costs a few milliseconds.
 */
static enum outcome publish(struct publisher *publisher, struct call *call, const struct event *events, size_t count,
                            bool *accepted)
{
    int64_t until_ns = clock_steady_ns() + (int64_t)REPORT_WAIT_MS * 1000000;

    (void)call;
    memset(accepted, 0, count * sizeof(*accepted));
    publisher->refused = 0;
    if (publisher->kafka == NULL)
        publisher->kafka = kafka_producer_new(publisher->config, publisher, reported);
    if (publisher->kafka == NULL)
        return OUTCOME_UNAVAILABLE;
    for (size_t i = 0; i < count; i++)
        hand_over(publisher, &events[i], &accepted[i], until_ns);
    wait_for_reports(publisher, until_ns);
    if (publisher->unreported == 0 && publisher->refused == 0 && !kafka_is_dead(publisher->kafka))
        return OUTCOME_DONE;
    drop(publisher);
    return OUTCOME_UNAVAILABLE;
}

static bool forgot(struct publisher *publisher, struct call *call)
{
    (void)publisher;
    (void)call;
    return false;
}

static void tidy(struct publisher *publisher, struct call *call, size_t groups)
{
    (void)call;
    (void)groups;
    if (publisher->kafka != NULL)
        rd_kafka_poll(publisher->kafka, 0);
}

/* The consumers' side */

struct reader {
    const struct config *config;
    const char *group;
    rd_kafka_t *kafka; /* NULL until needed, and after it died */
    size_t gathered;   /* of the read that goes on */
    bool owes;         /* what the last read brought was not finished */
};

/*
 * Called from our own thread, inside rd_kafka_consumer_poll(). What was gathered in this read and not
 * worked on yet goes to the next owner; what was finished is committed, so that they do not have it again.
 */
static void rebalanced(rd_kafka_t *kafka, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t *partitions,
                       void *opaque)
{
    struct reader *reader = opaque;

    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        log_info("kafka_assigned group=%s partitions=%d", reader->group, partitions->cnt);
        rd_kafka_assign(kafka, partitions);
        return;
    }
    log_info("kafka_revoked group=%s partitions=%d lost=%s", reader->group, partitions->cnt,
             rd_kafka_assignment_lost(kafka) ? "yes" : "no");
    reader->gathered = 0;
    if (!rd_kafka_assignment_lost(kafka))
        rd_kafka_commit(kafka, NULL, 0);
    rd_kafka_assign(kafka, NULL);
}

static void end_client(struct reader *reader)
{
    if (reader->kafka == NULL)
        return;
    rd_kafka_consumer_close(reader->kafka);
    rd_kafka_destroy(reader->kafka);
    reader->kafka = NULL;
    reader->owes = false;
}

static int end_reader(struct reader *reader)
{
    end_client(reader);
    return 0;
}

static struct reader *reader_new(const void *mem, const struct config *config, const char *group)
{
    struct reader *reader = must(talloc_zero(mem, struct reader));

    reader->config = config;
    reader->group = group;
    talloc_set_destructor(reader, end_reader);
    return reader;
}

static bool subscribe(struct reader *reader)
{
    rd_kafka_topic_partition_list_t *topics = must(rd_kafka_topic_partition_list_new(1));
    char *topic = must(talloc_strdup(NULL, kafka_topic(reader, reader->config, aggregate)));

    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(reader->kafka, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    TALLOC_FREE(topic);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        log_error("kafka_subscription_refused group=%s code=%s", reader->group, rd_kafka_err2name(code));
    return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* The next offset to be stored would count for what was not finished, too, so who owes that joins the group anew. */
static bool ready(struct reader *reader)
{
    if (reader->kafka != NULL && (reader->owes || kafka_is_dead(reader->kafka)))
        end_client(reader);
    if (reader->kafka != NULL)
        return true;
    reader->kafka = kafka_consumer_new(reader->config, reader->group, reader, rebalanced);
    if (reader->kafka == NULL)
        return false;
    rd_kafka_poll_set_consumer(reader->kafka);
    if (subscribe(reader))
        return true;
    end_client(reader);
    return false;
}

static const char *header(const void *mem, const rd_kafka_message_t *message, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t length;

    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &length) != RD_KAFKA_RESP_ERR_NO_ERROR || value == NULL)
        return "";
    return must(talloc_strndup(mem, value, length));
}

/* A copy: the message goes back to librdkafka at once. What is missing reads as an event that nobody understands. */
static struct delivery delivery_of(const void *mem, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t kind;
    struct delivery delivery = {
        .receipt = must(talloc_asprintf(mem, "%" PRId32 ":%" PRId64, message->partition, message->offset))};
    const char *id = header(mem, message, "id");

    snprintf(delivery.event.id, sizeof(delivery.event.id), "%s", id[0] != '\0' ? id : delivery.receipt);
    delivery.event.type = header(mem, message, "type");
    delivery.event.aggregatetype = aggregate;
    delivery.event.aggregateid = must(talloc_strndup(mem, message->key != NULL ? message->key : "", message->key_len));
    delivery.event.payload = must(talloc_strndup(mem, message->payload != NULL ? message->payload : "", message->len));
    delivery.event.created_ms = rd_kafka_message_timestamp(message, &kind);
    return delivery;
}

/* NULL when there is none in time. Errors are news, not failures: librdkafka goes on by itself. */
static rd_kafka_message_t *next_message(struct reader *reader, long wait_ms)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(reader->kafka, (int)wait_ms);

    if (message == NULL || message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return message;
    log_info("kafka_reader_told group=%s code=%s what=\"%s\"", reader->group, rd_kafka_err2name(message->err),
             rd_kafka_message_errstr(message));
    rd_kafka_message_destroy(message);
    return NULL;
}

static enum outcome read_topic(struct reader *reader, struct call *call, long wait_ms, size_t max,
                               struct delivery **deliveries, size_t *count)
{
    rd_kafka_message_t *message;

    *deliveries = must(talloc_zero_array(call->mem, struct delivery, max));
    *count = 0;
    reader->gathered = 0;
    if (!ready(reader))
        return OUTCOME_UNAVAILABLE;
    while (reader->gathered < max && (message = next_message(reader, reader->gathered == 0 ? wait_ms : 0)) != NULL) {
        (*deliveries)[reader->gathered++] = delivery_of(call->mem, message);
        rd_kafka_message_destroy(message);
    }
    *count = reader->gathered;
    reader->owes = *count > 0;
    return OUTCOME_DONE;
}

/*
 * Store the offset behind the last one of each partition; librdkafka commits it soon. A partition
 * that was taken from us meanwhile refuses it, rightly: its next owner has the events again.
 */
static enum outcome finish(struct reader *reader, struct call *call, const struct delivery *deliveries, size_t count)
{
    rd_kafka_topic_partition_list_t *offsets = must(rd_kafka_topic_partition_list_new((int)count));
    const char *topic = kafka_topic(call->mem, reader->config, aggregate);

    for (size_t i = 0; i < count; i++) {
        int32_t partition;
        int64_t offset;
        if (sscanf(deliveries[i].receipt, "%" SCNd32 ":%" SCNd64, &partition, &offset) != 2)
            continue;
        rd_kafka_topic_partition_t *row = rd_kafka_topic_partition_list_find(offsets, topic, partition);
        if (row == NULL)
            row = rd_kafka_topic_partition_list_add(offsets, topic, partition);
        if (row->offset <= offset)
            row->offset = offset + 1;
    }
    rd_kafka_offsets_store(reader->kafka, offsets);
    rd_kafka_topic_partition_list_destroy(offsets);
    reader->owes = false;
    return OUTCOME_DONE;
}

static void leave(struct reader *reader, struct call *call)
{
    (void)call;
    end_client(reader);
}

const struct bus bus_kafka = {
    .name = "kafka",
    .durable = true,
    .publisher_new = publisher_new,
    .publish = publish,
    .forgot = forgot,
    .tidy = tidy,
    .reader_new = reader_new,
    .read = read_topic,
    .finish = finish,
    .leave = leave,
};
