#include "store/points_locks.h"

#include <inttypes.h>
#include <stdio.h>
#include <talloc.h>

#include "base/config.h"
#include "base/must.h"
#include "store/locks.h"
#include "store/store.h"

/* The one who has the lock and two who wait: an account that asks more often must not fill the pool. */
enum { PLACES_MAX = 3, NAME_SIZE = 32 };

struct points_lock {
    struct lock *lock;
};

enum outcome points_locks_take(struct call *call, uint64_t account_id, struct points_lock **lock)
{
    const struct config *config = call->store->config;
    struct lock_terms terms = {config->points_lock_wait_ms, config->points_lock_lease_ms, PLACES_MAX};
    char name[NAME_SIZE];

    struct points_lock *taken = must(talloc_zero(call->mem, struct points_lock));
    snprintf(name, sizeof(name), "user%" PRIu64, account_id);
    enum outcome outcome = locks_take(call, name, &terms, &taken->lock);
    if (outcome == OUTCOME_DONE)
        *lock = taken;
    return outcome;
}

void points_locks_release_along(struct call *call, struct points_lock *lock)
{
    locks_release_along(call, lock->lock);
}

void points_locks_release(struct call *call, struct points_lock *lock)
{
    locks_release(call, lock->lock);
}
