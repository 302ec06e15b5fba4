/*
 * Locks against a real Redis, which this program starts in a folder of its own, stops and cuts off.
 * A second desk stands for a second process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/must.h"
#include "store/lock_desk.h"
#include "store/locks.h"
#include "store/points_locks.h"
#include "store/redis.h"
#include "store/store.h"

/* The server */

static char folder[] = "/tmp/frontrow-locks-XXXXXX";
static char server_socket[64];
static char proxy_socket[64];
static pid_t server;
static void *root;
static redisContext *eye; /* looks at Redis from outside */

static void start_server(void)
{
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed leaves nothing behind */
        char *args[] = {"redis-server", "--port", "0",          "--unixsocket", server_socket, "--save",    "",
                        "--dir",        folder,   "--loglevel", "warning",      "--logfile",   "redis.log", NULL};
        execvp("redis-server", args);
        execvp("redis-check-rdb", args); /* Debian's redis-tools has the whole server under this name */
        _exit(127);
    }
    for (int i = 0; i < 1500; i++) {
        eye = redisConnectUnix(server_socket);
        if (eye != NULL && eye->err == 0)
            return;
        redisFree(eye);
        eye = NULL;
        usleep(20000);
    }
    fail_msg("redis-server does not start");
}

static void stop_server(void)
{
    if (eye != NULL)
        redisFree(eye);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
}

static long long see(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    redisReply *reply = redisvCommand(eye, format, args);
    va_end(args);
    assert_non_null(reply);
    long long number = reply->type == REDIS_REPLY_INTEGER  ? reply->integer
                       : reply->type == REDIS_REPLY_STRING ? atoll(reply->str)
                       : reply->type == REDIS_REPLY_ARRAY  ? (long long)reply->elements
                                                           : 0;
    freeReplyObject(reply);
    return number;
}

static long long times_called(const char *command)
{
    char key[64];
    redisReply *reply = redisCommand(eye, "INFO commandstats");

    snprintf(key, sizeof(key), "cmdstat_%s:calls=", command);
    const char *at = strstr(reply->str, key);
    long long calls = at != NULL ? atoll(at + strlen(key)) : 0;
    freeReplyObject(reply);
    return calls;
}

static long long subscribers(const char *channel)
{
    redisReply *reply = redisCommand(eye, "PUBSUB NUMSUB %s", channel);
    long long count = reply->element[1]->integer;

    freeReplyObject(reply);
    return count;
}

/* Wait until something is so; tests of threads may not guess how long that takes. */
#define eventually(condition)                                                                                          \
    do {                                                                                                               \
        int64_t until_ns_ = clock_steady_ns() + 30000000000;                                                           \
        while (!(condition)) {                                                                                         \
            if (clock_steady_ns() > until_ns_)                                                                         \
                fail_msg("never came true: " #condition);                                                              \
            usleep(1000);                                                                                              \
        }                                                                                                              \
    } while (0)

static int64_t ms_since(int64_t start_ns)
{
    return (clock_steady_ns() - start_ns) / 1000000;
}

/* Callers */

static struct config config;
static struct config proxy_config;
static struct counters *counters;

static struct lock_desk *desk_new(void)
{
    return lock_desk_new(root, &config, counters);
}

/* A thread of a process: its own link, the process's desk. */
static struct call *caller_on(struct lock_desk *desk, const struct config *settings)
{
    struct call *call = must(talloc_zero(NULL, struct call));

    call->mem = call;
    call->store = must(talloc_zero(call, struct store));
    call->store->config = settings;
    call->store->counters = counters;
    call->store->redis = redis_link_new(call->store, settings, counters);
    call->store->locks = desk;
    return call;
}

static struct call *caller(struct lock_desk *desk)
{
    return caller_on(desk, &config);
}

static const struct lock_terms patient = {.wait_ms = 5000, .lease_ms = 30000};
static const struct lock_terms at_once = {.wait_ms = 0, .lease_ms = 30000};

static struct lock *take(struct call *call, const char *name, const struct lock_terms *terms)
{
    struct lock *lock = NULL;

    assert_int_equal(locks_take(call, name, terms, &lock), OUTCOME_DONE);
    return lock;
}

/* One that waits in a thread of its own, and what became of it. */
struct waiter {
    struct call *call;
    const char *name;
    struct lock_terms terms;
    int64_t keep_ms;
    atomic_int *order;
    pthread_t thread;
    enum outcome outcome;
    enum lock_end end;
    int turn;
    _Atomic int64_t taken_ns;
    _Atomic bool over;
};

static void *run_waiter(void *arg)
{
    struct waiter *waiter = arg;
    struct lock *lock;

    waiter->outcome = locks_take(waiter->call, waiter->name, &waiter->terms, &lock);
    if (waiter->outcome == OUTCOME_DONE) {
        waiter->taken_ns = clock_steady_ns();
        if (waiter->order != NULL)
            waiter->turn = (*waiter->order)++;
        usleep((useconds_t)waiter->keep_ms * 1000);
        waiter->end = locks_release(waiter->call, lock);
    }
    waiter->over = true;
    return NULL;
}

static void start_waiter(struct waiter *waiter, struct lock_desk *desk, const char *name, int64_t wait_ms)
{
    waiter->call = caller(desk);
    waiter->name = name;
    waiter->terms = (struct lock_terms){.wait_ms = wait_ms, .lease_ms = 30000};
    assert_int_equal(pthread_create(&waiter->thread, NULL, run_waiter, waiter), 0);
}

/* So many callers of this process stand in line for the lock or have it. */
static bool stand(struct lock_desk *desk, const char *name, unsigned places)
{
    struct lock_place *probe = lock_desk_enter(desk, NULL, name, 0, places);
    bool full = probe == NULL;

    talloc_free(probe);
    return full;
}

static void end_waiter(struct waiter *waiter)
{
    pthread_join(waiter->thread, NULL);
    talloc_free(waiter->call);
}

/* On the wire */

static void a_lock_looks_as_redisson_writes_it(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller(desk);
    struct lock *lock = take(call, "wire", &patient);
    redisReply *hash = redisCommand(eye, "HGETALL wire");
    unsigned part[5];
    unsigned long long number;

    assert_int_equal(hash->elements, 2);
    assert_int_equal(sscanf(hash->element[0]->str, "%8x-%4x-%4x-%4x-%12x:%llu", &part[0], &part[1], &part[2], &part[3],
                            &part[4], &number),
                     6);
    assert_string_equal(hash->element[1]->str, "1");
    assert_in_range(see("PTTL wire"), 29000, 30000);
    freeReplyObject(hash);
    assert_int_equal(locks_release(call, lock), LOCK_FREED);
    assert_int_equal(see("EXISTS wire"), 0);
    talloc_free(call);
    talloc_free(desk);
}

static void the_channel_keeps_braces_that_the_name_has(void **state)
{
    (void)state;
    char channel[LOCK_CHANNEL_SIZE];

    lock_channel("user7", channel);
    assert_string_equal(channel, "redisson_lock__channel:{user7}");
    lock_channel("{c1}:door", channel);
    assert_string_equal(channel, "redisson_lock__channel:{c1}:door");
}

static void a_release_says_0_on_the_channel_with_the_lock_gone(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller(desk);
    redisContext *ear = redisConnectUnix(server_socket);
    redisReply *reply;

    freeReplyObject(redisCommand(ear, "SUBSCRIBE redisson_lock__channel:{said}"));
    locks_release(call, take(call, "said", &patient));
    assert_int_equal(redisGetReply(ear, (void **)&reply), REDIS_OK);
    assert_string_equal(reply->element[0]->str, "message");
    assert_string_equal(reply->element[2]->str, "0");
    freeReplyObject(reply);
    redisFree(ear);
    talloc_free(call);
    talloc_free(desk);
}

static void takes_are_counted_and_given_back_one_by_one(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller(desk);
    struct call *other = caller(desk);
    struct lock *lock[3];
    struct lock *none;

    for (int i = 0; i < 3; i++) {
        lock[i] = take(call, "again", &patient);
        redisReply *counts = redisCommand(eye, "HVALS again");
        assert_int_equal(counts->elements, 1);
        assert_int_equal(atoi(counts->element[0]->str), i + 1);
        freeReplyObject(counts);
    }
    see("PEXPIRE again 1000");
    assert_int_equal(locks_release(call, lock[2]), LOCK_KEPT);
    assert_in_range(see("PTTL again"), 29000, 30000); /* my lease, not a constant */
    assert_int_equal(locks_take(other, "again", &at_once, &none), OUTCOME_BUSY);
    assert_int_equal(locks_release(call, lock[0]), LOCK_KEPT);
    assert_int_equal(locks_release(call, lock[1]), LOCK_FREED);
    locks_release(other, take(other, "again", &at_once));
    talloc_free(call);
    talloc_free(other);
    talloc_free(desk);
}

static void a_free_lock_costs_two_round_trips_and_no_listener(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller(desk);

    locks_release(call, take(call, "cheap", &patient));
    long long before = times_called("evalsha") + times_called("eval");
    for (int i = 0; i < 100; i++)
        locks_release(call, take(call, "cheap", &patient));
    assert_int_equal(times_called("evalsha") + times_called("eval") - before, 200);
    assert_int_equal(see("PUBSUB CHANNELS redisson*"), 0);
    talloc_free(call);
    talloc_free(desk);
}

/* Waiting */

static void a_waiter_is_woken_by_the_message(void **state)
{
    (void)state;
    struct lock_desk *mine = desk_new();
    struct lock_desk *theirs = desk_new();
    struct call *call = caller(mine);
    struct waiter waiter = {0};
    struct lock *lock = take(call, "wake", &patient);

    start_waiter(&waiter, theirs, "wake", 5000);
    eventually(subscribers("redisson_lock__channel:{wake}") == 1);
    usleep(20000);
    int64_t released_ns = clock_steady_ns();
    locks_release(call, lock);
    end_waiter(&waiter);
    assert_int_equal(waiter.outcome, OUTCOME_DONE);
    assert_true(waiter.taken_ns - released_ns < 2000000000); /* the lease is 30 s, the wait 5 s */
    talloc_free(call);
    talloc_free(mine);
    talloc_free(theirs);
}

static void not_in_time_is_busy_and_says_when_to_come_back(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller(desk);
    struct lock_terms terms = {.wait_ms = 150, .lease_ms = 1000};
    struct lock *lock = NULL;

    see("HSET busy somebody:1 1"); /* and no TTL: a foreign client may leave it so */
    int64_t start_ns = clock_steady_ns();
    assert_int_equal(locks_take(call, "busy", &terms, &lock), OUTCOME_BUSY);
    assert_in_range(ms_since(start_ns), 150, 3000);
    assert_true(call->refusal.retry_after_ms > 0);
    assert_null(lock);
    see("DEL busy");
    locks_release(call, take(call, "busy", &terms));
    talloc_free(call);
    talloc_free(desk);
}

static void a_holder_who_died_is_waited_out(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller(desk);

    see("HSET dead somebody:1 1");
    see("PEXPIRE dead 300");
    int64_t start_ns = clock_steady_ns();
    locks_release(call, take(call, "dead", &patient));
    assert_in_range(ms_since(start_ns), 290, 3000);
    talloc_free(call);
    talloc_free(desk);
}

static void first_come_first_served(void **state)
{
    (void)state;
    enum { WAITERS = 12 };
    struct lock_desk *desk = desk_new();
    struct call *call = caller(desk);
    struct waiter waiter[WAITERS] = {0};
    atomic_int order = 0;
    struct lock *lock = take(call, "line", &patient);

    for (int i = 0; i < WAITERS; i++) {
        waiter[i].order = &order;
        start_waiter(&waiter[i], desk, "line", 5000);
        eventually(stand(desk, "line", (unsigned)i + 2));
    }
    locks_release(call, lock);
    /* A newcomer stands behind those who wait, however quick. */
    locks_release(call, take(call, "line", &patient));
    for (int i = 0; i < WAITERS; i++) {
        assert_true(waiter[i].over);
        end_waiter(&waiter[i]);
        assert_int_equal(waiter[i].turn, i);
    }
    talloc_free(call);
    talloc_free(desk);
}

static void the_one_behind_hears_what_the_one_who_gave_up_was_told(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct lock_desk *theirs = desk_new();
    struct call *call = caller(theirs);

    for (int i = 0; i < 60; i++) {
        struct waiter hasty = {0};
        struct waiter patient_one = {0};
        struct lock *lock = take(call, "baton", &patient);
        start_waiter(&hasty, desk, "baton", 25);
        usleep(5000);
        start_waiter(&patient_one, desk, "baton", 5000);
        usleep((useconds_t)(17000 + i * 100)); /* from before to after the moment at which the first gives up */
        int64_t released_ns = clock_steady_ns();
        locks_release(call, lock);
        end_waiter(&hasty);
        end_waiter(&patient_one);
        assert_int_equal(patient_one.outcome, OUTCOME_DONE);
        assert_true(patient_one.taken_ns - released_ns < 2000000000);
    }
    talloc_free(call);
    talloc_free(desk);
    talloc_free(theirs);
}

static void channels_are_left_when_nobody_waits(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct lock_desk *theirs = desk_new();
    struct call *call = caller(theirs);
    struct waiter waiter = {0};
    struct lock *lock = take(call, "idle", &patient);

    start_waiter(&waiter, desk, "idle", 5000);
    eventually(subscribers("redisson_lock__channel:{idle}") == 1);
    locks_release(call, lock);
    end_waiter(&waiter);
    eventually(subscribers("redisson_lock__channel:{idle}") == 0);
    talloc_free(call);
    talloc_free(desk);
    talloc_free(theirs);
}

static void two_names_may_share_a_channel(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct lock_desk *theirs = desk_new();
    struct call *call = caller(theirs);
    struct waiter plain = {0};
    struct waiter braced = {0};
    struct lock *one = take(call, "twin", &patient);
    struct lock *two = take(call, "{twin}", &patient);

    start_waiter(&plain, desk, "twin", 5000);
    start_waiter(&braced, desk, "{twin}", 5000);
    eventually(subscribers("redisson_lock__channel:{twin}") == 1);
    locks_release(call, one);
    end_waiter(&plain);
    assert_int_equal(plain.outcome, OUTCOME_DONE);
    assert_false(braced.over);
    usleep(2500000); /* the first name is left meanwhile; the second is still heard */
    int64_t released_ns = clock_steady_ns();
    locks_release(call, two);
    end_waiter(&braced);
    assert_int_equal(braced.outcome, OUTCOME_DONE);
    assert_true(braced.taken_ns - released_ns < 2000000000);
    talloc_free(call);
    talloc_free(desk);
    talloc_free(theirs);
}

/* Exclusion */

struct crowd {
    struct lock_desk *desk[2];
    atomic_int inside;
    atomic_int violations;
    int turns; /* not atomic: the lock guards it */
    atomic_int seat;
};

enum { CROWD = 8, CROWD_TURNS = 250 };

static void *run_crowd(void *arg)
{
    struct crowd *crowd = arg;
    struct call *call = caller(crowd->desk[crowd->seat++ % 2]);

    for (int i = 0; i < CROWD_TURNS; i++) {
        struct lock *outer;
        if (locks_take(call, "crowd", &(struct lock_terms){.wait_ms = 30000, .lease_ms = 30000}, &outer) !=
            OUTCOME_DONE) {
            crowd->violations++;
            continue;
        }
        if (crowd->inside++ != 0)
            crowd->violations++;
        /* Seen by the race detector, too: only Redis orders these. */
        __atomic_store_n(&crowd->turns, __atomic_load_n(&crowd->turns, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
        crowd->inside--;
        if (locks_release(call, outer) != LOCK_FREED)
            crowd->violations++;
    }
    talloc_free(call);
    return NULL;
}

static void one_at_a_time_over_two_processes(void **state)
{
    (void)state;
    struct crowd crowd = {.desk = {desk_new(), desk_new()}};
    pthread_t thread[CROWD];

    for (int i = 0; i < CROWD; i++)
        pthread_create(&thread[i], NULL, run_crowd, &crowd);
    for (int i = 0; i < CROWD; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(crowd.violations, 0);
    assert_int_equal(crowd.turns, CROWD * CROWD_TURNS);
    talloc_free(crowd.desk[0]);
    talloc_free(crowd.desk[1]);
}

/* By force */

static void a_lock_freed_by_force_wakes_and_is_lost_to_its_owner(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller(desk);
    struct waiter waiter = {.keep_ms = 50};
    struct lock *lock = take(call, "force", &patient);

    start_waiter(&waiter, desk, "force", 5000);
    eventually(subscribers("redisson_lock__channel:{force}") == 1);
    assert_true(locks_force_unlock(call, "force"));
    eventually(waiter.taken_ns != 0);
    assert_int_equal(locks_release(call, lock), LOCK_LOST);
    end_waiter(&waiter);
    assert_int_equal(waiter.end, LOCK_FREED); /* the late release did not touch the new hold */
    assert_false(locks_force_unlock(call, "force"));
    talloc_free(call);
    talloc_free(desk);
}

static void a_lease_that_ran_out_is_lost_and_can_be_had_again(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller(desk);
    struct lock_terms hasty = {.wait_ms = 0, .lease_ms = 20};
    struct lock *lock = take(call, "lease", &hasty);

    usleep(40000);
    assert_int_equal(locks_release(call, lock), LOCK_LOST);
    locks_release(call, take(call, "lease", &hasty));

    struct lock *outer = take(call, "lease", &hasty);
    usleep(40000);
    struct lock *inner = take(call, "lease", &patient);
    assert_int_equal(see("HLEN lease"), 1);
    locks_release(call, inner);
    locks_release(call, outer);
    assert_int_equal(see("EXISTS lease"), 0);
    talloc_free(call);
    talloc_free(desk);
}

static void a_lock_that_its_call_forgot_makes_no_line(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct lock_terms terms = {.wait_ms = 0, .lease_ms = 50, .places_max = 1};

    for (int i = 0; i < 3; i++) {
        struct call *call = caller(desk);
        take(call, "forgot", &terms);
        talloc_free(call);
        usleep(70000);
    }
    talloc_free(desk);
}

/* When Redis is lost */

static void a_listener_cut_off_comes_back_and_everyone_looks(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct lock_desk *theirs = desk_new();
    struct call *call = caller(theirs);

    for (int i = 0; i < 5; i++) {
        struct waiter waiter = {0};
        struct lock *lock = take(call, "cut", &patient);
        start_waiter(&waiter, desk, "cut", 5000);
        eventually(subscribers("redisson_lock__channel:{cut}") >= 1);
        usleep(10000);
        see("CLIENT KILL TYPE pubsub");
        int64_t released_ns = clock_steady_ns();
        locks_release(call, lock); /* its message reaches nobody, or the new subscription */
        end_waiter(&waiter);
        assert_int_equal(waiter.outcome, OUTCOME_DONE);
        assert_true(waiter.taken_ns - released_ns < 3000000000);
    }
    talloc_free(call);
    talloc_free(desk);
    talloc_free(theirs);
}

static void a_link_that_broke_between_two_calls_is_mended_without_a_word(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller(desk);

    locks_release(call, take(call, "mend", &patient));
    see("CLIENT KILL TYPE normal SKIPME yes");
    struct lock *lock = take(call, "mend", &patient);
    redisReply *counts = redisCommand(eye, "HVALS mend");
    assert_int_equal(counts->elements, 1);
    assert_string_equal(counts->element[0]->str, "1");
    freeReplyObject(counts);
    see("CLIENT KILL TYPE normal SKIPME yes");
    assert_int_equal(locks_release(call, lock), LOCK_FREED);
    assert_int_equal(see("EXISTS mend"), 0);
    talloc_free(call);
    talloc_free(desk);
}

/* A proxy that passes a script on to Redis and then loses the answer. */

static atomic_int answers_to_lose;
static char script_to_lose[48];
static int door = -1;

static bool carries(const char *bytes, ssize_t length)
{
    return script_to_lose[0] != '\0' && memmem(bytes, (size_t)length, script_to_lose, strlen(script_to_lose)) != NULL;
}

static int reach_server(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int behind = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, server_socket);
    assert_int_equal(connect(behind, (struct sockaddr *)&address, sizeof(address)), 0);
    return behind;
}

static void *run_pipe(void *arg)
{
    int front = (int)(intptr_t)arg;
    int behind = reach_server();
    struct pollfd ready[] = {{.fd = front, .events = POLLIN}, {.fd = behind, .events = POLLIN}};
    bool losing = false;
    char bytes[65536];

    while (poll(ready, 2, -1) > 0) {
        int from = ready[0].revents != 0 ? 0 : 1;
        ssize_t length = read(ready[from].fd, bytes, sizeof(bytes));
        if (length <= 0 || (from == 1 && losing))
            break;
        if (from == 0 && carries(bytes, length) && atomic_load(&answers_to_lose) > 0) {
            atomic_fetch_sub(&answers_to_lose, 1);
            losing = true;
        }
        if (write(ready[1 - from].fd, bytes, (size_t)length) != length)
            break;
    }
    close(front);
    close(behind);
    return NULL;
}

static void *run_door(void *arg)
{
    (void)arg;
    for (;;) {
        int front = accept(door, NULL, NULL);
        pthread_t thread;
        if (front < 0)
            return NULL;
        pthread_create(&thread, NULL, run_pipe, (void *)(intptr_t)front);
        pthread_detach(thread);
    }
}

static void open_proxy(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    pthread_t thread;

    door = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, proxy_socket);
    assert_int_equal(bind(door, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(door, 16), 0);
    pthread_create(&thread, NULL, run_door, NULL);
    pthread_detach(thread);
}

static void lose_next_answer_of(enum script script)
{
    assert_int_equal(answers_to_lose, 0);
    strcpy(script_to_lose, script_texts[script].sha1);
    answers_to_lose = 1;
}

static void a_take_whose_answer_was_lost_counts_once(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller_on(desk, &proxy_config);

    locks_release(call, take(call, "lost", &patient));
    lose_next_answer_of(SCRIPT_LOCKS_TAKE);
    struct lock *lock = take(call, "lost", &patient);
    assert_int_equal(answers_to_lose, 0);
    redisReply *counts = redisCommand(eye, "HVALS lost");
    assert_int_equal(counts->elements, 1);
    assert_string_equal(counts->element[0]->str, "1");
    freeReplyObject(counts);

    lose_next_answer_of(SCRIPT_LOCKS_TAKE);
    struct lock *inner = take(call, "lost", &patient);
    assert_int_equal(locks_release(call, inner), LOCK_KEPT);
    assert_int_equal(locks_release(call, lock), LOCK_FREED);
    assert_int_equal(see("EXISTS lost"), 0);
    talloc_free(call);
    talloc_free(desk);
}

static void a_release_whose_answer_was_lost_is_done(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller_on(desk, &proxy_config);
    struct lock *lock = take(call, "gone", &patient);
    uint64_t owner = call->store->lock_owner;

    lose_next_answer_of(SCRIPT_LOCKS_RELEASE);
    assert_int_equal(locks_release(call, lock), LOCK_FREED);
    assert_int_equal(see("EXISTS gone"), 0);
    /* What was lost may come late; it must not find a hold of the same name. */
    assert_int_equal(answers_to_lose, 0);
    locks_release(call, take(call, "gone", &patient));
    assert_int_not_equal(call->store->lock_owner, owner);

    struct lock *outer = take(call, "gone", &patient);
    struct lock *inner = take(call, "gone", &patient);
    lose_next_answer_of(SCRIPT_LOCKS_RELEASE);
    assert_int_equal(locks_release(call, inner), LOCK_KEPT);
    redisReply *counts = redisCommand(eye, "HVALS gone");
    assert_string_equal(counts->element[0]->str, "1"); /* not counted down twice */
    freeReplyObject(counts);
    assert_int_equal(locks_release(call, outer), LOCK_FREED);
    talloc_free(call);
    talloc_free(desk);
}

static void another_link_gives_back_many_at_once(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *leader = caller(desk);
    struct call *first = caller(desk);
    struct call *second = caller(desk);
    struct lock *one = take(first, "one", &patient);
    struct lock *two = take(second, "two", &patient);
    struct lock *again = take(second, "two", &patient);

    locks_release_along(leader, one);
    locks_release_along(leader, again);
    assert_int_equal(see("EXISTS one"), 1);
    redis_flush(leader->store->redis);
    assert_int_equal(see("EXISTS one two"), 1);
    assert_int_equal(locks_release(first, one), LOCK_FREED);
    assert_int_equal(locks_release(second, again), LOCK_KEPT);
    assert_int_equal(locks_release(second, two), LOCK_FREED);
    assert_int_equal(see("EXISTS one two"), 0);
    talloc_free(leader);
    talloc_free(first);
    talloc_free(second);
    talloc_free(desk);
}

static void what_another_link_could_not_give_back_its_owner_does(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *leader = caller_on(desk, &proxy_config);
    struct call *call = caller(desk);
    struct lock *lock = take(call, "left", &patient);
    uint64_t owner = call->store->lock_owner;

    lose_next_answer_of(SCRIPT_LOCKS_RELEASE);
    locks_release_along(leader, lock);
    redis_flush(leader->store->redis);
    assert_int_equal(answers_to_lose, 0);
    assert_int_equal(locks_release(call, lock), LOCK_FREED);
    assert_int_equal(see("EXISTS left"), 0);
    locks_release(call, take(call, "left", &patient));
    assert_int_not_equal(call->store->lock_owner, owner);
    talloc_free(leader);
    talloc_free(call);
    talloc_free(desk);
}

/* The message came, but the owner has not been told yet: who comes now asks, and does not wait for another message. */
static void who_comes_between_release_and_its_owner_asks(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *leader = caller(desk);
    struct call *call = caller(desk);
    struct call *late = caller(desk);
    struct waiter waiter = {0};

    /* So that somebody listens to the channel. */
    struct lock *lock = take(call, "between", &patient);
    start_waiter(&waiter, desk, "between", 5000);
    eventually(subscribers("redisson_lock__channel:{between}") == 1);
    locks_release(call, lock);
    end_waiter(&waiter);
    lock = take(call, "between", &patient);
    locks_release_along(leader, lock);
    redis_flush(leader->store->redis);
    usleep(20000);
    int64_t asked_ns = clock_steady_ns();
    struct lock *next = take(late, "between", &patient);
    assert_true(ms_since(asked_ns) < 2000);
    assert_int_equal(locks_release(call, lock), LOCK_FREED);
    assert_int_equal(locks_release(late, next), LOCK_FREED);
    talloc_free(leader);
    talloc_free(call);
    talloc_free(late);
    talloc_free(desk);
}

/* Who waits or is refused keeps no question back that was to go along. */
static void what_goes_along_does_not_stand_in_line(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller(desk);
    struct call *late = caller(desk);
    struct lock *lock = take(call, "along", &patient);
    struct lock_terms hasty = {.wait_ms = 50, .lease_ms = 5000, .places_max = 2};
    struct lock_terms no_room = {.wait_ms = 50, .lease_ms = 5000, .places_max = 1};
    struct lock *none;

    redis_script(late->store->redis, late->mem, SCRIPT_OUTBOX_POKE, REDIS_TEXTS("poke"), REDIS_NONE);
    for (int i = 0; i < 2; i++) {
        struct redis_later *later =
            redis_script_later(late->store->redis, late->mem, SCRIPT_OUTBOX_POKE, REDIS_TEXTS("poke"), REDIS_NONE);
        assert_int_equal(locks_take(late, "along", i == 0 ? &hasty : &no_room, &none),
                         i == 0 ? OUTCOME_BUSY : OUTCOME_TOO_MANY_REQUESTS);
        assert_non_null(redis_later_reply(later));
    }
    locks_release(call, lock);
    talloc_free(call);
    talloc_free(late);
    talloc_free(desk);
}

static void without_redis_nobody_goes_ahead(void **state)
{
    (void)state;
    struct config nowhere = config;
    nowhere.redis_socket = "/nonexistent/redis.sock";
    struct lock_desk *desk = lock_desk_new(root, &nowhere, counters);
    struct call *call = caller_on(desk, &nowhere);
    struct lock *lock = NULL;

    assert_int_equal(locks_take(call, "nowhere", &patient, &lock), OUTCOME_UNAVAILABLE);
    assert_null(lock);
    talloc_free(call);
    talloc_free(desk);
}

static void a_restarted_redis_is_found_again_by_those_who_wait(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct waiter waiter = {0};

    see("HSET restart somebody:1 1");
    start_waiter(&waiter, desk, "restart", 5000);
    eventually(subscribers("redisson_lock__channel:{restart}") == 1);
    stop_server();
    start_server();
    end_waiter(&waiter);
    /* Either it looked while Redis was away, or it got the lock that the restart had freed. */
    assert_true(waiter.outcome == OUTCOME_DONE || waiter.outcome == OUTCOME_UNAVAILABLE);
    struct call *call = caller(desk);
    locks_release(call, take(call, "restart", &patient));
    talloc_free(call);
    talloc_free(desk);
}

/* Points */

enum { REQUESTS = 200 };

struct rush {
    struct lock_desk *desk;
    pthread_barrier_t start;
    atomic_int by_outcome[OUTCOMES];
    atomic_int inside;
    atomic_int most_inside;
    _Atomic int64_t slowest_refusal_ms;
};

static void *run_request(void *arg)
{
    struct rush *rush = arg;
    struct call *call = caller(rush->desk);
    struct points_lock *lock;

    pthread_barrier_wait(&rush->start);
    int64_t start_ns = clock_steady_ns();
    enum outcome outcome = points_locks_take(call, 42, &lock);
    rush->by_outcome[outcome]++;
    if (outcome == OUTCOME_DONE) {
        usleep(400000);
        points_locks_release(call, lock);
    } else {
        assert_true(call->refusal.retry_after_ms > 0);
        if (ms_since(start_ns) > rush->slowest_refusal_ms)
            rush->slowest_refusal_ms = ms_since(start_ns);
    }
    talloc_free(call);
    return NULL;
}

static void an_account_with_many_requests_at_once_occupies_three_threads(void **state)
{
    (void)state;
    struct rush rush = {.desk = desk_new()};
    pthread_t thread[REQUESTS];

    pthread_barrier_init(&rush.start, NULL, REQUESTS);
    for (int i = 0; i < REQUESTS; i++)
        pthread_create(&thread[i], NULL, run_request, &rush);
    for (int i = 0; i < REQUESTS; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&rush.start);
    assert_in_range(rush.by_outcome[OUTCOME_DONE], 3, 6); /* more than three only when a thread came late */
    assert_int_equal(rush.by_outcome[OUTCOME_TOO_MANY_REQUESTS], REQUESTS - rush.by_outcome[OUTCOME_DONE]);
    print_message("200 requests at once: %d served, the others refused within %" PRId64 " ms\n",
                  rush.by_outcome[OUTCOME_DONE], rush.slowest_refusal_ms);
    talloc_free(rush.desk);
}

static void the_points_lock_has_the_name_that_the_java_service_uses(void **state)
{
    (void)state;
    struct lock_desk *desk = desk_new();
    struct call *call = caller(desk);
    struct points_lock *lock = NULL;

    assert_int_equal(points_locks_take(call, 7, &lock), OUTCOME_DONE);
    assert_in_range(see("PTTL user7"), config.points_lock_lease_ms - 1000, config.points_lock_lease_ms);
    points_locks_release(call, lock);
    assert_int_equal(see("EXISTS user7"), 0);
    talloc_free(call);
    talloc_free(desk);
}

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    root = talloc_new(NULL);
    log_set_level(LOG_LEVEL_ERROR - 1); /* half of these tests break things on purpose */
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(server_socket, sizeof(server_socket), "%s/redis.sock", folder);
    snprintf(proxy_socket, sizeof(proxy_socket), "%s/proxy.sock", folder);
    config = *config_read(root, NULL);
    config.redis_socket = server_socket;
    proxy_config = config;
    proxy_config.redis_socket = proxy_socket;
    counters = counters_open(folder);
    start_server();
    open_proxy();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];

    stop_server();
    talloc_free(root);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_looks_as_redisson_writes_it),
        cmocka_unit_test(the_channel_keeps_braces_that_the_name_has),
        cmocka_unit_test(a_release_says_0_on_the_channel_with_the_lock_gone),
        cmocka_unit_test(takes_are_counted_and_given_back_one_by_one),
        cmocka_unit_test(a_free_lock_costs_two_round_trips_and_no_listener),
        cmocka_unit_test(a_waiter_is_woken_by_the_message),
        cmocka_unit_test(not_in_time_is_busy_and_says_when_to_come_back),
        cmocka_unit_test(a_holder_who_died_is_waited_out),
        cmocka_unit_test(first_come_first_served),
        cmocka_unit_test(the_one_behind_hears_what_the_one_who_gave_up_was_told),
        cmocka_unit_test(channels_are_left_when_nobody_waits),
        cmocka_unit_test(two_names_may_share_a_channel),
        cmocka_unit_test(one_at_a_time_over_two_processes),
        cmocka_unit_test(a_lock_freed_by_force_wakes_and_is_lost_to_its_owner),
        cmocka_unit_test(a_lease_that_ran_out_is_lost_and_can_be_had_again),
        cmocka_unit_test(a_lock_that_its_call_forgot_makes_no_line),
        cmocka_unit_test(a_listener_cut_off_comes_back_and_everyone_looks),
        cmocka_unit_test(a_link_that_broke_between_two_calls_is_mended_without_a_word),
        cmocka_unit_test(a_take_whose_answer_was_lost_counts_once),
        cmocka_unit_test(a_release_whose_answer_was_lost_is_done),
        cmocka_unit_test(another_link_gives_back_many_at_once),
        cmocka_unit_test(what_another_link_could_not_give_back_its_owner_does),
        cmocka_unit_test(who_comes_between_release_and_its_owner_asks),
        cmocka_unit_test(what_goes_along_does_not_stand_in_line),
        cmocka_unit_test(without_redis_nobody_goes_ahead),
        cmocka_unit_test(a_restarted_redis_is_found_again_by_those_who_wait),
        cmocka_unit_test(an_account_with_many_requests_at_once_occupies_three_threads),
        cmocka_unit_test(the_points_lock_has_the_name_that_the_java_service_uses),
    };

    return cmocka_run_group_tests_name("locks", tests, set_up, tear_down);
}
