/* One event of each kind on standard output, a line each, for tests/style/events.py. */
#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>

#include "base/clock.h"
#include "domain/event.h"

static const struct event *event_of(struct call *call, enum event_kind kind)
{
    static const struct paid_seat seats[] = {{"20270301.5.4", 4, 70000}, {"20270301.5.5", 5, 50000}};

    switch (kind) {
    case EVENT_PAYMENT_COMPLETED:
        return event_payment_completed(call, &(struct payment_completed){.payment_id = 12,
                                                                         .account_id = 7,
                                                                         .concert_id = 5,
                                                                         .amount = 120000,
                                                                         .paid_ms = call->now_ms,
                                                                         .seats = seats,
                                                                         .seats_count = 2});
    case EVENT_RESERVATION_CANCELLED:
        return event_reservation_cancelled(call, &(struct reservation_cancelled){.payment_id = 12,
                                                                                 .account_id = 7,
                                                                                 .concert_id = 5,
                                                                                 .reservation_number = "20270301.5.4",
                                                                                 .seat = 4,
                                                                                 .refunded = 70000,
                                                                                 .cancelled_ms = call->now_ms});
    case EVENT_KINDS: break;
    }
    abort();
}

int main(void)
{
    struct call call = {.mem = talloc_new(NULL), .now_ms = clock_now_ms()};

    for (int kind = 0; kind < EVENT_KINDS; kind++)
        puts(event_of(&call, (enum event_kind)kind)->payload);
    talloc_free(call.mem);
    return EXIT_SUCCESS;
}
