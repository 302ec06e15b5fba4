#include "base/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"

const uint32_t counters_bucket_us[COUNTERS_BUCKETS] = {250,   500,    1000,   2500,   5000,    10000,   25000,
                                                       50000, 100000, 250000, 500000, 1000000, 2500000, 5000000};

const struct counter_name counter_names[COUNTERS] = {
#define COUNTER(name, help) {#name, help},
#include "base/counters.def"
#undef COUNTER
};

/* Pages of another build must not be added to: the mark is made of every name and size in it. */
static uint64_t layout_mark(void)
{
    uint64_t mark = 14695981039346656037u; /* FNV-1a */
    uint64_t size = sizeof(struct counters);

    for (size_t i = 0; i < COUNTERS; i++)
        for (const char *at = counter_names[i].name; *at != '\0'; at++)
            mark = (mark ^ (uint8_t)*at) * 1099511628211u;
    for (size_t i = 0; i < OUTCOMES; i++)
        for (const char *at = outcome_code((enum outcome)i); *at != '\0'; at++)
            mark = (mark ^ (uint8_t)*at) * 1099511628211u;
    return mark ^ size;
}

static struct counters *map(int file, int flags)
{
    void *page = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE, flags, file, 0);

    return page == MAP_FAILED ? NULL : page;
}

static struct counters *map_file(int file)
{
    struct stat status;

    if (flock(file, LOCK_EX) != 0 || fstat(file, &status) != 0)
        return NULL;
    if (status.st_size != (off_t)sizeof(struct counters) &&
        (ftruncate(file, 0) != 0 || ftruncate(file, sizeof(struct counters)) != 0))
        return NULL;
    struct counters *counters = map(file, MAP_SHARED);
    if (counters != NULL && counters->layout != layout_mark()) {
        memset(counters, 0, sizeof(*counters));
        counters->layout = layout_mark();
    }
    return counters;
}

struct counters *counters_open(const char *dir)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/counters", dir);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
    struct counters *counters = file < 0 ? NULL : map_file(file);
    if (counters == NULL) {
        log_warning("counters_alone file=%s errno=\"%s\"", path, strerror(errno));
        counters = must(map(-1, MAP_SHARED | MAP_ANONYMOUS));
    }
    if (file >= 0) {
        /* The mapping keeps the open file, and with it the lock, alive after close(). */
        flock(file, LOCK_UN);
        close(file);
    }
    return counters;
}

void counters_add_request(struct counters_route *route, int status_index, uint64_t duration_us)
{
    size_t bucket = 0;

    while (bucket < COUNTERS_BUCKETS && duration_us > counters_bucket_us[bucket])
        bucket++;
    atomic_fetch_add_explicit(&route->by_status[status_index], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&route->bucket[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&route->sum_us, duration_us, memory_order_relaxed);
}

bool counters_concert_is_live(const struct counters_concert *row, int64_t now_ms)
{
    return row->concert_id != 0 && (int64_t)row->seen_ms + COUNTERS_CONCERT_STALE_MS > now_ms;
}

/* Ids of concerts that run at the same time are close to each other, so a row is mostly found at once. */
static struct counters_concert *row_at(struct counters *counters, uint64_t concert_id, size_t step)
{
    return &counters->concert[(concert_id + step) % COUNTERS_CONCERTS_MAX];
}

static bool take(struct counters_concert *row, uint64_t concert_id, int64_t now_ms)
{
    uint64_t found = row->concert_id;

    if (counters_concert_is_live(row, now_ms))
        return false;
    return atomic_compare_exchange_strong(&row->concert_id, &found, concert_id) || found == concert_id;
}

struct counters_concert *counters_concert(struct counters *counters, uint64_t concert_id, int64_t now_ms)
{
    struct counters_concert *row = NULL;

    for (size_t step = 0; step < COUNTERS_CONCERTS_MAX && row == NULL; step++)
        if (row_at(counters, concert_id, step)->concert_id == concert_id)
            row = row_at(counters, concert_id, step);
    for (size_t step = 0; step < COUNTERS_CONCERTS_MAX && row == NULL; step++)
        if (take(row_at(counters, concert_id, step), concert_id, now_ms))
            row = row_at(counters, concert_id, step);
    if (row != NULL)
        row->seen_ms = (uint64_t)now_ms;
    return row;
}
