/*
 * The ticket of the queue: sealed text that gives a fan's number back when Redis lost it. It is
 * bound to concert and account, checked without asking anybody, and useless to anybody else.
 */
#ifndef FRONTROW_DOMAIN_QUEUE_TICKET_H
#define FRONTROW_DOMAIN_QUEUE_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/call.h"

struct queue_ticket {
    uint64_t number;
    bool is_entry; /* from before the draw, which gives another number for it */
};

/* The caller's ticket, on call->mem. */
const char *queue_ticket_seal(struct call *call, uint64_t concert_id, struct queue_ticket ticket);

/* What a ticket holds. False when it is not ours, another account's or another concert's. */
bool queue_ticket_open(struct call *call, uint64_t concert_id, const char *sealed, struct queue_ticket *ticket);

#endif
