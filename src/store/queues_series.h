/*
 * What happened in a queue over time, in Redis: a fine series for hours, coarser ones for days and
 * weeks, each of bounded length.
 */
#ifndef FRONTROW_STORE_QUEUES_SERIES_H
#define FRONTROW_STORE_QUEUES_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"

/* What is counted over a period; store/lua keeps them under these names in totals:{c}. */
#define QUEUES_COUNTS(COUNT)                                                                                           \
    COUNT(joins)                                                                                                       \
    COUNT(admissions)                                                                                                  \
    COUNT(entered) /* admissions taken up */                                                                           \
    COUNT(no_shows)                                                                                                    \
    COUNT(expiries)                                                                                                    \
    COUNT(absences)                                                                                                    \
    COUNT(returns) /* of those who were absent */                                                                      \
    COUNT(leaves)                                                                                                      \
    COUNT(holds)                                                                                                       \
    COUNT(payments)

/* And what fans were refused, by the code of outcome.def, under refused_<code>. */
#define QUEUES_REFUSALS(CODE)                                                                                          \
    CODE(closed)                                                                                                       \
    CODE(sold_out)                                                                                                     \
    CODE(not_open_yet)                                                                                                 \
    CODE(not_admitted)                                                                                                 \
    CODE(seat_taken)                                                                                                   \
    CODE(hold_limit)                                                                                                   \
    CODE(hold_expired)                                                                                                 \
    CODE(extension_used)                                                                                               \
    CODE(points_too_few)                                                                                               \
    CODE(too_late)

enum {
#define CODE(name) QUEUES_REFUSED_##name,
    QUEUES_REFUSALS(CODE) QUEUES_REFUSED_CODES
#undef CODE
};

/*
 * How fast a line moves: fans a minute who leave its front, at least and at most, 0 and 0 when too little is known. And
 * how fast it fades: which share of those who are still there goes away in a minute and is passed over when called.
 */
struct flow {
    double low;
    double high;
    double fade_low;
    double fade_high;
};

struct queue_row {
    int64_t ends_s; /* when the period ended */
#define COUNT(name) uint64_t name;
    QUEUES_COUNTS(COUNT)
#undef COUNT
    uint64_t refused[QUEUES_REFUSED_CODES];
    /* How many there were at its end. */
    uint64_t waiting;
    uint64_t admitted;
    uint64_t active;
    uint64_t away;
    uint64_t room; /* for how many more there was room inside */
    bool flowing;  /* fans could be admitted */
    uint64_t last; /* the number of the last in line, and the highest that was admitted */
    uint64_t served;
    struct flow flow; /* by which fans were told their wait then */
};

enum { QUEUES_FINE_S = 10, QUEUES_RECENT_ROWS = 120 };

/*
 * Write the rows of periods that have ended; whoever comes first does. *rows (on call->mem) are the
 * last QUEUES_RECENT_ROWS of the finest series when it grew; *count is 0 when it did not.
 * DONE, NOT_FOUND or UNAVAILABLE.
 */
enum outcome queues_sample(struct call *call, uint64_t concert_id, struct queue_row **rows, size_t *count);

/*
 * Count a refusal that a script has not counted itself; other outcomes are none. When Redis is away nobody counts it.
 * Returns the outcome.
 */
enum outcome queues_refused(struct call *call, uint64_t concert_id, enum outcome outcome);

/* Note how fast the line moves. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome queues_flow(struct call *call, uint64_t concert_id, struct flow flow);

/*
 * The rows since a moment (unix seconds), in the finest steps that reach back so far; at most
 * QUEUES_SERIES_MAX. DONE, NOT_FOUND or UNAVAILABLE.
 */
enum { QUEUES_SERIES_MAX = 1500 };
enum outcome queues_series(struct call *call, uint64_t concert_id, int64_t since_s, struct queue_row **rows,
                           size_t *count, int *step_s);

#endif
