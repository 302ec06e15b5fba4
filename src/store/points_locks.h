/*
 * The lock around an account's points, one holder at a time over all processes and services. It
 * keeps requests of one account in line; the database alone keeps the points right.
 */
#ifndef FRONTROW_STORE_POINTS_LOCKS_H
#define FRONTROW_STORE_POINTS_LOCKS_H

#include "base/call.h"

struct points_lock;

/*
 * Wait up to points.lock_wait_ms for the lock of this account. Held for points.lock_lease_ms at
 * most, which is longer than any transaction may take.
 *
 * Ends DONE with *lock on call->mem; BUSY when it was not to be had in time; TOO_MANY_REQUESTS when
 * enough of this account's requests wait already; UNAVAILABLE. What was to go along with the next
 * question to Redis has been asked in any case.
 */
enum outcome points_locks_take(struct call *call, uint64_t account_id, struct points_lock **lock);

/* After the commit, by whoever acts for the one who took it: see locks_release_along(). */
void points_locks_release_along(struct call *call, struct points_lock *lock);

/* Give it back, after the commit. Not an error when the lease has run out. */
void points_locks_release(struct call *call, struct points_lock *lock);

#endif
