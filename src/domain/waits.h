/*
 * What fans were told of their wait, beside what it turned out to be: of whoever was the last in line when a row of the
 * series ended. The line is served in the order of its numbers, so nobody has to be followed.
 */
#ifndef FRONTROW_DOMAIN_WAITS_H
#define FRONTROW_DOMAIN_WAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/queues_series.h"

struct wait {
    bool is_told;
    int64_t low_s;
    int64_t high_s;
    bool is_over;
    int64_t true_s; /* until the row in which it ended had ended: up to a step too long */
};

/* How many waits that were told are over, and how many of these ended within the range told. */
struct waits_right {
    size_t over;
    size_t right;
};

/* One for each row, the oldest first; the rows are steps of step_s. */
struct waits_right waits_judge(const struct queue_row *rows, size_t count, int step_s, struct wait *waits);

#endif
