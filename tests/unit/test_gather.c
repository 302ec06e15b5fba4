#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <talloc.h>
#include <unistd.h>

#include "base/gather.h"
#include "tests/unit/unit.h"

enum { TOGETHER = 4, THREADS = 12, TURNS = 2000, LONG_MS = 60000, SHORT_MS = 20 };

struct crowd {
    struct gather *gather;
    pthread_barrier_t gate;
    atomic_int leading;
    atomic_int most_leading;
    atomic_int biggest;
};

struct one {
    pthread_t thread;
    struct crowd *crowd;
    int done; /* written by whoever does the work, read by the thread itself */
};

static void note_most(atomic_int *most, int now)
{
    int before = atomic_load(most);

    while (now > before && !atomic_compare_exchange_weak(most, &before, now))
        continue;
}

static void *take_turns(void *args)
{
    struct one *one = args;
    struct crowd *crowd = one->crowd;

    for (int turn = 1; turn <= TURNS; turn++) {
        struct gather_piece *pieces[TOGETHER];
        struct gather_piece piece = {.work = one};
        int count = gather(crowd->gather, &piece, LONG_MS, pieces);
        if (count > 0) {
            note_most(&crowd->most_leading, atomic_fetch_add(&crowd->leading, 1) + 1);
            note_most(&crowd->biggest, count);
            for (int i = 0; i < count; i++)
                ((struct one *)pieces[i]->work)->done++;
            atomic_fetch_sub(&crowd->leading, 1);
            gather_done(crowd->gather, pieces, count);
        }
        if (one->done != turn)
            return "a piece was not done once";
    }
    return NULL;
}

static void every_piece_is_done_once_by_one_at_a_time(void **state)
{
    struct crowd crowd = {.gather = gather_new(*state, TOGETHER)};
    struct one ones[THREADS] = {0};

    for (int i = 0; i < THREADS; i++) {
        ones[i].crowd = &crowd;
        assert_int_equal(pthread_create(&ones[i].thread, NULL, take_turns, &ones[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *complaint;
        pthread_join(ones[i].thread, &complaint);
        assert_null(complaint);
        assert_int_equal(ones[i].done, TURNS);
    }
    assert_int_equal(atomic_load(&crowd.most_leading), 1);
    assert_true(atomic_load(&crowd.biggest) <= TOGETHER);
}

static void who_comes_while_nobody_works_leads_alone(void **state)
{
    struct gather *one = gather_new(*state, TOGETHER);

    for (int i = 0; i < 3; i++) {
        struct gather_piece *pieces[TOGETHER];
        struct gather_piece piece = {0};
        assert_int_equal(gather(one, &piece, LONG_MS, pieces), 1);
        assert_ptr_equal(pieces[0], &piece);
        gather_done(one, pieces, 1);
    }
}

struct waiter {
    pthread_t thread;
    struct gather *gather;
    struct gather_piece piece;
    struct gather_piece *pieces[TOGETHER];
    int count;
};

static void *wait_for_a_turn(void *args)
{
    struct waiter *waiter = args;

    waiter->count = gather(waiter->gather, &waiter->piece, LONG_MS, waiter->pieces);
    if (waiter->count > 0)
        gather_done(waiter->gather, waiter->pieces, waiter->count);
    return NULL;
}

static void what_came_meanwhile_is_taken_along_up_to_the_limit(void **state)
{
    struct gather *one = gather_new(*state, TOGETHER);
    struct gather_piece *pieces[TOGETHER];
    struct gather_piece busy = {0};
    struct waiter waiters[TOGETHER + 2];
    int led = 0;
    int done = 0;

    assert_int_equal(gather(one, &busy, LONG_MS, pieces), 1);
    for (int i = 0; i < TOGETHER + 2; i++) {
        waiters[i] = (struct waiter){.gather = one};
        assert_int_equal(pthread_create(&waiters[i].thread, NULL, wait_for_a_turn, &waiters[i]), 0);
        while (gather_waiting(one) != (size_t)i + 1)
            usleep(100);
    }
    gather_done(one, pieces, 1);
    for (int i = 0; i < TOGETHER + 2; i++) {
        pthread_join(waiters[i].thread, NULL);
        led += waiters[i].count > 0;
        done += waiters[i].count;
    }
    /* The first took three along, the fifth the sixth. */
    assert_int_equal(waiters[0].count, TOGETHER);
    assert_int_equal(waiters[TOGETHER].count, 2);
    assert_int_equal(led, 2);
    assert_int_equal(done, TOGETHER + 2);
}

/* One who has something else to wait for keeps nobody, and when that is over does not work beside the others. */
static void who_waits_in_vain_works_beside_the_one_who_is_stuck(void **state)
{
    struct gather *one = gather_new(*state, TOGETHER);
    struct gather_piece *pieces[3][TOGETHER];
    struct gather_piece stuck = {0};
    struct gather_piece second = {0};
    struct gather_piece third = {0};
    struct waiter waiter = {.gather = one};

    assert_int_equal(gather(one, &stuck, LONG_MS, pieces[0]), 1);
    assert_int_equal(gather(one, &second, SHORT_MS, pieces[1]), 1);
    assert_ptr_equal(pieces[1][0], &second);
    assert_int_equal(pthread_create(&waiter.thread, NULL, wait_for_a_turn, &waiter), 0);
    while (gather_waiting(one) != 1)
        usleep(100);
    gather_done(one, pieces[0], 1);
    assert_int_equal(gather_waiting(one), 1);
    gather_done(one, pieces[1], 1);
    pthread_join(waiter.thread, NULL);
    assert_int_equal(waiter.count, 1);
    assert_int_equal(gather(one, &third, LONG_MS, pieces[2]), 1);
    gather_done(one, pieces[2], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_is_done_once_by_one_at_a_time),
        cmocka_unit_test(who_comes_while_nobody_works_leads_alone),
        cmocka_unit_test(who_waits_in_vain_works_beside_the_one_who_is_stuck),
        cmocka_unit_test(what_came_meanwhile_is_taken_along_up_to_the_limit),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
