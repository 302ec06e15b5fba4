/*
 * What the queue costs Redis, by how many wait: each script called many times in a line of a thousand to millions, and
 * the time that Redis itself spent on it (INFO commandstats), so that neither network nor client counts.
 *
 *   sizes CONFIG [WAITING…]
 *
 * Prints microseconds a call (the mean, what half and what 99.9 % stay below), how many took more than 2 ms, bytes a
 * waiting fan, and a draw of as many entrants. Redis measures by the clock on the wall, which runs on while others have
 * its processor; so the processor time of Redis's main thread is read before each call and after it, too: what stays
 * below two milliseconds there did not block by itself. A guest's processor time grows while its host has the processor, so each
 * call that is above is named: what Redis does by itself comes at the same call in every run. The line itself is not
 * made by joins, which would take longer than all the rest, but by writing what they leave behind.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "domain/concert.h"
#include "domain/draw.h"
#include "domain/queue.h"
#include "domain/seat.h"
#include "store/boards.h"
#include "store/concert_warm_up.h"
#include "store/queues_series.h"
#include "store/redis.h"
#include "store/seat_holds.h"
#include "store/store.h"

enum {
    CALLS = 20000,
    FEW_CALLS = 2000,
    RARE_CALLS = 300,
    ADMISSIONS = 400,
    BATCH = 50,
    SEATS_IN_A_ROW = 100,
    SEATS_A_FAN = 4,
    PAGE = 100, /* of everybody's holds, as operators get them */
    ROWS = 500,
    CAPACITY = 100000,
    FILL = 120,              /* fans a command */
    LIST_PART_BYTES = 4096,  /* as the scripts cut entered:{c} */
    SEEN_PART_BYTES = 16384, /* and seen:{c} */
    SEEN_PART_NUMBERS = SEEN_PART_BYTES / 2,
    LINE_PART_NUMBERS = 2 * 1024 * 1024, /* and wait:{c} and early:{c} */
    SLOW_US = 2000,
};

struct bench {
    struct config config;
    struct store *store;
    uint64_t concert_id;
    int redis_clock; /* the processor time of its main thread */
    uint64_t waiting;
    uint64_t accounts;
    bool mending;
};

static struct call call_of(struct bench *bench, uint64_t account_id)
{
    return (struct call){.mem = must(talloc_new(bench)),
                         .store = bench->store,
                         .now_ms = clock_now_ms(),
                         .account_id = account_id,
                         .role = ROLE_FAN,
                         .request_id = "sizes"};
}

static const char *info(struct bench *bench, void *mem, const char *section)
{
    return redis_reply_text(must(redis_command(bench->store->redis, mem, REDIS_TEXTS("INFO", section))));
}

static double number_after(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at == NULL ? 0 : strtod(at + strlen(name), NULL);
}

static void command(struct bench *bench, const char *word, const char *other)
{
    void *mem = must(talloc_new(bench));

    must(redis_command(bench->store->redis, mem, REDIS_TEXTS(word, other)));
    talloc_free(mem);
}

/* What a script keeps Redis busy. */
struct cost {
    const char *what;
    uint64_t calls;
    double mean_us;
    double middle_us;   /* of the calls, half take less; what others take of the machine is not in it */
    double rare_us;     /* 99.9 % of the calls stay below */
    long long slow;     /* took longer than SLOW_US by the clock on the wall, which runs on while others have the CPU */
    double most_us;     /* of processor time, of any call */
    int slow_by_itself; /* took more than SLOW_US of processor time */
    int64_t redis_before; /* its processor time, ns */
};

static void find_clock(struct bench *bench)
{
    void *mem = must(talloc_new(bench));
    pid_t redis = (pid_t)number_after(info(bench, mem, "server"), "process_id:");

    bench->redis_clock = open(must(talloc_asprintf(mem, "/proc/%d/task/%d/schedstat", redis, redis)), O_RDONLY);
    if (bench->redis_clock < 0)
        exit(EXIT_FAILURE);
    talloc_free(mem);
}

/* All that Redis's main thread used so far, ns: also what it did beside the call, such as to expire keys. */
static int64_t redis_time(const struct bench *bench)
{
    char text[128] = "";

    if (pread(bench->redis_clock, text, sizeof(text) - 1, 0) <= 0)
        abort();
    return strtoll(text, NULL, 10);
}

static void before_call(const struct bench *bench, struct cost *cost)
{
    cost->redis_before = redis_time(bench);
}

static void after_call(const struct bench *bench, struct cost *cost)
{
    double took_us = (double)(redis_time(bench) - cost->redis_before) / 1000;

    cost->calls++;
    cost->slow_by_itself += took_us > SLOW_US;
    if (took_us > SLOW_US)
        printf("    call %" PRIu64 " of %s: %.0f us of processor time\n", cost->calls, cost->what, took_us);
    if (took_us > cost->most_us)
        cost->most_us = took_us;
}

static void forget_costs(struct bench *bench)
{
    command(bench, "CONFIG", "RESETSTAT");
    command(bench, "SLOWLOG", "RESET");
}

/* Of the scripts since forget_costs(). */
static void sum_up(struct bench *bench, struct cost *cost)
{
    void *mem = must(talloc_new(bench));
    const char *calls = strstr(info(bench, mem, "commandstats"), "cmdstat_evalsha:");
    const char *latency = strstr(info(bench, mem, "latencystats"), "latency_percentiles_usec_evalsha:");
    const redisReply *slow = must(redis_command(bench->store->redis, mem, REDIS_TEXTS("SLOWLOG", "LEN")));

    cost->slow = redis_reply_number(slow);
    cost->mean_us = calls == NULL ? 0 : number_after(calls, "usec_per_call=");
    cost->middle_us = latency == NULL ? 0 : number_after(latency, "p50=");
    cost->rare_us = latency == NULL ? 0 : number_after(latency, "p99.9=");
    talloc_free(mem);
}

static void print_cost(const struct cost *cost, int fans)
{
    printf(
        "  %-10s %6.1f us, half below %3.0f, 99.9 %% below %6.0f, %lld over 2 ms, %d by itself, most by itself %6.0f",
        cost->what, cost->mean_us, cost->middle_us, cost->rare_us, cost->slow, cost->slow_by_itself, cost->most_us);
    if (fans > 1)
        printf(", %.2f us for each of %d fans", cost->mean_us / fans, fans);
    printf("\n");
}

static double memory_used(struct bench *bench)
{
    void *mem = must(talloc_new(bench));
    double bytes = number_after(info(bench, mem, "memory"), "used_memory:");

    talloc_free(mem);
    return bytes;
}

static void make_concert(struct bench *bench, int64_t opens_ms)
{
    struct call call = call_of(bench, 0);
    struct grade grade = {.grade = "R", .price = 1000};
    struct section section = {.section = "A", .rows = ROWS, .seats_per_row = SEATS_IN_A_ROW};
    struct policy policy = {.state = "open",
                            .opens_ms = opens_ms,
                            .capacity = CAPACITY,
                            .active_ttl_s = 3600,
                            .admit_ttl_s = 3600,
                            .hold_ttl_s = 300,
                            .seats_per_fan = 4,
                            .rejoin = "keep"};
    struct plan plan = {.title = "Sizes",
                        .venue = "Hall",
                        .time_zone = "UTC",
                        .starts_ms = call.now_ms + INT64_C(90) * 24 * 3600 * 1000,
                        .grades = &grade,
                        .grades_count = 1,
                        .sections = &section,
                        .sections_count = 1};

    if (concert_create(&call, &plan, &policy, &bench->concert_id) != OUTCOME_DONE)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

/* An empty Redis, whose other threads have nothing left to give back to the system. */
static void begin(struct bench *bench, int64_t opens_ms)
{
    command(bench, "FLUSHALL", "SYNC");
    command(bench, "MEMORY", "PURGE");
    make_concert(bench, opens_ms);
}

static void join(struct bench *bench, uint64_t i)
{
    (void)i;
    struct call call = call_of(bench, ++bench->accounts);
    struct queue_place own;

    if (queue_join(&call, bench->concert_id, NULL, &own) != OUTCOME_DONE)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

static void find(struct bench *bench, uint64_t i)
{
    struct call call = call_of(bench, 1 + i * 7919 % bench->waiting);
    struct queue_place own;

    if (queue_find(&call, bench->concert_id, &own) != OUTCOME_DONE)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

static void admit(struct bench *bench, uint64_t i)
{
    (void)i;
    struct call call = call_of(bench, 0);
    struct queue_step step;

    if (queues_admit(&call, bench->concert_id, BATCH, &step) != OUTCOME_DONE)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

static void board(struct bench *bench, uint64_t i)
{
    (void)i;
    struct call call = call_of(bench, 0);
    struct board board;

    if (boards_read(&call, bench->concert_id, &board) != OUTCOME_DONE)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

static void sample(struct bench *bench, uint64_t i)
{
    (void)i;
    struct call call = call_of(bench, 0);
    struct queue_row *rows;
    size_t count;

    if (queues_sample(&call, bench->concert_id, &rows, &count) != OUTCOME_DONE)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

static void leave(struct bench *bench, uint64_t i)
{
    struct call call = call_of(bench, bench->accounts - i);

    if (queue_leave(&call, bench->concert_id) != OUTCOME_DONE)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

/* ---- making a line ---- */

static const char *key_of(struct bench *bench, const void *mem, const char *noun, const char *rest)
{
    return must(talloc_asprintf(mem, "%s:{c%" PRIu64 "}%s", noun, bench->concert_id, rest));
}

static void fill_set(struct bench *bench, const char *noun)
{
    const char *words[2 + 2 * FILL] = {"ZADD"};
    uint64_t number = 0;

    while (number < bench->waiting) {
        void *mem = must(talloc_new(bench));
        size_t count = 1;
        uint64_t part = (number + 1) / LINE_PART_NUMBERS;
        words[count++] = key_of(bench, mem, noun, part == 0 ? "" : must(talloc_asprintf(mem, ":%" PRIu64, part)));
        for (int i = 0; i < FILL && number < bench->waiting && (number + 1) / LINE_PART_NUMBERS == part; i++) {
            words[count] = words[count + 1] = must(talloc_asprintf(mem, "%" PRIu64, ++number));
            count += 2;
        }
        must(redis_command(bench->store->redis, mem, words, count));
        talloc_free(mem);
    }
}

/* Every byte of every part. A word for redis_command() has no zero bytes, which these need not have. */
static void fill_parts(struct bench *bench, const char *noun, size_t part_bytes, uint64_t parts, const char *two_bytes)
{
    char bytes[SEEN_PART_BYTES + 1] = "";

    for (size_t i = 0; i < part_bytes; i++)
        bytes[i] = two_bytes[i % 2];
    for (uint64_t part = 0; part < parts; part++) {
        void *mem = must(talloc_new(bench));
        const char *rest = must(talloc_asprintf(mem, ":%" PRIu64, part));
        must(redis_command(bench->store->redis, mem, REDIS_TEXTS("SET", key_of(bench, mem, noun, rest), bytes)));
        talloc_free(mem);
    }
}

/* Present for another half an hour or so. */
static void fill_seen(struct bench *bench, const char *noun)
{
    unsigned units = (unsigned)((clock_now_ms() / 10000 + 190) % 65536);
    char two_bytes[2] = {(char)(units / 256 | 1), (char)(units % 256 | 1)};

    fill_parts(bench, noun, SEEN_PART_BYTES, bench->waiting / SEEN_PART_NUMBERS + 1, two_bytes);
}

/* As many fans in line, or in the pre-queue, with the numbers of their accounts. */
static void fill(struct bench *bench, const char *set, const char *seen)
{
    void *mem = must(talloc_new(bench));
    const char *last = must(talloc_asprintf(mem, "%" PRIu64, bench->waiting));
    const char *end = must(talloc_asprintf(mem, "%" PRIu64, bench->waiting + 2 * CALLS));

    find(bench, 0);
    must(redis_command(bench->store->redis, mem, REDIS_TEXTS("SET", key_of(bench, mem, "seq", ""), last)));
    must(redis_command(bench->store->redis, mem,
                       REDIS_TEXTS("HSET", key_of(bench, mem, "concert", ""), "numbers_end", end, "entries", last)));
    fill_set(bench, set);
    fill_seen(bench, seen);
    bench->accounts = bench->waiting;
    talloc_free(mem);
}

/* ---- measuring ---- */

typedef void question(struct bench *bench, uint64_t i);

static void measure(struct bench *bench, const char *what, question *ask, uint64_t calls, int fans)
{
    struct cost cost = {.what = what};

    forget_costs(bench);
    for (uint64_t i = 0; i < calls; i++) {
        before_call(bench, &cost);
        ask(bench, i);
        after_call(bench, &cost);
    }
    sum_up(bench, &cost);
    print_cost(&cost, fans);
}

/* All admissions are over, and none of those fans could know: they go back into the line's reach, number and all. */
static void make_overdue(struct bench *bench)
{
    void *mem = must(talloc_new(bench));
    const char *admitted = key_of(bench, mem, "admitted", "");

    must(
        redis_command(bench->store->redis, mem, REDIS_TEXTS("ZUNIONSTORE", admitted, "1", admitted, "WEIGHTS", "0.5")));
    talloc_free(mem);
}

static void measure_line(struct bench *bench)
{
    uint64_t steps = bench->waiting / BATCH < ADMISSIONS ? bench->waiting / BATCH : ADMISSIONS;

    begin(bench, 0);
    find(bench, 0);
    double before = memory_used(bench);
    fill(bench, "wait", "seen");
    double bytes = (memory_used(bench) - before) / (double)bench->waiting;
    printf("%" PRIu64 " waiting, %.1f bytes each\n", bench->waiting, bytes);
    measure(bench, "join", join, CALLS, 1);
    measure(bench, "status", find, CALLS, 1);
    measure(bench, "leaving", leave, FEW_CALLS, 1);
    measure(bench, "board", board, FEW_CALLS, 1);
    measure(bench, "series", sample, FEW_CALLS, 1);
    measure(bench, "admission", admit, steps, BATCH);
    make_overdue(bench);
    measure(bench, "expiry", admit, steps, BATCH);
}

static void open_now(struct bench *bench)
{
    char key[64];
    void *mem = must(talloc_new(bench));

    snprintf(key, sizeof(key), "concert:{c%" PRIu64 "}", bench->concert_id);
    must(redis_command(bench->store->redis, mem, REDIS_TEXTS("HSET", key, "opens_at_ms", "1000")));
    talloc_free(mem);
}

static void measure_draw(struct bench *bench)
{
    bool done = false;
    uint64_t steps = 0;
    struct cost cost = {.what = "draw"};

    begin(bench, clock_now_ms() + INT64_C(24) * 3600 * 1000);
    fill(bench, "early", "early_seen");
    fill_parts(bench, "entered", LIST_PART_BYTES, bench->waiting / (LIST_PART_BYTES * 8) + 1, "\xff\xff");
    measure(bench, "early", find, FEW_CALLS, 1);
    open_now(bench);
    forget_costs(bench);
    int64_t started_ns = clock_steady_ns();
    struct draw_run *run = draw_run_new(bench, bench->concert_id);
    while (!done) {
        struct call call = call_of(bench, 0);
        before_call(bench, &cost);
        if (draw_run_step(&call, run, &done) != OUTCOME_DONE)
            exit(EXIT_FAILURE);
        /* The first step and the last one are hundreds of small commands. */
        if (steps++ > 0 && !done)
            after_call(bench, &cost);
        talloc_free(call.mem);
    }
    talloc_free(run);
    double seconds = (double)(clock_steady_ns() - started_ns) / 1e9;
    sum_up(bench, &cost);
    print_cost(&cost, 1);
    printf("  %-10s %6.1f s for all\n", "", seconds);
}

/* ---- a hall ---- */

static void hold(struct bench *bench, uint64_t i)
{
    struct call call = call_of(bench, 1 + i);
    struct basket basket;
    enum outcome outcome = seat_hold_best(&call, bench->concert_id, SEATS_A_FAN, NULL, &basket);

    if (outcome != OUTCOME_DONE && outcome != OUTCOME_SEAT_TAKEN && outcome != OUTCOME_SOLD_OUT)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

static void map(struct bench *bench, uint64_t i)
{
    (void)i;
    struct call call = call_of(bench, 0);
    struct seat_states states;

    if (seat_states(&call, bench->concert_id, &states) != OUTCOME_DONE)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

static void page(struct bench *bench, uint64_t i)
{
    (void)i;
    struct call call = call_of(bench, 0);
    struct hold_page page;

    if (seat_hold_page(&call, bench->concert_id, 0, PAGE, &page) != OUTCOME_DONE)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

/* The last seat alone is what takes longest to compare. */
static void sync_sold(struct bench *bench, uint64_t i)
{
    (void)i;
    struct call call = call_of(bench, 0);
    const char *sold = key_of(bench, call.mem, "sold", "");

    must(redis_command(bench->store->redis, call.mem, REDIS_TEXTS("SETBIT", sold, "50000", "1")));
    if (concert_sync(&call, bench->concert_id) != OUTCOME_DONE)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

/* The list of the ends is lost whenever all of it is there, and comes back step by step. */
static void mend(struct bench *bench, uint64_t i)
{
    (void)i;
    struct call call = call_of(bench, 0);

    if (!bench->mending)
        must(redis_command(bench->store->redis, call.mem, REDIS_TEXTS("UNLINK", key_of(bench, call.mem, "holds", ""))));
    if (seat_holds_tidy(&call, bench->concert_id, &bench->mending) != OUTCOME_DONE)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

static void warm_up(struct bench *bench, uint64_t i)
{
    void *mem = must(talloc_new(bench));

    must(redis_command(bench->store->redis, mem, REDIS_TEXTS("DEL", key_of(bench, mem, "concert", ""))));
    talloc_free(mem);
    find(bench, i);
}

/* What is asked about seats, in the biggest hall there may be. */
static void measure_hall(struct bench *bench)
{
    uint64_t fans = ROWS * SEATS_IN_A_ROW / SEATS_A_FAN;

    begin(bench, 0);
    bench->accounts = 0;
    bench->waiting = 1;
    printf("%d seats\n", ROWS * SEATS_IN_A_ROW);
    while (bench->accounts < fans)
        join(bench, 0);
    for (uint64_t i = 0; i <= fans / BATCH; i++)
        admit(bench, 0);
    measure(bench, "hold of 4", hold, fans, 1);
    measure(bench, "map", map, FEW_CALLS, 1);
    measure(bench, "holds' page", page, FEW_CALLS, 1);
    measure(bench, "mending", mend, FEW_CALLS, 1);
    measure(bench, "sync", sync_sold, RARE_CALLS, 1);
    measure(bench, "warm-up", warm_up, RARE_CALLS, 1);
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"1000", "100000", "1000000", "5000000"};
    const char *const *sizes = argc > 2 ? (const char *const *)argv + 2 : usual;
    int count = argc > 2 ? argc - 2 : (int)(sizeof(usual) / sizeof(usual[0]));

    if (argc < 2) {
        fprintf(stderr, "usage: sizes CONFIG [WAITING…]\n");
        return 2;
    }
    log_set_level(LOG_LEVEL_ERROR);
    struct bench *bench = must(talloc_zero(NULL, struct bench));
    bench->config = *must(config_read(bench, argv[1]));
    bench->config.redis_timeout_ms = 60000;
    bench->store = store_new(bench, must(store_shared_new(bench, &bench->config)));
    find_clock(bench);
    for (int i = 0; i < count; i++) {
        bench->waiting = strtoull(sizes[i], NULL, 10);
        measure_line(bench);
        measure_draw(bench);
        fflush(stdout);
    }
    measure_hall(bench);
    return EXIT_SUCCESS;
}
