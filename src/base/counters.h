/*
 * Counters that add up over processes: one page of shared memory in the run folder, which every
 * process of this host maps and adds to. They last as long as the file.
 */
#ifndef FRONTROW_BASE_COUNTERS_H
#define FRONTROW_BASE_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/outcome.h"

enum counter {
#define COUNTER(name, help) COUNTER_##name,
#include "base/counters.def"
#undef COUNTER
    COUNTERS
};

enum {
    COUNTERS_ROUTES_MAX = 64,
    COUNTERS_STATUSES_MAX = 32,
    COUNTERS_BUCKETS = 14,
    COUNTERS_CONCERTS_MAX = 1024,
    COUNTERS_CONCERT_STALE_MS = 60 * 1000,
    COUNTERS_POOLS_MAX = 4,
    COUNTERS_PROCESSES_MAX = 64,
};

/* Upper bounds of the latency histogram, in microseconds. */
extern const uint32_t counters_bucket_us[COUNTERS_BUCKETS];

struct counters_route {
    _Atomic uint64_t by_status[COUNTERS_STATUSES_MAX];
    _Atomic uint64_t bucket[COUNTERS_BUCKETS + 1]; /* the last one has no upper bound */
    _Atomic uint64_t sum_us;
};

/* What the gate last saw of a concert; concert_id 0 is a free row, and one not seen for a minute may be taken. */
struct counters_concert {
    _Atomic uint64_t concert_id;
    _Atomic uint64_t waiting;
    _Atomic uint64_t admitted;
    _Atomic uint64_t active;
    _Atomic uint64_t held;
    _Atomic uint64_t sold;
    _Atomic uint64_t seen_ms;
};

struct counters {
    _Atomic uint64_t layout;
    _Atomic uint64_t total[COUNTERS];
    _Atomic uint64_t refusals[OUTCOMES];
    struct counters_route route[COUNTERS_ROUTES_MAX];
    struct counters_concert concert[COUNTERS_CONCERTS_MAX];
    _Atomic uint64_t busy[COUNTERS_POOLS_MAX][COUNTERS_PROCESSES_MAX];
    _Atomic uint64_t threads[COUNTERS_POOLS_MAX][COUNTERS_PROCESSES_MAX];
    _Atomic uint64_t outbox_waiting;
    _Atomic uint64_t outbox_oldest_ms; /* when the oldest waiting row was written; 0 when none waits */
};

struct counter_name {
    const char *name;
    const char *help;
};

extern const struct counter_name counter_names[COUNTERS];

/*
 * Map the page at dir/counters, made anew when it is missing or of another layout. Never NULL: when
 * the file cannot be had, that is logged and the page is this process's own.
 */
struct counters *counters_open(const char *dir);

static inline void counters_add(struct counters *counters, enum counter counter, uint64_t by)
{
    atomic_fetch_add_explicit(&counters->total[counter], by, memory_order_relaxed);
}

void counters_add_request(struct counters_route *route, int status_index, uint64_t duration_us);

/* The row of this concert, seen now; a free one when it has none; NULL when all belong to others. */
struct counters_concert *counters_concert(struct counters *counters, uint64_t concert_id, int64_t now_ms);

/* Has a gate looked at the row's concert lately? A sale that is over is not shown for ever. */
bool counters_concert_is_live(const struct counters_concert *row, int64_t now_ms);

#endif
