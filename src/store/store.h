/*
 * The connections of one thread, and what all threads of the process share.
 */
#ifndef FRONTROW_STORE_STORE_H
#define FRONTROW_STORE_STORE_H

#include <stdint.h>

#include "base/config.h"
#include "base/counters.h"
#include "base/secret.h"

struct concert_cache;
struct gather;
struct lock_desk;
struct mysql_link;
struct redis_link;

enum { CHANGES_TOGETHER_MAX = 32 };

/* One a process; made by main before threads start, read-only or locked afterwards. */
struct store_shared {
    const struct config *config;
    const struct secret_keys *keys;
    struct counters *counters;
    struct concert_cache *concerts;
    struct lock_desk *locks;
    struct gather *changes;
};

/* One a thread. */
struct store {
    const struct config *config;
    const struct secret_keys *keys;
    struct counters *counters;
    struct concert_cache *concerts;
    struct mysql_link *mysql;
    struct redis_link *redis;
    struct lock_desk *locks;
    struct gather *changes; /* of points, that come at once */
    uint64_t lock_owner;    /* this thread's number among the owners of locks; 0: none yet */
};

/* NULL when the secret cannot be read. */
struct store_shared *store_shared_new(const void *mem, const struct config *config);

/* Connects nothing yet: links connect when first used. Lives as long as mem. */
struct store *store_new(const void *mem, const struct store_shared *shared);

#endif
