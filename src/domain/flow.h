/*
 * How fast a line moves, from what was seen of it lately, and what that means for a fan in it. A
 * range, because nobody knows; nothing at all, when too little was seen.
 */
#ifndef FRONTROW_DOMAIN_FLOW_H
#define FRONTROW_DOMAIN_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/queues_series.h"

/* From the rows of QUEUES_FINE_S each, oldest first. */
struct flow flow_of(const struct queue_row *rows, size_t count);

/* How long so many people ahead take. False when the flow is not known. */
bool flow_wait(struct flow flow, uint64_t ahead, int64_t *low_s, int64_t *high_s);

#endif
