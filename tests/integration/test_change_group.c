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

enum { PRICE = 70000, FANS = 6, ANSWER_MAX = 500, PATIENCE_MS = 5000 };

/* One who keeps all connections busy until the others stand in line for one, and the others. */
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

static void keep_busy(struct gather *changes, atomic_bool *busy)
{
    struct gather_piece own[CHANGE_GROUPS_MAX] = {0};
    struct gather_piece *pieces[CHANGES_TOGETHER_MAX];
    int64_t until_ms = clock_now_ms() + PATIENCE_MS;

    for (size_t i = 0; i < CHANGE_GROUPS_MAX; i++)
        gather(changes, &own[i], 0, pieces);
    atomic_store(busy, true);
    /* On a machine that is too slow for it some have gone alone: that must come to the same. */
    while (gather_waiting(changes) < FANS && clock_now_ms() < until_ms)
        usleep(1000);
    for (size_t i = 0; i < CHANGE_GROUPS_MAX; i++)
        gather_done(changes, (struct gather_piece *[]){&own[i]}, 1);
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

static int64_t together(const struct fixture *fixture)
{
    return (int64_t)atomic_load(&fixture->shared->counters->total[COUNTER_changes_together]);
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

static void each_of_a_group_has_its_own_answer(void **state)
{
    struct fixture *fixture = *state;
    int64_t before = together(fixture);

    for (int tries = 0; tries < 20 && together(fixture) == before; tries++) {
        struct crowd crowd = {0};
        gather_fans(fixture, &crowd);
        money_crowd(fixture->shared, FANS + 1, act, &crowd);
        assert_all_done(fixture, &crowd);
    }
    assert_true(together(fixture) > before);
}

static void who_is_refused_takes_nobody_along(void **state)
{
    struct fixture *fixture = *state;
    struct crowd crowd = {0};

    gather_fans(fixture, &crowd);
    /* The first has too few points; the seat of the third was sold to somebody, which Redis does not know. */
    struct call call = money_call(fixture, crowd.fans[0].account_id, "before", "");
    money_hold(&call, crowd.concert_id, 9);
    assert_int_equal(money_pay(&call, crowd.concert_id, 9, NULL), OUTCOME_DONE);
    money_enter(&call, crowd.concert_id);
    money_hold(&call, crowd.concert_id, 1);
    char *steal = must(talloc_asprintf(fixture->mem,
                                       "INSERT INTO reservation (reservation_number, account_id, concert_id, seat, "
                                       "price, payment_id, paid_at) SELECT '%s', account_id, concert_id, 3, 0, "
                                       "payment_id, paid_at FROM payment LIMIT 1",
                                       money_number(&call, crowd.concert_id, 3)));
    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, steal, NULL), 0);
    money_crowd(fixture->shared, FANS + 1, act, &crowd);
    assert_int_equal(crowd.fans[0].outcome, OUTCOME_POINTS_TOO_FEW);
    assert_int_equal(crowd.fans[2].outcome, OUTCOME_SEAT_TAKEN);
    for (size_t i = 0; i < FANS; i++)
        if (i != 0 && i != 2)
            assert_int_equal(crowd.fans[i].outcome, OUTCOME_DONE);
    assert_int_equal(money_points(fixture, crowd.fans[0].account_id), 0);
    assert_int_equal(money_points(fixture, crowd.fans[2].account_id), PRICE);
    sql_run(fixture->store->mysql, fixture->mem, "DELETE FROM reservation WHERE seat = 3", NULL);
}

static void cut_the_group(struct fixture *fixture, enum wire_cut moment)
{
    struct wire *wire = wire_open(fixture->config->mysql_socket);
    void *mem = talloc_new(NULL);
    struct config *config = must(talloc_memdup(mem, fixture->config, sizeof(*config)));
    struct crowd crowd = {0};

    config->mysql_socket = must(talloc_strdup(config, wire_path(wire)));
    gather_fans(fixture, &crowd);
    wire_cut_next(wire, moment, false);
    money_crowd(must(store_shared_new(mem, config)), FANS + 1, act, &crowd);
    assert_int_equal(wire_cuts(wire), 1);
    assert_all_done(fixture, &crowd);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM payment"), FANS / 2);
    talloc_free(mem);
    wire_close(wire);
}

static void a_group_whose_commit_is_not_answered_was_made_once(void **state)
{
    cut_the_group(*state, WIRE_CUT_AFTER_COMMIT);
}

static void a_group_whose_commit_never_arrives_is_made_again(void **state)
{
    cut_the_group(*state, WIRE_CUT_BEFORE_COMMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(each_of_a_group_has_its_own_answer),
        TEST(who_is_refused_takes_nobody_along),
        TEST(a_group_whose_commit_is_not_answered_was_made_once),
        TEST(a_group_whose_commit_never_arrives_is_made_again),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
