/*
 * The bus carries events from the outbox to the consumer groups. Two kinds keep this contract, and
 * the same tests run over both (tests/integration/test_events.c):
 *
 * - stream: Redis Streams, for one machine, nothing else to install;
 * - kafka: Apache Kafka.
 *
 * What is promised: every event that was accepted reaches every group at least once, unless the bus
 * forgets it (see forgot); events of one aggregate reach a group in the order they were accepted;
 * an event that a reader did not finish reaches another reader of its group.
 *
 * Publishers and readers belong to one thread.
 */
#ifndef FRONTROW_EVENTS_BUS_H
#define FRONTROW_EVENTS_BUS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/call.h"
#include "base/config.h"
#include "base/event.h"

enum { BUS_READ_MAX = 64 };

struct publisher;
struct reader;

/* An event as it arrived. */
struct delivery {
    struct event event;
    const char *receipt; /* where the bus has it */
};

struct bus {
    const char *name;

    /*
     * True: what was accepted stays until each group has had it, so its outbox row may go at once.
     * False: the row stays until each group says in MySQL that it received the event.
     */
    bool durable;

    struct publisher *(*publisher_new)(const void *mem, const struct config *config);

    /*
     * Hand over events, at most one of each aggregate. DONE or UNAVAILABLE; either way accepted[i]
     * says which of them the bus has. One that is not marked may have arrived nevertheless.
     */
    enum outcome (*publish)(struct publisher *publisher, struct call *call, const struct event *events, size_t count,
                            bool *accepted);

    /* True once after the bus may have lost what it had accepted. */
    bool (*forgot)(struct publisher *publisher, struct call *call);

    /* Called every second or so, by the relay that leads. */
    void (*tidy)(struct publisher *publisher, struct call *call, size_t groups);

    struct reader *(*reader_new)(const void *mem, const struct config *config, const char *group);

    /*
     * Up to max (at most BUS_READ_MAX) events on call->mem, waiting at most wait_ms for the first.
     * DONE, with none when none came; or UNAVAILABLE. What the read before brought and was not
     * finished comes again, some time.
     */
    enum outcome (*read)(struct reader *reader, struct call *call, long wait_ms, size_t max,
                         struct delivery **deliveries, size_t *count);

    /* All that the last read brought is dealt with and need not come again. DONE or UNAVAILABLE. */
    enum outcome (*finish)(struct reader *reader, struct call *call, const struct delivery *deliveries, size_t count);

    /* Say good-bye, so that others take over at once. What was read and not finished goes to them. */
    void (*leave)(struct reader *reader, struct call *call);
};

extern const struct bus bus_stream;
extern const struct bus bus_kafka;

/* The bus that events.bus names; NULL, logged, when there is no such bus. */
const struct bus *bus_named(const char *name);

#endif
