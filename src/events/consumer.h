/*
 * The consumer groups at work: one thread each. Any number of processes may run; the bus shares the
 * events of a group out among them.
 *
 * An event is finished on the bus once MySQL has, in one transaction, the group's inbox row and
 * either the effect, or a row in event_retry (try again later), or one in dead_letter (given up).
 * So the bus never waits for a failing event, and nothing is lost between the two.
 */
#ifndef FRONTROW_EVENTS_CONSUMER_H
#define FRONTROW_EVENTS_CONSUMER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "domain/reaction.h"
#include "events/bus.h"
#include "store/store.h"

struct consumer {
    const struct store_shared *shared;
    const struct bus *bus;
    enum reaction reaction;
    const _Atomic bool *stopping;
};

/* Until *stopping; what is being worked on is finished first. */
void consumer_run(const struct consumer *consumer);

#endif
