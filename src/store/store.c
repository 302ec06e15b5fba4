#include "store/store.h"

#include <talloc.h>

#include "base/gather.h"
#include "base/must.h"
#include "store/concerts.h"
#include "store/lock_desk.h"
#include "store/mysql.h"
#include "store/redis.h"

struct store_shared *store_shared_new(const void *mem, const struct config *config)
{
    struct store_shared *shared = must(talloc_zero(mem, struct store_shared));

    mysql_process_start();
    shared->config = config;
    shared->keys = secret_keys_read(shared, config->secret_file);
    if (shared->keys == NULL) {
        TALLOC_FREE(shared);
        return NULL;
    }
    shared->counters = counters_open(config->run_dir);
    shared->concerts = concert_cache_new(shared);
    shared->changes = gather_new(shared, CHANGES_TOGETHER_MAX);
    shared->locks = lock_desk_new(shared, config, shared->counters);
    return shared;
}

struct store *store_new(const void *mem, const struct store_shared *shared)
{
    struct store *store = must(talloc_zero(mem, struct store));

    store->config = shared->config;
    store->keys = shared->keys;
    store->counters = shared->counters;
    store->concerts = shared->concerts;
    store->locks = shared->locks;
    store->changes = shared->changes;
    store->mysql = mysql_link_new(store, shared->config, shared->counters);
    store->redis = redis_link_new(store, shared->config, shared->counters);
    return store;
}
