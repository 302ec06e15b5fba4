/*
 * The ticket of the queue: sealed text that gives a fan's number back when Redis lost it. It is
 * bound to concert and account, checked without asking anybody, and useless to anybody else.
 */
#ifndef FRONTROW_DOMAIN_QUEUE_TICKET_H
#define FRONTROW_DOMAIN_QUEUE_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/call.h"

/* The caller's ticket for this number, on call->mem. */
const char *queue_ticket_seal(struct call *call, uint64_t concert_id, uint64_t number);

/* The number on a ticket. False when it is not ours, another account's or another concert's. */
bool queue_ticket_open(struct call *call, uint64_t concert_id, const char *ticket, uint64_t *number);

#endif
