/*
 * Redisson's RLock: a lock in Redis that Java services can share, by name.
 *
 * Wire-compatible with Redisson 3.27.2 and later on a single server: hash, field, count, lease,
 * channel and message are the same. Waiters are woken by message, first come first served within a
 * process; between processes whoever asks first gets it. A lease that runs out frees the lock
 * whatever its owner believes: a lock keeps callers in line, it does not make anything true.
 */
#ifndef FRONTROW_STORE_LOCKS_H
#define FRONTROW_STORE_LOCKS_H

#include <stdbool.h>

#include "base/call.h"

struct lock;

struct lock_terms {
    int64_t wait_ms;
    int64_t lease_ms;
    unsigned places_max; /* callers of this process that may wait for or have this lock; 0: no limit */
};

/*
 * Take the lock; a thread that has it may take it again and releases as often. The lock hangs on
 * call->mem.
 *
 * Ends DONE; BUSY when it was not to be had in time; TOO_MANY_REQUESTS when places_max were taken;
 * UNAVAILABLE. Each but DONE leaves nothing behind, save when Redis was lost: then the lease may
 * have to run out. Whatever was to go along with the next question to Redis has been asked in any case.
 */
enum outcome locks_take(struct call *call, const char *name, const struct lock_terms *terms, struct lock **lock);

enum lock_end {
    LOCK_FREED,
    LOCK_KEPT,    /* it was taken more than once */
    LOCK_LOST,    /* the lease had run out, or somebody freed it by force */
    LOCK_UNKNOWN, /* Redis does not answer; the lease will end it */
};

/*
 * Ask for the release along with the next question on the call's link, which may be another thread's than the one that
 * took the lock; that one waits meanwhile, and says locks_release() when the question has been answered.
 */
void locks_release_along(struct call *call, struct lock *lock);

/* Give one take back, in the thread that took it. What was lost or is unknown was logged. */
enum lock_end locks_release(struct call *call, struct lock *lock);

/* Free it whoever has it. False when nobody had it or Redis does not answer. */
bool locks_force_unlock(struct call *call, const char *name);

#endif
