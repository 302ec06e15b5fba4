/*
 * One of the two who share locks in tests/redisson/run: this one uses store/locks, Peer.java uses
 * Redisson. Both answer the same lines on standard input with one line each:
 *
 *   take NAME WAIT_MS LEASE_MS        taken | busy | …
 *   release NAME                      free | kept | lost
 *   force NAME                        free | was_free
 *   hammer NAME WITNESS WHO THREADS TURNS HOLD_US PAUSE_US LEASE_MS
 *                                     done FAILURES     each thread takes NAME so often, holds it and pauses
 *
 * The witness is a file that all processes map. Whoever has the lock writes it without any other
 * care, so two at a time would show: WHO is inside, the count of turns, what went wrong, and who
 * left when. WITNESS.WHO receives a line for each turn that somebody waited for: from whom the lock
 * came, how many nanoseconds after that one began to release it, and how many since asking for it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "store/lock_desk.h"
#include "store/locks.h"
#include "store/redis.h"
#include "store/store.h"

enum { WITNESS_INSIDE, WITNESS_TURNS, WITNESS_VIOLATIONS, WITNESS_LEFT_BY, WITNESS_LEFT_NS, WITNESS_WORDS };
enum { HAMMER_WAIT_MS = 60000, THREADS_MAX = 256, HOLDS_MAX = 16 };

static struct config config;
static struct counters *counters;
static struct lock_desk *desk;

static struct call *caller_new(void)
{
    struct call *call = must(talloc_zero(NULL, struct call));

    call->store = must(talloc_zero(call, struct store));
    call->store->config = &config;
    call->store->counters = counters;
    call->store->redis = redis_link_new(call->store, &config, counters);
    call->store->locks = desk;
    call->mem = call;
    return call;
}

/* One lock at a time by hand */

static struct hold {
    char name[LOCK_NAME_SIZE];
    struct lock *lock;
} holds[HOLDS_MAX];
static int holds_count;

static const char *take(struct call *call, const char *name, long wait_ms, long lease_ms)
{
    struct lock_terms terms = {.wait_ms = wait_ms, .lease_ms = lease_ms};
    struct hold *hold = &holds[holds_count];

    if (holds_count == HOLDS_MAX)
        return "too_many";
    enum outcome outcome = locks_take(call, name, &terms, &hold->lock);
    if (outcome != OUTCOME_DONE)
        return outcome_code(outcome);
    snprintf(hold->name, sizeof(hold->name), "%s", name);
    holds_count++;
    return "taken";
}

static const char *release(struct call *call, const char *name)
{
    static const char *const word[] = {
        [LOCK_FREED] = "free", [LOCK_KEPT] = "kept", [LOCK_LOST] = "lost", [LOCK_UNKNOWN] = "unknown"};

    for (int i = holds_count - 1; i >= 0; i--) {
        if (strcmp(holds[i].name, name) != 0)
            continue;
        const char *said = word[locks_release(call, holds[i].lock)];
        memmove(&holds[i], &holds[i + 1], (size_t)(holds_count - i - 1) * sizeof(holds[0]));
        holds_count--;
        return said;
    }
    return "lost";
}

/* Many turns */

struct hammer {
    char name[LOCK_NAME_SIZE];
    volatile int64_t *witness;
    FILE *samples;
    int64_t who;
    int turns;
    int hold_us;
    int pause_us;
    long lease_ms;
    _Atomic int failures;
};

static int64_t see(const struct hammer *hammer, int word)
{
    return __atomic_load_n(&hammer->witness[word], __ATOMIC_SEQ_CST);
}

static void note(const struct hammer *hammer, int word, int64_t value)
{
    __atomic_store_n(&hammer->witness[word], value, __ATOMIC_SEQ_CST);
}

static void rest(int microseconds)
{
    if (microseconds > 0)
        usleep((useconds_t)microseconds);
}

static void stand_inside(const struct hammer *hammer, int64_t began_ns)
{
    int64_t now_ns = clock_steady_ns();
    int64_t left_ns = see(hammer, WITNESS_LEFT_NS);

    if (see(hammer, WITNESS_INSIDE) != 0)
        note(hammer, WITNESS_VIOLATIONS, see(hammer, WITNESS_VIOLATIONS) + 1);
    note(hammer, WITNESS_INSIDE, hammer->who);
    if (left_ns > began_ns)
        fprintf(hammer->samples, "%" PRId64 " %" PRId64 " %" PRId64 "\n", see(hammer, WITNESS_LEFT_BY),
                now_ns - left_ns, now_ns - began_ns);
    note(hammer, WITNESS_TURNS, see(hammer, WITNESS_TURNS) + 1);
    rest(hammer->hold_us);
    if (see(hammer, WITNESS_INSIDE) != hammer->who)
        note(hammer, WITNESS_VIOLATIONS, see(hammer, WITNESS_VIOLATIONS) + 1);
    note(hammer, WITNESS_INSIDE, 0);
    note(hammer, WITNESS_LEFT_BY, hammer->who);
    note(hammer, WITNESS_LEFT_NS, clock_steady_ns());
}

static void *run_hammer(void *arg)
{
    struct hammer *hammer = arg;
    const struct lock_terms terms = {.wait_ms = HAMMER_WAIT_MS, .lease_ms = hammer->lease_ms};
    struct call *call = caller_new();

    for (int i = 0; i < hammer->turns; i++) {
        struct lock *lock;
        call->mem = talloc_new(call);
        int64_t began_ns = clock_steady_ns();
        if (locks_take(call, hammer->name, &terms, &lock) != OUTCOME_DONE) {
            hammer->failures++;
        } else {
            stand_inside(hammer, began_ns);
            if (locks_release(call, lock) != LOCK_FREED)
                hammer->failures++;
        }
        talloc_free(call->mem);
        rest(hammer->pause_us);
    }
    talloc_free(call);
    return NULL;
}

static int64_t *map_witness(const char *path)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    void *page = file >= 0 ? mmap(NULL, WITNESS_WORDS * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                           : MAP_FAILED;

    if (page == MAP_FAILED) {
        perror(path);
        exit(1);
    }
    close(file);
    return page;
}

static int run_threads(struct hammer *hammer, int threads)
{
    pthread_t thread[THREADS_MAX];

    for (int i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, run_hammer, hammer) != 0)
            abort();
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    return hammer->failures;
}

static int start_hammer(const char *name, const char *path, int64_t who, const long number[5])
{
    struct hammer hammer = {.witness = map_witness(path),
                            .who = who,
                            .turns = (int)number[1],
                            .hold_us = (int)number[2],
                            .pause_us = (int)number[3],
                            .lease_ms = number[4]};
    char samples[512];

    snprintf(hammer.name, sizeof(hammer.name), "%s", name);
    snprintf(samples, sizeof(samples), "%s.%" PRId64, path, who);
    hammer.samples = must(fopen(samples, "w"));
    int failures = run_threads(&hammer, number[0] > THREADS_MAX ? THREADS_MAX : (int)number[0]);
    fclose(hammer.samples);
    return failures;
}

static void answer(struct call *call, const char *line)
{
    char name[LOCK_NAME_SIZE];
    char path[400];
    long number[5];
    int64_t who;

    if (sscanf(line, "take %159s %ld %ld", name, &number[0], &number[1]) == 3)
        puts(take(call, name, number[0], number[1]));
    else if (sscanf(line, "release %159s", name) == 1)
        puts(release(call, name));
    else if (sscanf(line, "force %159s", name) == 1)
        puts(locks_force_unlock(call, name) ? "free" : "was_free");
    else if (sscanf(line, "hammer %159s %399s %" SCNd64 " %ld %ld %ld %ld %ld", name, path, &who, &number[0],
                    &number[1], &number[2], &number[3], &number[4]) == 8)
        printf("done %d\n", start_hammer(name, path, who, number));
    else
        puts("what");
    fflush(stdout);
}

int main(int count, char **words)
{
    char line[1024];

    if (count != 3) {
        fprintf(stderr, "usage: peer HOST PORT\n");
        return 2;
    }
    const struct config *defaults = config_read(NULL, NULL);
    config = *defaults;
    config.redis_host = words[1];
    config.redis_port = atol(words[2]);
    config.redis_timeout_ms = 10000;
    counters = must(talloc_zero(NULL, struct counters));
    desk = lock_desk_new(NULL, &config, counters);
    struct call *call = caller_new();
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) != NULL)
        answer(call, line);
    talloc_free(call);
    talloc_free(desk);
    return 0;
}
