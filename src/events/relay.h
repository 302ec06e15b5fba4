/*
 * The relay: outbox to bus. Any number may run; one leads, the others wait to take over. A former
 * leader that has not noticed yet can only make events arrive twice.
 */
#ifndef FRONTROW_EVENTS_RELAY_H
#define FRONTROW_EVENTS_RELAY_H

#include <stdatomic.h>
#include <stdbool.h>

#include "events/bus.h"
#include "store/store.h"

/* Until *stopping; ends within a second or two of it. */
void relay_run(const struct store_shared *shared, const struct bus *bus, const _Atomic bool *stopping);

#endif
