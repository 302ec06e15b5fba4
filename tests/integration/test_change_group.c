/* Changes of points that come at once and share a transaction. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/gather.h"
#include "base/must.h"
#include "domain/payment.h"
#include "domain/points.h"
#include "store/mysql.h"
#include "tests/integration/money.h"
#include "tests/integration/wire.h"

enum { PRICE = 70000, FANS = 6, ANSWER_MAX = 500, PATIENCE_MS = 5000, TRIES_MAX = 20 };

/* One who works until the others stand in line, and the others. */
struct crowd {
    uint64_t concert_id;
    atomic_bool busy;
    struct {
        uint64_t account_id;
        uint32_t seat; /* 0: charges instead */
        enum outcome outcome;
        char answer[ANSWER_MAX];
    } fans[FANS];
};

static void wait_until_waiting(struct gather *changes, size_t count)
{
    int64_t until_ms = clock_now_ms() + PATIENCE_MS;

    while (gather_waiting(changes) != count && clock_now_ms() < until_ms)
        usleep(1000);
}

/* All who wait when the one who works is done are taken along by the first of them. */
static void keep_busy(struct gather *changes, atomic_bool *busy)
{
    struct gather_piece own = {0};
    struct gather_piece *pieces[CHANGES_TOGETHER_MAX];
    int count = gather(changes, &own, 0, pieces);

    atomic_store(busy, true);
    wait_until_waiting(changes, FANS);
    gather_done(changes, pieces, count);
}

static void act(struct call *call, size_t index, void *args)
{
    struct crowd *crowd = args;
    const char *answer = "";
    char key[32];

    if (index == FANS) {
        keep_busy(call->store->changes, &crowd->busy);
        return;
    }
    while (!atomic_load(&crowd->busy))
        usleep(100);
    snprintf(key, sizeof(key), "key %zu", index);
    money_become(call, crowd->fans[index].account_id, key, "body");
    crowd->fans[index].outcome = crowd->fans[index].seat == 0
                                     ? points_charge(call, 5, &answer)
                                     : money_pay(call, crowd->concert_id, crowd->fans[index].seat, &answer);
    snprintf(crowd->fans[index].answer, ANSWER_MAX, "%s", answer == NULL ? "" : answer);
}

/* Half of the fans hold a seat each, with the points for it; the others charge. */
static void gather_fans(struct fixture *fixture, struct crowd *crowd)
{
    crowd->concert_id = fixture_concert(fixture, 1, 10, PRICE, 10);
    for (uint32_t i = 0; i < FANS; i++) {
        crowd->fans[i].account_id = fixture_account(fixture, PRICE);
        crowd->fans[i].seat = i % 2 == 0 ? i + 1 : 0;
        if (crowd->fans[i].seat == 0)
            continue;
        struct call call = money_call(fixture, crowd->fans[i].account_id, "", "");
        money_enter(&call, crowd->concert_id);
        money_hold(&call, crowd->concert_id, crowd->fans[i].seat);
    }
}

/*
 * Let them act at once, and say whether all of them were in one group: on a slow machine some may have gone alone.
 * Those whose COMMIT never arrived may form another one.
 */
static bool act_together(struct store_shared *shared, struct crowd *crowd)
{
    uint64_t before = atomic_load(&shared->counters->total[COUNTER_changes_together]);

    money_crowd(shared, FANS + 1, act, crowd);
    return atomic_load(&shared->counters->total[COUNTER_changes_together]) - before >= FANS;
}

static void assert_all_done(struct fixture *fixture, const struct crowd *crowd)
{
    for (size_t i = 0; i < FANS; i++) {
        int64_t balance = crowd->fans[i].seat == 0 ? PRICE + 5 : 0;
        char expected[64];
        assert_int_equal(crowd->fans[i].outcome, OUTCOME_DONE);
        snprintf(expected, sizeof(expected), "\"balance\":%" PRId64, balance);
        assert_non_null(strstr(crowd->fans[i].answer, expected));
        assert_int_equal(money_points(fixture, crowd->fans[i].account_id), balance);
    }
}

/* Try until they were one group; what came of it must be the same in any case. */
static void try_as_a_group(struct fixture *fixture, bool (*try_once)(struct fixture *fixture))
{
    bool group = false;

    for (int tries = 0; tries < TRIES_MAX && !group; tries++)
        group = try_once(fixture);
    assert_true(group);
}

static bool all_at_once(struct fixture *fixture)
{
    struct crowd crowd = {0};

    gather_fans(fixture, &crowd);
    bool group = act_together(fixture->shared, &crowd);
    assert_all_done(fixture, &crowd);
    /* Once more, with the same keys: each is told its own answer again. */
    struct crowd again = crowd;
    atomic_store(&again.busy, false);
    money_crowd(fixture->shared, FANS + 1, act, &again);
    for (size_t i = 0; i < FANS; i++)
        assert_string_equal(again.fans[i].answer, crowd.fans[i].answer);
    assert_all_done(fixture, &again);
    return group;
}

static void each_of_a_group_has_its_own_answer(void **state)
{
    try_as_a_group(*state, all_at_once);
}

static void run_sql(struct fixture *fixture, struct store *store, const char *sql)
{
    assert_int_equal(sql_run(store->mysql, fixture->mem, sql, NULL), 0);
}

static void sell_behind_redis(struct fixture *fixture, const char *number, uint64_t concert_id, uint32_t seat)
{
    run_sql(fixture, fixture->store,
            must(talloc_asprintf(fixture->mem,
                                 "INSERT INTO reservation (reservation_number, account_id, concert_id, seat, price, "
                                 "payment_id, paid_at) SELECT '%s', account_id, %" PRIu64 ", %" PRIu32
                                 ", 0, payment_id, paid_at FROM payment LIMIT 1",
                                 number, concert_id, seat)));
}

/* The first has too few points, the second used its key before, and the seat of the third is sold. */
static bool three_are_in_the_way(struct fixture *fixture)
{
    struct crowd crowd = {0};
    const char *answer;

    gather_fans(fixture, &crowd);
    uint64_t concert = crowd.concert_id;
    struct call poor = money_call(fixture, crowd.fans[0].account_id, "before", "");
    money_hold(&poor, concert, 9);
    assert_int_equal(money_pay(&poor, concert, 9, NULL), OUTCOME_DONE);
    money_enter(&poor, concert);
    money_hold(&poor, concert, crowd.fans[0].seat);
    struct call again = money_call(fixture, crowd.fans[1].account_id, "key 1", "body");
    assert_int_equal(points_charge(&again, 5, &answer), OUTCOME_DONE);
    sell_behind_redis(fixture, money_number(&poor, concert, crowd.fans[2].seat), concert, crowd.fans[2].seat);
    bool group = act_together(fixture->shared, &crowd);
    assert_int_equal(crowd.fans[0].outcome, OUTCOME_POINTS_TOO_FEW);
    assert_string_equal(crowd.fans[1].answer, answer);
    assert_int_equal(crowd.fans[2].outcome, OUTCOME_SEAT_TAKEN);
    assert_int_equal(money_points(fixture, crowd.fans[0].account_id), 0);
    assert_int_equal(money_points(fixture, crowd.fans[1].account_id), PRICE + 5);
    assert_int_equal(money_points(fixture, crowd.fans[2].account_id), PRICE);
    for (size_t i = 3; i < FANS; i++)
        assert_int_equal(crowd.fans[i].outcome, OUTCOME_DONE);
    run_sql(fixture, fixture->store, "DELETE FROM reservation WHERE price = 0");
    return group;
}

static void who_is_refused_takes_nobody_along(void **state)
{
    try_as_a_group(*state, three_are_in_the_way);
}

/* Somebody who died at a bad moment has the account's row of one of them. */
static bool one_row_is_locked(struct fixture *fixture)
{
    struct store *other = fixture_store(fixture);
    struct crowd crowd = {0};

    gather_fans(fixture, &crowd);
    run_sql(fixture, other, "START TRANSACTION");
    run_sql(fixture, other,
            must(talloc_asprintf(fixture->mem, "UPDATE account SET name = 'X' WHERE account_id = %" PRIu64,
                                 crowd.fans[1].account_id)));
    bool group = act_together(fixture->shared, &crowd);
    run_sql(fixture, other, "ROLLBACK");
    talloc_free(other);
    assert_int_equal(crowd.fans[1].outcome, OUTCOME_UNAVAILABLE);
    for (size_t i = 0; i < FANS; i++)
        if (i != 1)
            assert_int_equal(crowd.fans[i].outcome, OUTCOME_DONE);
    assert_int_equal(money_points(fixture, crowd.fans[1].account_id), PRICE);
    return group;
}

static void a_row_that_is_locked_stops_its_owner_alone(void **state)
{
    try_as_a_group(*state, one_row_is_locked);
}

static bool cut(struct fixture *fixture, enum wire_cut moment)
{
    struct wire *wire = wire_open(fixture->config->mysql_socket);
    void *mem = talloc_new(NULL);
    struct config *config = must(talloc_memdup(mem, fixture->config, sizeof(*config)));
    struct crowd crowd = {0};

    config->mysql_socket = must(talloc_strdup(config, wire_path(wire)));
    gather_fans(fixture, &crowd);
    int64_t payments = fixture_number(fixture, "SELECT COUNT(*) FROM payment");
    wire_cut_next(wire, moment, false);
    bool group = act_together(must(store_shared_new(mem, config)), &crowd);
    assert_int_equal(wire_cuts(wire), 1);
    assert_all_done(fixture, &crowd);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM payment"), payments + FANS / 2);
    talloc_free(mem);
    wire_close(wire);
    return group;
}

static bool cut_after_commit(struct fixture *fixture)
{
    return cut(fixture, WIRE_CUT_AFTER_COMMIT);
}

static bool cut_before_commit(struct fixture *fixture)
{
    return cut(fixture, WIRE_CUT_BEFORE_COMMIT);
}

static void a_group_whose_commit_is_not_answered_was_made_once(void **state)
{
    try_as_a_group(*state, cut_after_commit);
}

static void a_group_whose_commit_never_arrives_is_made_again(void **state)
{
    try_as_a_group(*state, cut_before_commit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(each_of_a_group_has_its_own_answer),
        TEST(who_is_refused_takes_nobody_along),
        TEST(a_row_that_is_locked_stops_its_owner_alone),
        TEST(a_group_whose_commit_is_not_answered_was_made_once),
        TEST(a_group_whose_commit_never_arrives_is_made_again),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
