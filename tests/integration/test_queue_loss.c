/*
 * A sale in which everything dies that may: gates are killed in the middle of what they do, and a
 * Redis of this test's own is emptied, or killed and started anew with an old file or with none.
 */
#include "tests/integration/fixture.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "domain/admission.h"
#include "domain/board.h"
#include "domain/concert.h"
#include "domain/draw.h"
#include "domain/queue.h"
#include "domain/shuffle.h"
#include "store/redis.h"
#include "store/sessions.h"

enum {
    FANS = 3000,
    LATER = 200, /* come while the sale runs */
    PEOPLE = FANS + 4 * LATER,
    CAPACITY = 40,
    GATES = 2,
    APART = 7919,
    WAIT_S = 100,
    TICK_US = 2000,
};

static struct {
    struct fixture *fixture;
    const char *server;
    pid_t redis;
    pid_t gates[GATES];
    uint64_t concert_id;
    uint64_t people;
    uint64_t front; /* the greatest number that went in */
    struct {
        const char *ticket;
        uint64_t number;
        bool went_in;
    } fan[PEOPLE + 1]; /* fan n is account n */
} play;

/* ---- processes ---- */

static void kill_it(pid_t *process)
{
    if (*process > 0) {
        kill(*process, SIGKILL);
        waitpid(*process, NULL, 0);
    }
    *process = 0;
}

static pid_t child(void)
{
    pid_t parent = getpid();
    pid_t process = fork();

    assert_true(process >= 0);
    if (process == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent))
        _exit(1);
    return process;
}

static const char *file_of(const char *name)
{
    return must(talloc_asprintf(play.fixture, "%s/%s", play.fixture->config->run_dir, name));
}

static bool answers(void)
{
    redisContext *context = redisConnectUnix(play.fixture->config->redis_socket);
    redisReply *reply = context == NULL || context->err != 0 ? NULL : redisCommand(context, "PING");
    bool good = reply != NULL && reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, "PONG") == 0;

    if (reply != NULL)
        freeReplyObject(reply);
    if (context != NULL)
        redisFree(context);
    return good;
}

static void wait_for(bool (*is_so)(void))
{
    int64_t end_ns = clock_steady_ns() + WAIT_S * INT64_C(1000000000);

    while (!is_so()) {
        assert_true(clock_steady_ns() < end_ns);
        usleep(TICK_US);
    }
}

static void start_redis(void)
{
    const char *socket = play.fixture->config->redis_socket;

    play.redis = child();
    if (play.redis == 0) {
        if (freopen("/dev/null", "w", stdout) != NULL)
            execl(play.server, "redis-server", "--port", "0", "--unixsocket", socket, "--dir",
                  play.fixture->config->run_dir, "--save", "", "--appendonly", "no", (char *)NULL);
        _exit(1);
    }
    wait_for(answers);
}

static void start_gate(size_t which)
{
    play.gates[which] = child();
    if (play.gates[which] != 0)
        return;
    struct whole_gate gate = whole_gate_new(NULL, fixture_store(play.fixture));
    for (;;) {
        whole_gate_round(&gate, clock_now_ms());
        usleep(TICK_US);
    }
}

static int start(void **state)
{
    static char link[200];

    fixture_start(state);
    play.fixture = *state;
    play.server = must(getenv("FRONTROW_TEST_REDIS_SERVER"));
    snprintf(link, sizeof(link), "%s", file_of("redis.sock"));
    play.fixture->config->redis_socket = link;
    TALLOC_FREE(play.fixture->store);
    play.fixture->store = store_new(play.fixture, play.fixture->shared);
    start_redis();
    return 0;
}

static int stop(void **state)
{
    kill_it(&play.redis);
    unlink(file_of("redis.sock"));
    unlink(file_of("dump.rdb"));
    return fixture_stop(state);
}

static int end_gates(void **state)
{
    for (size_t i = 0; i < GATES; i++)
        kill_it(&play.gates[i]);
    return fixture_check(state);
}

/* ---- what fans do ---- */

static long long redis(const char *words)
{
    return fixture_redis(play.fixture, words);
}

static char *command(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = must(talloc_vasprintf(play.fixture->mem, format, args));
    va_end(args);
    return text;
}

static struct queue_place join(uint64_t n, const char *ticket)
{
    struct call call = fixture_call(play.fixture, n);
    struct queue_place own;

    call.mem = must(talloc_new(play.fixture->mem));
    assert_int_equal(queue_join(&call, play.concert_id, ticket, &own), OUTCOME_DONE);
    if (own.ticket != NULL)
        own.ticket = talloc_strdup(play.fixture->mem, own.ticket);
    talloc_free(call.mem);
    return own;
}

static void come(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct queue_place own = join(++play.people, NULL);
        play.fan[play.people].ticket = own.ticket;
        play.fan[play.people].number = own.place.number;
    }
}

/* Everybody who has not been in comes back, in no order, and shows the ticket. */
static void come_back(uint64_t people)
{
    for (uint64_t i = 0; i < people; i++) {
        uint64_t n = i * APART % people + 1;
        if (play.fan[n].went_in)
            continue;
        struct queue_place own = join(n, play.fan[n].ticket);
        assert_false(own.place.is_new);
        assert_int_equal(own.place.number, play.fan[n].number);
    }
}

static void go_in_and_leave(uint64_t n)
{
    struct call call = fixture_call(play.fixture, n);

    assert_int_equal(join(n, NULL).place.state, PLACE_ACTIVE);
    assert_int_equal(queue_leave(&call, play.concert_id), OUTCOME_DONE);
    play.fan[n].went_in = true;
}

/* Those who were let in since the last look stood behind all who were let in before, and are not too many. */
static size_t look(void)
{
    uint64_t front = play.front;
    size_t first_time = 0;
    const redisReply *admitted =
        must(redis_command(play.fixture->store->redis, play.fixture->mem,
                           REDIS_TEXTS("ZRANGE", command("admitted:{c%" PRIu64 "}", play.concert_id), "0", "-1")));
    size_t inside = admitted->elements + (size_t)redis(command("ZCARD active:{c%" PRIu64 "}", play.concert_id));

    assert_true(inside <= CAPACITY);
    for (size_t i = 0; i < admitted->elements; i++) {
        uint64_t n = strtoull(admitted->element[i]->str, NULL, 10);
        /* An old file may know somebody as waiting who was in already. */
        if (!play.fan[n].went_in) {
            assert_true(play.fan[n].number > play.front);
            front = play.fan[n].number > front ? play.fan[n].number : front;
            first_time++;
        }
        go_in_and_leave(n);
    }
    play.front = front;
    return first_time;
}

static void serve(size_t fans)
{
    int64_t end_ns = clock_steady_ns() + WAIT_S * INT64_C(1000000000);

    for (size_t served = 0; served < fans; served += look())
        assert_true(clock_steady_ns() < end_ns);
}

static size_t outside(void)
{
    size_t count = 0;

    for (uint64_t n = 1; n <= play.people; n++)
        count += !play.fan[n].went_in;
    return count;
}

static bool gates_have_come_by(void)
{
    return redis(command("HEXISTS gate:{c%" PRIu64 "} since", play.concert_id)) == 1;
}

/* Fetched anew, the numbers begin above all that were ever handed out. */
static bool numbers_are_fresh(void)
{
    return redis(command("HGET concert:{c%" PRIu64 "} numbers_start", play.concert_id)) >=
           (long long)play.fan[play.people].number;
}

/* People come without a ticket first, then those who have one; twenty seconds pass. */
static void return_after_the_loss(void)
{
    uint64_t people = play.people;

    wait_for(gates_have_come_by);
    wait_for(numbers_are_fresh);
    /* However long they take. */
    redis(command("HINCRBY gate:{c%" PRIu64 "} since 600000", play.concert_id));
    /* An old file may have some who were let in before. */
    long long admissions = redis(command("HGET totals:{c%" PRIu64 "} admissions", play.concert_id));
    come(LATER);
    come_back(people);
    assert_int_equal(redis(command("HGET totals:{c%" PRIu64 "} admissions", play.concert_id)), admissions);
    redis(command("HINCRBY gate:{c%" PRIu64 "} since -621000", play.concert_id));
}

/* ---- the sale ---- */

static void announce(void)
{
    play.people = play.front = 0;
    memset(play.fan, 0, sizeof(play.fan));
    play.concert_id = fixture_concert(play.fixture, 200, 200, 1000, CAPACITY);
}

static void begin(void)
{
    announce();
    come(FANS);
    for (size_t i = 0; i < GATES; i++)
        start_gate(i);
}

static void gates_may_be_killed_at_any_moment(void **state)
{
    (void)state;
    begin();
    for (size_t i = 0; i < 60; i++) {
        serve(10);
        kill_it(&play.gates[i % GATES]);
        start_gate(i % GATES);
    }
    serve(200);
    struct call call = fixture_call(play.fixture, 0);
    struct board board;
    assert_int_equal(board_read(&call, play.concert_id, &board), OUTCOME_DONE);
    assert_true(board.serving >= play.front);
    assert_int_equal(redis(command("HGET totals:{c%" PRIu64 "} inversions", play.concert_id)), 0);
}

static void set_opening(const char *ms)
{
    struct call call = fixture_call(play.fixture, 0);
    struct board board;

    assert_int_equal(board_read(&call, play.concert_id, &board), OUTCOME_DONE);
    redis(command("HSET concert:{c%" PRIu64 "} opens_at_ms %s", play.concert_id, ms));
}

static bool is_drawn(void)
{
    return redis(command("EXISTS early:{c%" PRIu64 "}", play.concert_id)) == 0;
}

static void learn_numbers(void)
{
    struct call call = fixture_call(play.fixture, 0);
    struct shown_draw shown;

    assert_int_equal(draw_show(&call, play.concert_id, &shown), OUTCOME_DONE);
    assert_int_equal(shown.entrants, FANS);
    struct shuffle shuffle = shuffle_new(shown.seed, shown.list_hash, shown.last_entry);
    for (uint64_t n = 1; n <= play.people; n++)
        play.fan[n].number = shuffle_number(&shuffle, play.fan[n].number);
}

static void gates_may_be_killed_in_the_middle_of_the_draw(void **state)
{
    (void)state;
    announce();
    set_opening("99999999999999");
    come(FANS);
    set_opening("1000");
    /* The later ones live long enough to finish it. */
    for (size_t i = 0; i < 40; i++) {
        start_gate(0);
        usleep((useconds_t)(500 * i));
        kill_it(&play.gates[0]);
    }
    start_gate(0);
    start_gate(1);
    wait_for(is_drawn);
    learn_numbers();
    serve(FANS);
    assert_int_equal(redis(command("HGET totals:{c%" PRIu64 "} inversions", play.concert_id)), 0);
}

static void nobody_is_overtaken_whatever_becomes_of_redis(void **state)
{
    (void)state;
    begin();
    serve(200);
    redis("FLUSHALL");
    return_after_the_loss();
    serve(200);

    /* The file does not know of those who came or went in after it was written. */
    redis("SAVE");
    serve(100);
    come(LATER);
    kill_it(&play.redis);
    start_redis();
    return_after_the_loss();
    serve(200);

    kill_it(&play.redis);
    unlink(file_of("dump.rdb"));
    start_redis();
    return_after_the_loss();
    serve(outside());
    assert_int_equal(outside(), 0);
    assert_int_equal(redis(command("HGET totals:{c%" PRIu64 "} inversions", play.concert_id)), 0);
}

/* Nobody runs who could notice: each connection does. */
static void an_old_file_gives_no_number_out_twice_even_before_a_gate_looks(void **state)
{
    enum { BEFORE = 20, AFTER = 20, FRESH = 20 };

    (void)state;
    announce();
    come(BEFORE);
    redis("SAVE");
    come(AFTER);
    kill_it(&play.redis);
    start_redis();
    /* The very first that the new Redis hears is a newcomer. */
    come(FRESH);
    for (uint64_t n = BEFORE + AFTER + 1; n <= play.people; n++)
        assert_true(play.fan[n].number > BEFORE + AFTER);
    come_back(play.people);
    for (uint64_t n = 1; n <= play.people; n++)
        assert_int_equal(join(n, NULL).place.ahead, n - 1);
    start_gate(0);
    wait_for(gates_have_come_by);
    redis(command("HINCRBY gate:{c%" PRIu64 "} since -21000", play.concert_id));
    serve(play.people);
}

static void set_rate(int64_t fans_a_minute)
{
    struct call call = fixture_call(play.fixture, 0);
    struct policy policy = {.rate_per_minute = fans_a_minute};
    struct concert concert;

    assert_int_equal(concert_change(&call, play.concert_id, 1u << POLICY_RATE, &policy, &concert), OUTCOME_DONE);
}

/* Those who were let in go in, and out again when they are to; how many these were. */
static size_t go_in(bool leave)
{
    const redisReply *admitted =
        must(redis_command(play.fixture->store->redis, play.fixture->mem,
                           REDIS_TEXTS("ZRANGE", command("admitted:{c%" PRIu64 "}", play.concert_id), "0", "-1")));

    assert_true(admitted->elements + (size_t)redis(command("ZCARD active:{c%" PRIu64 "}", play.concert_id)) <=
                CAPACITY);
    for (size_t i = 0; i < admitted->elements; i++) {
        uint64_t n = strtoull(admitted->element[i]->str, NULL, 10);
        if (leave)
            go_in_and_leave(n);
        else
            assert_int_equal(join(n, NULL).place.state, PLACE_ACTIVE);
    }
    return admitted->elements;
}

/* Runs for so long; how many went in. */
static size_t watch(int64_t milliseconds, bool leave)
{
    int64_t end_ns = clock_steady_ns() + milliseconds * 1000000;
    size_t entered = 0;

    while (clock_steady_ns() < end_ns) {
        entered += go_in(leave);
        usleep(TICK_US);
    }
    return entered;
}

static double seconds_since(int64_t began_ns)
{
    return (double)(clock_steady_ns() - began_ns) / 1e9;
}

static void two_gates_keep_capacity_and_rate_together(void **state)
{
    enum { A_MINUTE = 1200, A_SECOND = A_MINUTE / 60, WATCHED_MS = 4000 };

    (void)state;
    announce();
    set_rate(A_MINUTE);
    come(10 * A_SECOND);
    start_gate(0);
    start_gate(1);
    /* The first second's worth at once, the second one by and by: then the room is full. */
    int64_t began_ns = clock_steady_ns();
    size_t first = watch(600, false);
    assert_true((double)first <= A_SECOND * (1 + seconds_since(began_ns)) + 2);
    watch(1900, false);
    assert_int_equal(redis(command("ZCARD active:{c%" PRIu64 "}", play.concert_id)), CAPACITY);
    /* From now on there is room, and others are let in. */
    began_ns = clock_steady_ns();
    for (uint64_t n = 1; n <= CAPACITY; n++)
        go_in_and_leave(n);
    size_t entered = watch(WATCHED_MS, true);
    assert_true((double)entered <= A_SECOND * (1 + seconds_since(began_ns)) + 2);
    assert_true(entered >= A_SECOND * WATCHED_MS / 1000 * 3 / 4);
}

/* A session that was signed out after the file was written. */
static void an_old_file_brings_no_session_back(void **state)
{
    struct call call = fixture_call(play.fixture, fixture_account(play.fixture, 0));
    struct queue_place own;

    (void)state;
    announce();
    call.session_ends_ms = call.now_ms + 3600000;
    memset(call.session_id, 7, sizeof(call.session_id));
    assert_int_equal(sessions_check(&call), OUTCOME_DONE);
    assert_int_equal(queue_join(&call, play.concert_id, NULL, &own), OUTCOME_DONE);
    redis("SAVE");
    assert_int_equal(sessions_revoke(&call), OUTCOME_DONE);
    kill_it(&play.redis);
    start_redis();
    assert_int_equal(queue_find(&call, play.concert_id, &own), OUTCOME_NOT_SIGNED_IN);
    assert_int_equal(sessions_check(&call), OUTCOME_NOT_SIGNED_IN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, end_gates)
        TEST(gates_may_be_killed_at_any_moment),
        TEST(gates_may_be_killed_in_the_middle_of_the_draw),
        TEST(nobody_is_overtaken_whatever_becomes_of_redis),
        TEST(an_old_file_gives_no_number_out_twice_even_before_a_gate_looks),
        TEST(an_old_file_brings_no_session_back),
        TEST(two_gates_keep_capacity_and_rate_together),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
