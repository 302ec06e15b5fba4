/* The line at the lock desk. Redis is played by the test, at the other end of a socket pair. */
#include "tests/unit/unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "store/lock_desk.h"
#include "store/redis.h"

/* The fake of store/redis.h */

static atomic_int connections;
static int far_end[8]; /* of each connection; written before connections counts it */

redisContext *redis_connect(const struct config *config)
{
    int ends[2];

    (void)config;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_in_range(connections, 0, 7);
    far_end[connections] = ends[1];
    redisContext *context = must(redisConnectFd(ends[0]));
    connections++;
    return context;
}

bool redis_reply_is(const redisReply *reply, const char *text)
{
    return reply->type == REDIS_REPLY_STRING && strcmp(reply->str, text) == 0;
}

/* What the desk sends next on this connection has these words in it. */
static void hear(int connection, const char *command, const char *channel)
{
    char bytes[512];
    struct pollfd ready = {.events = POLLIN};

    for (int i = 0; i < 5000 && connections <= connection; i++)
        usleep(1000);
    ready.fd = far_end[connection];
    assert_int_equal(poll(&ready, 1, 5000), 1);
    ssize_t length = read(ready.fd, bytes, sizeof(bytes) - 1);
    assert_true(length > 0);
    bytes[length] = '\0';
    assert_non_null(strstr(bytes, command));
    assert_non_null(strstr(bytes, channel));
}

static void say(int connection, const char *kind, const char *channel, const char *what)
{
    char bytes[256];
    int length = snprintf(bytes, sizeof(bytes), "*3\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n%s\r\n", strlen(kind), kind,
                          strlen(channel), channel, what);

    assert_int_equal(write(far_end[connection], bytes, (size_t)length), length);
}

#define CHANNEL "redisson_lock__channel:{seat}"

static void acknowledge(int connection)
{
    hear(connection, "SUBSCRIBE", CHANNEL);
    say(connection, "subscribe", CHANNEL, ":1");
}

static void send_message(int connection)
{
    say(connection, "message", CHANNEL, "$1\r\n0");
}

/* The desk and those who stand at it */

static struct config config;
static struct counters counters;
static struct lock_desk *desk;

static int open_desk(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    connections = 0;
    desk = lock_desk_new(NULL, &config, &counters);
    return 0;
}

static int close_desk(void **state)
{
    (void)state;
    talloc_free(desk);
    for (int i = 0; i < connections; i++)
        close(far_end[i]);
    return 0;
}

static struct lock_place *enter(uint64_t owner)
{
    return must(lock_desk_enter(desk, NULL, "seat", owner, 0));
}

static bool is_due_within(struct lock_place *place, int64_t ms)
{
    return lock_desk_await(place, clock_steady_ns() + ms * 1000000);
}

static const int64_t soon_ms = 20;
static const int64_t long_ms = 5000;

static void the_first_in_line_asks_at_once_and_only_the_first(void **state)
{
    (void)state;
    struct lock_place *first = enter(1);
    struct lock_place *second = enter(2);

    assert_true(lock_desk_await(first, 0));
    assert_false(lock_desk_await(second, 0));
    assert_int_equal(connections, 0);
    talloc_free(first);
    assert_true(lock_desk_await(second, 0));
    talloc_free(second);
}

static void a_message_moves_the_first_and_only_once(void **state)
{
    (void)state;
    struct lock_place *first = enter(1);

    assert_true(lock_desk_await(first, 0));
    lock_desk_not_yet(first, 60000);
    assert_false(is_due_within(first, soon_ms));
    acknowledge(0);
    assert_true(is_due_within(first, long_ms)); /* the acknowledgement: ask again, now that we can hear */
    lock_desk_not_yet(first, 60000);
    assert_false(is_due_within(first, soon_ms));
    send_message(0);
    assert_true(is_due_within(first, long_ms));
    lock_desk_not_yet(first, 60000);
    assert_false(is_due_within(first, soon_ms));
    talloc_free(first);
}

static void an_acknowledgement_is_news(void **state)
{
    (void)state;
    struct lock_place *first = enter(1);

    assert_true(lock_desk_await(first, 0));
    lock_desk_not_yet(first, 60000);
    assert_false(is_due_within(first, soon_ms));
    acknowledge(0);
    assert_true(is_due_within(first, long_ms));
    lock_desk_not_yet(first, 60000);
    assert_false(is_due_within(first, soon_ms));
    /* As when another lock's name gives the same channel. By now only news can make it due. */
    say(0, "subscribe", CHANNEL, ":1");
    assert_true(is_due_within(first, long_ms));
    talloc_free(first);
}

static void the_holders_time_is_slept_out(void **state)
{
    (void)state;
    struct lock_place *first = enter(1);

    assert_true(lock_desk_await(first, 0));
    int64_t start_ns = clock_steady_ns();
    lock_desk_not_yet(first, 30);
    assert_true(is_due_within(first, long_ms));
    assert_true(clock_steady_ns() - start_ns >= 29000000);
    talloc_free(first);
}

static void deaf_ears_make_the_first_look_from_time_to_time(void **state)
{
    (void)state;
    struct lock_place *first = enter(1);

    assert_true(lock_desk_await(first, 0));
    lock_desk_not_yet(first, 60000);
    assert_true(is_due_within(first, 1000)); /* nobody has acknowledged anything */
    talloc_free(first);
}

static void news_stays_with_the_line_when_its_first_gives_up(void **state)
{
    (void)state;
    struct lock_place *first = enter(1);
    struct lock_place *second = enter(2);

    assert_true(lock_desk_await(first, 0));
    lock_desk_not_yet(first, 60000);
    assert_false(is_due_within(first, soon_ms));
    acknowledge(0);
    assert_true(is_due_within(first, long_ms));
    lock_desk_not_yet(first, 60000);
    assert_false(is_due_within(second, soon_ms));
    send_message(0);
    usleep(50000); /* as a rule heard by now, and the first never looks again */
    talloc_free(first);
    assert_true(is_due_within(second, long_ms));
    lock_desk_not_yet(second, 60000);
    assert_false(lock_desk_await(second, 0));
    talloc_free(second);
}

static void who_moves_up_knows_how_long_the_lock_is_taken(void **state)
{
    (void)state;
    struct lock_place *first = enter(1);
    struct lock_place *second = enter(2);

    assert_true(lock_desk_await(first, 0));
    lock_desk_have(first, 1, 500);
    assert_false(is_due_within(second, soon_ms)); /* not a question too many */
    assert_true(is_due_within(second, long_ms));
    talloc_free(first);
    talloc_free(second);
}

static void who_has_it_does_not_stand_in_line_for_it(void **state)
{
    (void)state;
    struct lock_place *outer = enter(1);

    assert_true(lock_desk_await(outer, 0));
    lock_desk_have(outer, 1, 60000);
    struct lock_place *waiter = enter(2);
    struct lock_place *inner = enter(1);
    assert_false(lock_desk_await(waiter, 0));
    assert_true(lock_desk_await(inner, 0));
    assert_int_equal(lock_desk_takes(inner), 1);
    lock_desk_have(inner, 1, 60000);
    assert_int_equal(lock_desk_takes(outer), 2);
    assert_int_equal(lock_desk_give(inner), 1);
    talloc_free(inner);
    assert_int_equal(lock_desk_give(outer), 0);
    talloc_free(outer);
    talloc_free(waiter);
}

static void who_lost_it_and_asks_again_stands_behind_the_others(void **state)
{
    (void)state;
    struct lock_place *outer = enter(1);

    assert_true(lock_desk_await(outer, 0));
    lock_desk_have(outer, 1, 1);
    struct lock_place *waiter = enter(2);
    struct lock_place *inner = enter(1);
    assert_true(lock_desk_await(inner, 0));
    lock_desk_not_yet(inner, 60000);
    assert_int_equal(lock_desk_takes(inner), 0);
    assert_false(lock_desk_await(inner, 0));
    talloc_free(waiter);
    talloc_free(outer);
    assert_int_equal(lock_desk_takes(inner), 0);
    talloc_free(inner);
}

static void a_late_release_leaves_the_next_hold_alone(void **state)
{
    (void)state;
    struct lock_place *late = enter(1);

    assert_true(lock_desk_await(late, 0));
    lock_desk_have(late, 1, 1);
    struct lock_place *next = enter(2);
    usleep(5000);
    assert_true(lock_desk_await(next, 0));
    lock_desk_have(next, 2, 60000);
    assert_int_equal(lock_desk_give(late), 0);
    talloc_free(late);
    assert_int_equal(lock_desk_takes(next), 1);
    talloc_free(next);
}

static void a_full_line_takes_nobody(void **state)
{
    (void)state;
    struct lock_place *place[3];

    for (size_t i = 0; i < 3; i++)
        place[i] = must(lock_desk_enter(desk, NULL, "seat", i + 1, 3));
    assert_null(lock_desk_enter(desk, NULL, "seat", 4, 3));
    talloc_free(lock_desk_enter(desk, NULL, "another", 4, 3));
    talloc_free(place[1]);
    place[1] = must(lock_desk_enter(desk, NULL, "seat", 4, 3));
    for (size_t i = 0; i < 3; i++)
        talloc_free(place[i]);
}

static void a_lost_link_is_made_anew_and_is_news(void **state)
{
    (void)state;
    struct lock_place *first = enter(1);

    assert_true(lock_desk_await(first, 0));
    lock_desk_not_yet(first, 60000);
    assert_false(is_due_within(first, soon_ms));
    acknowledge(0);
    assert_true(is_due_within(first, long_ms));
    lock_desk_not_yet(first, 60000);
    shutdown(far_end[0], SHUT_RDWR);
    assert_true(is_due_within(first, long_ms)); /* something may have been missed */
    lock_desk_not_yet(first, 60000);
    acknowledge(1);
    assert_true(is_due_within(first, long_ms)); /* and again between that and the new subscription */
    lock_desk_not_yet(first, 60000);
    assert_false(is_due_within(first, soon_ms));
    send_message(1);
    assert_true(is_due_within(first, long_ms));
    talloc_free(first);
}

static void a_channel_is_left_when_nobody_came_back(void **state)
{
    (void)state;
    struct lock_place *first = enter(1);

    assert_true(lock_desk_await(first, 0));
    lock_desk_not_yet(first, 60000);
    assert_false(is_due_within(first, soon_ms));
    acknowledge(0);
    assert_true(is_due_within(first, long_ms));
    talloc_free(first);
    hear(0, "UNSUBSCRIBE", CHANNEL);
}

/* Many at once */

static void *stand_and_leave(void *arg)
{
    uint64_t owner = lock_desk_number(desk);
    char name[16];

    (void)arg;
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof(name), "name%d", i % 7);
        struct lock_place *place = lock_desk_enter(desk, NULL, name, owner, 4);
        if (place == NULL)
            continue;
        if (lock_desk_await(place, clock_steady_ns() + 100000)) {
            lock_desk_have(place, owner, 1000);
            assert_int_equal(lock_desk_give(place), 0);
        }
        talloc_free(place);
    }
    return NULL;
}

static void many_come_and_go_at_once(void **state)
{
    (void)state;
    pthread_t thread[8];

    for (size_t i = 0; i < 8; i++)
        pthread_create(&thread[i], NULL, stand_and_leave, NULL);
    for (size_t i = 0; i < 8; i++)
        pthread_join(thread[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_in_line_asks_at_once_and_only_the_first, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_message_moves_the_first_and_only_once, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(an_acknowledgement_is_news, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(the_holders_time_is_slept_out, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(deaf_ears_make_the_first_look_from_time_to_time, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(news_stays_with_the_line_when_its_first_gives_up, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(who_moves_up_knows_how_long_the_lock_is_taken, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(who_has_it_does_not_stand_in_line_for_it, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(who_lost_it_and_asks_again_stands_behind_the_others, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_late_release_leaves_the_next_hold_alone, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_full_line_takes_nobody, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_lost_link_is_made_anew_and_is_news, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_channel_is_left_when_nobody_came_back, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(many_come_and_go_at_once, open_desk, close_desk),
    };

    return cmocka_run_group_tests_name("lock desk", tests, NULL, NULL);
}
