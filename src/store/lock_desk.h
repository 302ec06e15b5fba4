/*
 * Where the threads of one process stand in line for locks.
 *
 * Of all that want the same lock only the first in line asks Redis for it, so they get it in the
 * order in which they came. What the first learns (when to ask again, what was heard on the lock's
 * channel) belongs to the line: who moves up goes on from there, and no wake-up goes with the one
 * who gave up. One connection, read by one thread, listens to the channels of all locks that
 * somebody waits for; both start when the first caller has to wait.
 *
 * The desk may be made before a process forks, as long as nobody has used it by then.
 */
#ifndef FRONTROW_STORE_LOCK_DESK_H
#define FRONTROW_STORE_LOCK_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/counters.h"

enum { LOCK_NAME_SIZE = 160, LOCK_CHANNEL_SIZE = LOCK_NAME_SIZE + 32, LOCK_OWNER_SIZE = 64 };

struct lock_desk;
struct lock_place;

struct lock_desk *lock_desk_new(const void *mem, const struct config *config, struct counters *counters);

/* A number that no other owner of this process has or had. */
uint64_t lock_desk_number(struct lock_desk *desk);

/* The owner as other clients see it: this process's UUID and the number. */
void lock_desk_owner_text(struct lock_desk *desk, uint64_t number, char text[LOCK_OWNER_SIZE]);

/* The channel of a lock, by Redisson's rule. */
void lock_channel(const char *name, char channel[LOCK_CHANNEL_SIZE]);

/*
 * Get in line. An owner that has the lock already does not stand in line for it. NULL when places_max
 * callers stand here or have the lock (0: no limit). The place goes with mem, and then leaves the line.
 */
struct lock_place *lock_desk_enter(struct lock_desk *desk, const void *mem, const char *name, uint64_t owner,
                                   unsigned places_max);

/*
 * Wait until it makes sense to ask Redis: first in line, and either nobody asked yet or there was
 * news since. False when the deadline (clock_steady_ns) came first. After true the caller asks: nobody
 * hears of the same news again.
 */
bool lock_desk_await(struct lock_place *place, int64_t deadline_ns);

/* Redis said no: the lock is taken for so long (negative: without end). */
void lock_desk_not_yet(struct lock_place *place, int64_t left_ms);

/* Redis said yes; the place is now one of a holder. */
void lock_desk_have(struct lock_place *place, uint64_t owner, int64_t lease_ms);

/* How often the owner of this place has the lock; 0 when it does not have it. */
unsigned lock_desk_takes(struct lock_place *place);

/* About to release: how many takes are to be left in Redis. */
unsigned lock_desk_give(struct lock_place *place);

/* Out of the line, or no longer a holder. Whoever moves up is told. */
void lock_desk_leave(struct lock_place *place);

#endif
