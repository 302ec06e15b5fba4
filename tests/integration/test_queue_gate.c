#include "tests/integration/fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "domain/admission.h"
#include "domain/queue.h"
#include "store/seat_holds.h"

enum { FANS = 12, CAPACITY = 5, A_SECOND_MS = 1000 };

static enum place_state state_of(struct fixture *fixture, uint64_t concert_id, uint64_t account_id)
{
    struct call call = fixture_call(fixture, account_id);
    struct queue_place own;

    assert_int_equal(queue_find(&call, concert_id, &own), OUTCOME_DONE);
    return own.place.state;
}

static void join_first(struct fixture *fixture, uint64_t concert_id, uint64_t fans)
{
    for (uint64_t account = 1; account <= fans; account++) {
        struct call call = fixture_call(fixture, account);
        struct queue_place own;
        assert_int_equal(queue_join(&call, concert_id, NULL, &own), OUTCOME_DONE);
    }
}

static void join_all(struct fixture *fixture, uint64_t concert_id)
{
    join_first(fixture, concert_id, FANS);
}

static size_t admitted_count(struct fixture *fixture, uint64_t concert_id)
{
    size_t count = 0;

    for (uint64_t account = 1; account <= FANS; account++)
        count += state_of(fixture, concert_id, account) == PLACE_ADMITTED;
    return count;
}

static void every_running_concert_is_admitted_and_shown(void **state)
{
    struct fixture *fixture = *state;
    uint64_t first = fixture_concert(fixture, 5, 10, 1000, CAPACITY);
    uint64_t second = fixture_concert(fixture, 5, 10, 1000, CAPACITY);
    struct whole_gate gate = whole_gate_new(fixture->mem, fixture->store);

    join_all(fixture, first);
    join_all(fixture, second);
    whole_gate_round(&gate, clock_now_ms());
    assert_int_equal(admitted_count(fixture, first), CAPACITY);
    assert_int_equal(admitted_count(fixture, second), CAPACITY);
    struct counters_concert *row = counters_concert(fixture->store->counters, second, clock_now_ms());
    assert_int_equal(row->waiting, FANS - CAPACITY);
    assert_int_equal(row->admitted, CAPACITY);
}

/* Rounds come five times a second, so a thousand fans may enter in one. */
static void a_thousand_are_admitted_in_one_round(void **state)
{
    enum { THOUSAND = 1000 };
    struct fixture *fixture = *state;
    uint64_t concert_id = fixture_concert(fixture, 20, 50, 1000, THOUSAND);
    struct whole_gate gate = whole_gate_new(fixture->mem, fixture->store);

    join_first(fixture, concert_id, THOUSAND);
    whole_gate_round(&gate, clock_now_ms());
    struct counters_concert *row = counters_concert(fixture->store->counters, concert_id, clock_now_ms());
    assert_int_equal(row->admitted, THOUSAND);
    assert_int_equal(row->waiting, 0);
}

static void two_gates_together_stay_below_the_capacity(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert_id = fixture_concert(fixture, 5, 10, 1000, CAPACITY);
    struct whole_gate one = whole_gate_new(fixture->mem, fixture->store);
    struct whole_gate other = whole_gate_new(fixture->mem, fixture->store);

    join_all(fixture, concert_id);
    for (int i = 0; i < 5; i++) {
        whole_gate_round(&one, clock_now_ms());
        whole_gate_round(&other, clock_now_ms());
    }
    assert_int_equal(admitted_count(fixture, concert_id), CAPACITY);
}

static void a_concert_that_is_new_is_found_within_a_second(void **state)
{
    struct fixture *fixture = *state;
    struct whole_gate gate = whole_gate_new(fixture->mem, fixture->store);
    int64_t now_ms = clock_now_ms();

    whole_gate_round(&gate, now_ms);
    uint64_t concert_id = fixture_concert(fixture, 5, 10, 1000, CAPACITY);
    join_all(fixture, concert_id);
    whole_gate_round(&gate, now_ms + A_SECOND_MS / 2);
    assert_int_equal(admitted_count(fixture, concert_id), 0);
    whole_gate_round(&gate, now_ms + A_SECOND_MS);
    assert_int_equal(admitted_count(fixture, concert_id), CAPACITY);
}

static void redis_is_brought_in_line_with_mysql(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert_id = fixture_concert(fixture, 5, 10, 1000, CAPACITY);
    struct whole_gate gate = whole_gate_new(fixture->mem, fixture->store);
    char command[100];

    join_all(fixture, concert_id);
    snprintf(command, sizeof(command), "SETBIT sold:{c%" PRIu64 "} 7 1", concert_id);
    fixture_redis(fixture, command);
    whole_gate_round(&gate, clock_now_ms());
    snprintf(command, sizeof(command), "GETBIT sold:{c%" PRIu64 "} 7", concert_id);
    assert_int_equal(fixture_redis(fixture, command), 0);
}

static void holds_that_ran_out_and_dead_sessions_are_tidied_away(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert_id = fixture_concert(fixture, 5, 10, 1000, CAPACITY);
    struct whole_gate gate = whole_gate_new(fixture->mem, fixture->store);
    char command[100];

    join_all(fixture, concert_id);
    whole_gate_round(&gate, clock_now_ms());
    snprintf(command, sizeof(command), "HSET concert:{c%" PRIu64 "} hold_ttl_ms 10", concert_id);
    fixture_redis(fixture, command);
    struct call call = fixture_call(fixture, 1);
    struct seat_holds holds;
    assert_int_equal(seat_holds_place(&call, concert_id, (uint32_t[]){7}, 1, 1, &holds), OUTCOME_DONE);
    fixture_redis(fixture, "ZADD revoked:{all} 1 aa");
    usleep(20000);
    whole_gate_round(&gate, clock_now_ms() + fixture->config->gate_sync_ms);
    snprintf(command, sizeof(command), "GETBIT hold_bits:{c%" PRIu64 "} 7", concert_id);
    assert_int_equal(fixture_redis(fixture, command), 0);
    assert_int_equal(fixture_redis(fixture, "ZCARD revoked:{all}"), 0);
}

static void a_round_without_redis_fails_quickly_and_the_next_one_goes_on(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert_id = fixture_concert(fixture, 5, 10, 1000, CAPACITY);
    const char *socket = fixture->config->redis_socket;
    struct whole_gate gate = whole_gate_new(fixture->mem, fixture->store);

    join_all(fixture, concert_id);
    fixture->config->redis_socket = "/nonexistent";
    struct store *lost = fixture_store(fixture);
    struct whole_gate blind = whole_gate_new(fixture->mem, lost);
    int64_t started_ns = clock_steady_ns();
    whole_gate_round(&blind, clock_now_ms());
    assert_true(clock_steady_ns() - started_ns < INT64_C(3000000000));
    fixture->config->redis_socket = socket;
    usleep(150000);
    whole_gate_round(&blind, clock_now_ms());
    assert_int_equal(admitted_count(fixture, concert_id), CAPACITY);
    whole_gate_round(&gate, clock_now_ms());
    talloc_free(lost);
}

static void admission_goes_on_while_mysql_is_away(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert_id = fixture_concert(fixture, 5, 10, 1000, CAPACITY);
    const char *socket = fixture->config->mysql_socket;
    struct store *lost = fixture_store(fixture);
    struct upkeep *upkeep = upkeep_new(fixture->mem, fixture->store);
    struct gate *gate = gate_new(fixture->mem, lost, upkeep);

    upkeep_round(upkeep, clock_now_ms());
    join_all(fixture, concert_id);
    fixture->config->mysql_socket = "/nonexistent";
    gate_round(gate, clock_now_ms());
    fixture->config->mysql_socket = socket;
    assert_int_equal(admitted_count(fixture, concert_id), CAPACITY);
    talloc_free(gate);
    talloc_free(lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(every_running_concert_is_admitted_and_shown),
        TEST(a_thousand_are_admitted_in_one_round),
        TEST(two_gates_together_stay_below_the_capacity),
        TEST(a_concert_that_is_new_is_found_within_a_second),
        TEST(redis_is_brought_in_line_with_mysql),
        TEST(holds_that_ran_out_and_dead_sessions_are_tidied_away),
        TEST(admission_goes_on_while_mysql_is_away),
        TEST(a_round_without_redis_fails_quickly_and_the_next_one_goes_on),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
