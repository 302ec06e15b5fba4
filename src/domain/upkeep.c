#include "domain/upkeep.h"

#include <pthread.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "domain/draw.h"
#include "domain/turn.h"
#include "store/concert_warm_up.h"
#include "store/concerts.h"
#include "store/queues.h"
#include "store/store.h"

enum {
    LIST_MS = 1000,
    /* Of many concerts only a few take their turn in one round, so that a new one is found soon. */
    SYNCS_MAX = 4,
};

struct kept_concert {
    uint64_t concert_id;
    int64_t synced_ms;
};

struct upkeep {
    struct store *store;
    struct kept_concert *concert;
    size_t count;
    int64_t listed_ms;
    int64_t pruned_ms;
    pthread_mutex_t lock; /* guards what other threads read: the list, and which one it is */
    uint64_t version;
};

static int end(struct upkeep *upkeep)
{
    pthread_mutex_destroy(&upkeep->lock);
    return 0;
}

struct upkeep *upkeep_new(const void *mem, struct store *store)
{
    struct upkeep *upkeep = must(talloc_zero(mem, struct upkeep));

    upkeep->store = store;
    pthread_mutex_init(&upkeep->lock, NULL);
    talloc_set_destructor(upkeep, end);
    return upkeep;
}

static int64_t last_sync(const struct upkeep *upkeep, uint64_t concert_id)
{
    for (size_t i = 0; i < upkeep->count; i++)
        if (upkeep->concert[i].concert_id == concert_id)
            return upkeep->concert[i].synced_ms;
    return 0;
}

static bool is_same(const struct upkeep *upkeep, const uint64_t *ids, size_t count)
{
    for (size_t i = 0; i < count && count == upkeep->count; i++)
        if (upkeep->concert[i].concert_id != ids[i])
            return false;
    return count == upkeep->count;
}

static void list_concerts(struct upkeep *upkeep, struct call *call)
{
    uint64_t *ids;
    size_t count;

    if (!turn_is_due(&upkeep->listed_ms, LIST_MS, call->now_ms) ||
        concerts_running(call, &ids, &count) != OUTCOME_DONE || is_same(upkeep, ids, count))
        return;
    struct kept_concert *concerts = must(talloc_array(upkeep, struct kept_concert, count + 1));
    for (size_t i = 0; i < count; i++)
        concerts[i] = (struct kept_concert){ids[i], last_sync(upkeep, ids[i])};
    pthread_mutex_lock(&upkeep->lock);
    talloc_free(upkeep->concert);
    upkeep->concert = concerts;
    upkeep->count = count;
    upkeep->version++;
    pthread_mutex_unlock(&upkeep->lock);
}

/* MySQL's word on the seats, now and then: whatever an event or an answer lost is mended here. */
static void sync_some(struct upkeep *upkeep, struct call *call)
{
    int syncs = 0;

    for (size_t i = 0; i < upkeep->count && syncs < SYNCS_MAX; i++) {
        struct kept_concert *concert = &upkeep->concert[i];
        if (!turn_is_due(&concert->synced_ms, upkeep->store->config->gate_sync_ms, call->now_ms))
            continue;
        syncs++;
        if (draw_prepare(call, concert->concert_id) != OUTCOME_DONE ||
            concert_sync(call, concert->concert_id) != OUTCOME_DONE ||
            queues_prune_sessions(call, concert->concert_id) != OUTCOME_DONE)
            return;
    }
}

void upkeep_round(struct upkeep *upkeep, int64_t now_ms)
{
    void *mem = must(talloc_new(NULL));
    struct call call = {.mem = mem, .store = upkeep->store, .now_ms = now_ms, .request_id = "gate"};

    list_concerts(upkeep, &call);
    sync_some(upkeep, &call);
    if (turn_is_due(&upkeep->pruned_ms, upkeep->store->config->gate_sync_ms, now_ms))
        queues_prune_sessions(&call, 0);
    talloc_free(mem);
}

bool upkeep_running(struct upkeep *upkeep, const void *mem, uint64_t *version, uint64_t **ids, size_t *count)
{
    pthread_mutex_lock(&upkeep->lock);
    bool is_new = *version != upkeep->version;
    if (is_new) {
        *version = upkeep->version;
        *count = upkeep->count;
        *ids = must(talloc_array(mem, uint64_t, upkeep->count + 1));
        for (size_t i = 0; i < upkeep->count; i++)
            (*ids)[i] = upkeep->concert[i].concert_id;
    }
    pthread_mutex_unlock(&upkeep->lock);
    return is_new;
}
