/*
 * The events of this system, written and read. Their list is event.def.
 *
 * Both kinds belong to the aggregate "payment" and carry the payment's id as their key, so that the
 * cancellation of a reservation never overtakes the payment that made it.
 */
#ifndef FRONTROW_DOMAIN_EVENT_H
#define FRONTROW_DOMAIN_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "base/event.h"

enum event_kind {
#define EVENT(name, type, aggregate, version) EVENT_##name,
#include "domain/event.def"
#undef EVENT
    EVENT_KINDS /* a type that this build does not know */
};

struct paid_seat {
    const char *reservation_number;
    uint32_t seat;
    int64_t price;
};

struct payment_completed {
    uint64_t payment_id;
    uint64_t account_id;
    uint64_t concert_id;
    uint64_t place; /* the payer's number in the queue; 0 when they were no longer in it */
    int64_t amount;
    int64_t paid_ms;
    const struct paid_seat *seats;
    size_t seats_count;
};

struct reservation_cancelled {
    uint64_t payment_id;
    uint64_t account_id;
    uint64_t concert_id;
    const char *reservation_number;
    uint32_t seat;
    int64_t refunded;
    int64_t cancelled_ms;
};

/* A new event with an id of its own, on call->mem: for outbox_insert(). */
const struct event *event_payment_completed(struct call *call, const struct payment_completed *completed);
const struct event *event_reservation_cancelled(struct call *call, const struct reservation_cancelled *cancelled);

enum event_kind event_kind(const struct event *event);

/*
 * What an event says, on call->mem. False when the payload is not what its type and version
 * promise: such an event can never be understood, however often it is tried.
 */
bool event_read_completed(struct call *call, const struct event *event, struct payment_completed *completed);
bool event_read_cancelled(struct call *call, const struct event *event, struct reservation_cancelled *cancelled);

#endif
