#include "tests/integration/fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "domain/board.h"
#include "domain/concert.h"
#include "domain/queue.h"
#include "domain/queue_ticket.h"
#include "store/concert_scripts.h"
#include "store/concert_warm_up.h"
#include "store/queues.h"
#include "store/queues_series.h"
#include "store/redis.h"
#include "store/seat_holds.h"
#include "tests/integration/money.h"

enum { ROWS = 5, IN_ROW = 10, CAPACITY = 3 };

struct stage {
    struct fixture *fixture;
    uint64_t concert_id;
};

static struct stage stage_of(void **state, int64_t capacity)
{
    struct fixture *fixture = *state;

    return (struct stage){fixture, fixture_concert(fixture, ROWS, IN_ROW, 1000, capacity)};
}

static long long redis(const struct stage *stage, const char *format, ...)
{
    char command[512];
    va_list args;

    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    return fixture_redis(stage->fixture, command);
}

/* Change one part of the policy in Redis alone, as if an operator had. */
static void set_policy(const struct stage *stage, const char *name, const char *value)
{
    redis(stage, "HSET concert:{c%" PRIu64 "} %s %s", stage->concert_id, name, value);
}

static struct queue_place join(const struct stage *stage, uint64_t account_id)
{
    struct call call = fixture_call(stage->fixture, account_id);
    struct queue_place own;

    assert_int_equal(queue_join(&call, stage->concert_id, NULL, &own), OUTCOME_DONE);
    return own;
}

static enum outcome join_outcome(const struct stage *stage, uint64_t account_id)
{
    struct call call = fixture_call(stage->fixture, account_id);
    struct queue_place own;

    return queue_join(&call, stage->concert_id, NULL, &own);
}

static struct queue_place join_with(const struct stage *stage, uint64_t account_id, const char *ticket)
{
    struct call call = fixture_call(stage->fixture, account_id);
    struct queue_place own;

    assert_int_equal(queue_join(&call, stage->concert_id, ticket, &own), OUTCOME_DONE);
    return own;
}

static struct queue_place find(const struct stage *stage, uint64_t account_id)
{
    struct call call = fixture_call(stage->fixture, account_id);
    struct queue_place own;

    assert_int_equal(queue_find(&call, stage->concert_id, &own), OUTCOME_DONE);
    return own;
}

static enum place_state state_of(const struct stage *stage, uint64_t account_id)
{
    return find(stage, account_id).place.state;
}

static void leave(const struct stage *stage, uint64_t account_id)
{
    struct call call = fixture_call(stage->fixture, account_id);

    assert_int_equal(queue_leave(&call, stage->concert_id), OUTCOME_DONE);
}

static struct queue_step step_by(const struct stage *stage, size_t batch)
{
    struct call call = fixture_call(stage->fixture, 0);
    struct queue_step step;

    assert_int_equal(queues_admit(&call, stage->concert_id, batch, &step), OUTCOME_DONE);
    return step;
}

static struct queue_step step(const struct stage *stage)
{
    return step_by(stage, QUEUES_BATCH_MAX);
}

static struct board board(const struct stage *stage)
{
    struct call call = fixture_call(stage->fixture, 0);
    struct board seen;

    assert_int_equal(board_read(&call, stage->concert_id, &seen), OUTCOME_DONE);
    return seen;
}

/* The fan with this number counts as present for so long, or did so until so long ago. */
static void see(const struct stage *stage, uint64_t number, int64_t seconds)
{
    struct call call = fixture_call(stage->fixture, 0);

    redis(stage, "BITFIELD seen:{c%" PRIu64 "}:%" PRIu64 " SET u16 #%" PRIu64 " %" PRId64, stage->concert_id,
          number / 8192, number % 8192, (call.now_ms / 1000 + seconds) / 10 % 65536);
}

/* ---- joining ---- */

static void places_are_given_in_the_order_of_joining(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    for (uint64_t account = 1; account <= 12; account++) {
        struct queue_place own = join(&stage, account);
        assert_true(own.place.is_new);
        assert_int_equal(own.place.state, PLACE_WAITING);
        assert_int_equal(own.place.number, account);
        assert_int_equal(own.place.ahead, account - 1);
        assert_int_equal(own.place.deadline_ms, 0);
        assert_non_null(own.ticket);
        assert_true(own.next_poll_ms > 0);
    }
}

static void joining_again_keeps_the_place(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    join(&stage, 7);
    join(&stage, 8);
    struct queue_place again = join(&stage, 7);
    assert_false(again.place.is_new);
    assert_int_equal(again.place.number, 1);
    assert_int_equal(again.place.ahead, 0);
    assert_int_equal(board(&stage).waiting, 2);
}

static void joining_again_goes_to_the_back_where_the_concert_says_so(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    join(&stage, 7);
    set_policy(&stage, "rejoin", "refresh");
    assert_int_equal(join(&stage, 7).place.number, 1);
    join(&stage, 8);
    struct queue_place again = join(&stage, 7);
    assert_true(again.place.is_new);
    assert_int_equal(again.place.number, 3);
    assert_int_equal(again.place.ahead, 1);
    /* The answer was lost and the request comes again: nobody joined meanwhile, so nothing changes. */
    assert_int_equal(join(&stage, 7).place.number, 3);
}

/* However often it is lost, and however many join meanwhile: the ticket is that of the number before. */
static void an_answer_lost_again_and_again_costs_no_place_where_joining_renews_it(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    const char *ticket = join(&stage, 7).ticket;

    set_policy(&stage, "rejoin", "refresh");
    join(&stage, 8);
    struct queue_place renewed = join_with(&stage, 7, ticket);
    assert_int_equal(renewed.place.number, 3);
    for (uint64_t account = 9; account <= 12; account++) {
        join(&stage, account);
        assert_int_equal(join_with(&stage, 7, ticket).place.number, 3);
    }
    assert_int_equal(join_with(&stage, 7, renewed.ticket).place.number, 8);
}

static void join_many_times(struct call *call, size_t index, void *args)
{
    const struct stage *stage = args;
    struct queue_place own;

    /* Four devices of each of eight fans. */
    call->account_id = 1 + index % 8;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(queue_join(call, stage->concert_id, NULL, &own), OUTCOME_DONE);
        assert_true(own.place.number <= 8);
    }
}

static void an_account_has_one_place_over_all_its_devices(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    money_crowd(stage.fixture->shared, 32, join_many_times, &stage);
    assert_int_equal(board(&stage).waiting, 8);
    assert_int_equal(board(&stage).last, 8);
    assert_int_equal(redis(&stage, "HGET totals:{c%" PRIu64 "} joins", stage.concert_id), 8);
}

static void who_is_in_no_queue_is_told_so(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    struct queue_place own = find(&stage, 7);

    assert_int_equal(own.place.state, PLACE_NONE);
    assert_null(own.ticket);
    assert_true(own.place.now_ms > 0);
}

/* VERB NOUN:{c…} REST */
static void redis_says(const struct stage *stage, const char *verb, const char *noun, const char *rest)
{
    fixture_redis(stage->fixture,
                  talloc_asprintf(stage->fixture->mem, "%s %s:{c%" PRIu64 "} %s", verb, noun, stage->concert_id, rest));
}

/* A list in Lua ends at its first nil, so an answer may be shorter than its reader wants, and a word another. */
static void what_stands_wrong_in_redis_is_unavailable_and_ends_nothing(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    struct call call = fixture_call(stage.fixture, 1);
    struct queue_place own;
    struct board seen;

    join(&stage, 1);
    assert_int_equal(board_read(&call, stage.concert_id, &seen), OUTCOME_DONE);
    redis_says(&stage, "HSET", "concert", "state dancing");
    assert_int_equal(queue_find(&call, stage.concert_id, &own), OUTCOME_UNAVAILABLE);
    assert_int_equal(board_read(&call, stage.concert_id, &seen), OUTCOME_UNAVAILABLE);
    redis_says(&stage, "HSET", "concert", "state open");
    assert_int_equal(board_read(&call, stage.concert_id, &seen), OUTCOME_DONE);
}

static void an_unknown_concert_has_no_queue(void **state)
{
    struct stage stage = {*state, 999999};
    struct call call = fixture_call(*state, 7);
    struct queue_place own;
    struct board seen;

    assert_int_equal(join_outcome(&stage, 7), OUTCOME_NOT_FOUND);
    assert_int_equal(queue_find(&call, 999999, &own), OUTCOME_NOT_FOUND);
    assert_int_equal(queue_leave(&call, 999999), OUTCOME_NOT_FOUND);
    assert_int_equal(board_read(&call, 999999, &seen), OUTCOME_NOT_FOUND);
}

static void leaving_gives_the_place_up_and_leaving_twice_is_no_error(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    join(&stage, 7);
    join(&stage, 8);
    leave(&stage, 7);
    leave(&stage, 7);
    assert_int_equal(state_of(&stage, 7), PLACE_NONE);
    assert_int_equal(find(&stage, 8).place.ahead, 0);
    assert_int_equal(join(&stage, 7).place.number, 3);
}

static void a_closed_sale_takes_nobody_new_but_keeps_who_is_there(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    join(&stage, 7);
    set_policy(&stage, "state", "closed");
    assert_int_equal(join_outcome(&stage, 8), OUTCOME_CLOSED);
    assert_int_equal(join(&stage, 7).place.state, PLACE_WAITING);
    assert_int_equal(step(&stage).admitted, 0);
}

static void a_draining_queue_admits_its_line_and_takes_nobody_new(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    join(&stage, 7);
    set_policy(&stage, "state", "draining");
    assert_int_equal(join_outcome(&stage, 8), OUTCOME_CLOSED);
    assert_int_equal(step(&stage).admitted, 1);
    assert_int_equal(state_of(&stage, 7), PLACE_ADMITTED);
    assert_int_equal(join(&stage, 7).place.state, PLACE_ACTIVE);
}

static void a_sold_out_concert_takes_nobody_new_until_a_seat_comes_back(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    join(&stage, 7);
    for (int seat = 1; seat <= ROWS * IN_ROW; seat++)
        redis(&stage, "SETBIT sold:{c%" PRIu64 "} %d 1", stage.concert_id, seat);
    assert_int_equal(join_outcome(&stage, 8), OUTCOME_SOLD_OUT);
    assert_int_equal(board(&stage).sale, SALE_SOLD_OUT);
    assert_int_equal(step(&stage).admitted, 0);
    assert_string_equal(find(&stage, 7).estimate_reason, "sold_out");
    redis(&stage, "SETBIT sold:{c%" PRIu64 "} 3 0", stage.concert_id);
    assert_int_equal(board(&stage).sale, SALE_OPEN);
    assert_int_equal(step(&stage).admitted, 1);
}

static void before_the_opening_fans_gather_and_nobody_is_admitted(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    board(&stage);
    set_policy(&stage, "opens_at_ms", "99999999999999");
    assert_int_equal(join(&stage, 7).place.state, PLACE_WAITING);
    assert_string_equal(find(&stage, 7).estimate_reason, "not_open_yet");
    assert_int_equal(board(&stage).sale, SALE_PRE);
    assert_false(step(&stage).must_draw);
    set_policy(&stage, "opens_at_ms", "1");
    struct queue_step opened = step(&stage);
    assert_true(opened.must_draw);
    assert_int_equal(opened.admitted, 0);
}

static void a_further_block_of_numbers_is_fetched_when_one_runs_out(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    board(&stage);
    set_policy(&stage, "numbers_end", "2");
    for (uint64_t account = 1; account <= 4; account++)
        assert_int_equal(join(&stage, account).place.number, account);
    assert_true(redis(&stage, "HGET concert:{c%" PRIu64 "} numbers_end", stage.concert_id) > 4);
}

/* Two workers bring a new concert at the same moment: that is no loss of Redis, and nobody is waited for. */
static void a_first_life_that_two_begin_waits_for_nobody(void **state)
{
    static const char *const names[] = {"concert", "seq",  "sold",     "version", "changes", "gate",   "wait",
                                        "early",   "away", "admitted", "active",  "places",  "sampled"};
    enum { NAMES = sizeof(names) / sizeof(names[0]) };
    struct stage stage = stage_of(state, CAPACITY);
    struct call call = fixture_call(stage.fixture, 0);
    const char *keys[NAMES];

    /* The second to reserve numbers is the first to come to Redis. */
    redis(&stage, "DEL concert:{c%" PRIu64 "}", stage.concert_id);
    assert_int_equal(join(&stage, 1).place.number, 100001);
    assert_int_equal(step(&stage).admitted, 0);
    for (size_t i = 0; i < NAMES; i++)
        keys[i] = concert_key(&call, stage.concert_id, names[i]);
    const redisReply *reply =
        must(redis_script(stage.fixture->store->redis, call.mem, SCRIPT_CONCERT_WARM_UP, keys, NAMES,
                          REDIS_TEXTS("0", "100000", "00", redis_run(stage.fixture->store->redis), "revision", "0")));
    assert_true(redis_reply_is(redis_reply_at(reply, 0), "there"));
    assert_int_equal(step(&stage).admitted, 1);
}

/* ---- a line so long that it is cut ---- */

static void a_line_over_two_parts_is_one_line(void **state)
{
    enum { PART = 2097152, FANS = 8 };
    struct stage stage = stage_of(state, CAPACITY);

    board(&stage);
    redis(&stage, "SET seq:{c%" PRIu64 "} %d", stage.concert_id, PART - 4);
    set_policy(&stage, "numbers_end", "2200000");
    for (uint64_t account = 1; account <= FANS; account++)
        assert_int_equal(join(&stage, account).place.number, PART - 4 + account);
    assert_int_equal(redis(&stage, "ZCARD wait:{c%" PRIu64 "}", stage.concert_id), 3);
    assert_int_equal(redis(&stage, "ZCARD wait:{c%" PRIu64 "}:1", stage.concert_id), 5);
    assert_int_equal(board(&stage).waiting, FANS);
    for (uint64_t account = 1; account <= FANS; account++)
        assert_int_equal(find(&stage, account).place.ahead, account - 1);
    /* From one part into the other. */
    set_policy(&stage, "rejoin", "refresh");
    assert_int_equal(join(&stage, 2).place.ahead, FANS - 1);
    /* Called from both, and passed over in both. */
    see(&stage, PART - 3, -10);
    see(&stage, PART, -10);
    struct queue_step first = step(&stage);
    assert_int_equal(first.admitted, 3);
    assert_int_equal(first.passed_over, 2);
    assert_int_equal(first.waiting_now + first.away_now, 5);
    assert_int_equal(redis(&stage, "ZCARD away:{c%" PRIu64 "}:1", stage.concert_id), 1);
    for (uint64_t account = 1; account <= 4; account += 3)
        assert_int_equal(find(&stage, account).place.number, PART - 4 + account);
    assert_int_equal(find(&stage, 8).place.ahead, 3);
    leave(&stage, 8);
    leave(&stage, 1);
    assert_int_equal(state_of(&stage, 8), PLACE_NONE);
    assert_int_equal(find(&stage, 2).place.ahead, 2);
    assert_int_equal(step(&stage).inversions, 0);
}

/* ---- admission ---- */

static void the_front_is_admitted_up_to_the_capacity(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    for (uint64_t account = 1; account <= 5; account++)
        join(&stage, account);
    struct queue_step first = step(&stage);
    assert_int_equal(first.admitted, CAPACITY);
    assert_int_equal(first.waiting_now, 2);
    assert_int_equal(first.admitted_now, CAPACITY);
    assert_int_equal(step(&stage).admitted, 0);
    for (uint64_t account = 1; account <= 5; account++)
        assert_int_equal(state_of(&stage, account), account <= CAPACITY ? PLACE_ADMITTED : PLACE_WAITING);
    assert_int_equal(find(&stage, 4).place.ahead, 0);
    struct board seen = board(&stage);
    assert_int_equal(seen.serving, CAPACITY);
    assert_int_equal(seen.last, 5);
    assert_int_equal(seen.waiting, 2);
    assert_int_equal(seen.active, CAPACITY);
    assert_int_equal(seen.capacity, CAPACITY);
    assert_int_equal(seen.seats_left, ROWS * IN_ROW);
}

static void asking_does_not_take_an_admission_up_and_joining_does(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    join(&stage, 7);
    step(&stage);
    struct queue_place asked = find(&stage, 7);
    assert_int_equal(asked.place.state, PLACE_ADMITTED);
    assert_int_equal(asked.place.number, 1);
    int64_t room_ms = asked.place.deadline_ms - asked.place.now_ms;
    assert_true(room_ms > 170000 && room_ms <= 180000);
    assert_int_equal(state_of(&stage, 7), PLACE_ADMITTED);
    struct queue_place taken = join(&stage, 7);
    assert_int_equal(taken.place.state, PLACE_ACTIVE);
    assert_false(taken.place.is_new);
    assert_int_equal(taken.place.number, 1);
    int64_t inside_ms = taken.place.deadline_ms - taken.place.now_ms;
    assert_true(inside_ms > 890000 && inside_ms <= 900000);
    /* Taking it up again does not make the time longer. */
    usleep(5000);
    assert_true(join(&stage, 7).place.deadline_ms == taken.place.deadline_ms);
    struct queue_step after = step(&stage);
    assert_int_equal(after.admitted_now, 0);
    assert_int_equal(after.active_now, 1);
}

static void an_admission_not_taken_up_in_time_goes_to_the_next(void **state)
{
    struct stage stage = stage_of(state, 1);

    join(&stage, 7);
    join(&stage, 8);
    set_policy(&stage, "admit_ttl_ms", "400");
    /* Present, but was to ask long before. */
    see(&stage, 1, 100);
    step(&stage);
    assert_int_equal(state_of(&stage, 7), PLACE_ADMITTED);
    usleep(450000);
    /* Even before the gate comes by. */
    assert_int_equal(state_of(&stage, 7), PLACE_NONE);
    assert_int_equal(board(&stage).active, 0);
    struct queue_step next = step(&stage);
    assert_int_equal(next.no_shows, 1);
    assert_int_equal(next.admitted, 1);
    assert_int_equal(state_of(&stage, 8), PLACE_ADMITTED);
    assert_int_equal(join(&stage, 7).place.state, PLACE_WAITING);
}

static void time_inside_ends_at_the_moment_of_use(void **state)
{
    struct stage stage = stage_of(state, 1);

    join(&stage, 7);
    step(&stage);
    set_policy(&stage, "active_ttl_ms", "20");
    assert_int_equal(join(&stage, 7).place.state, PLACE_ACTIVE);
    usleep(30000);
    assert_int_equal(state_of(&stage, 7), PLACE_NONE);
    struct queue_place again = join(&stage, 7);
    assert_int_equal(again.place.state, PLACE_WAITING);
    assert_int_equal(again.place.number, 2);
    struct queue_step next = step(&stage);
    assert_int_equal(next.expired, 1);
    /* The one who expired is the one who rejoined: admitted again, under the new number. */
    assert_int_equal(next.admitted, 1);
    assert_int_equal(find(&stage, 7).place.number, 2);
}

static void leaving_gives_the_room_to_the_next(void **state)
{
    struct stage stage = stage_of(state, 1);

    join(&stage, 7);
    join(&stage, 8);
    step(&stage);
    join(&stage, 7);
    leave(&stage, 7);
    assert_int_equal(step(&stage).admitted, 1);
    assert_int_equal(state_of(&stage, 8), PLACE_ADMITTED);
}

static void the_capacity_follows_the_seats_that_are_left(void **state)
{
    struct stage stage = stage_of(state, 40);

    for (uint64_t account = 1; account <= 10; account++)
        join(&stage, account);
    for (int seat = 1; seat <= ROWS * IN_ROW - 4; seat++)
        redis(&stage, "SETBIT sold:{c%" PRIu64 "} %d 1", stage.concert_id, seat);
    assert_int_equal(step(&stage).admitted, 4);
    assert_int_equal(step(&stage).admitted, 0);
}

static void nobody_is_admitted_while_paused_and_numbers_are_kept(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    join(&stage, 7);
    set_policy(&stage, "state", "paused");
    assert_int_equal(join(&stage, 8).place.number, 2);
    assert_int_equal(step(&stage).admitted, 0);
    assert_int_equal(board(&stage).sale, SALE_PAUSED);
    assert_string_equal(find(&stage, 7).estimate_reason, "paused");
    set_policy(&stage, "state", "open");
    assert_int_equal(step(&stage).admitted, 2);
    assert_int_equal(find(&stage, 7).place.number, 1);
}

static void the_rate_is_a_budget_on_one_clock_however_many_gates_step(void **state)
{
    struct stage stage = stage_of(state, 1000);
    enum { FANS = 300, A_SECOND = 20 };
    uint64_t admitted = 0;

    for (uint64_t account = 1; account <= FANS; account++)
        join(&stage, account);
    set_policy(&stage, "rate_per_minute", "1200");
    int64_t began_ns = clock_steady_ns();
    for (int i = 0; i < 50; i++) {
        admitted += step(&stage).admitted;
        admitted += step(&stage).admitted;
        usleep(20000);
    }
    /* A second's worth at once, then as much in each second that the steps took. */
    double seconds = (double)(clock_steady_ns() - began_ns) / 1e9;
    assert_true((double)admitted <= A_SECOND * (1 + seconds) + 1);
    assert_in_range(admitted, 35, FANS);
}

static void a_slow_rate_still_admits(void **state)
{
    struct stage stage = stage_of(state, 1000);

    join(&stage, 7);
    join(&stage, 8);
    set_policy(&stage, "rate_per_minute", "1");
    assert_int_equal(step(&stage).admitted, 1);
    assert_int_equal(step(&stage).admitted, 0);
}

/* The seats are given back or sold: what the capacity is now, the next step knows. */
static void a_change_counts_from_the_next_step_on(void **state)
{
    struct stage stage = stage_of(state, 1);
    struct call call = fixture_call(stage.fixture, 0);
    struct policy policy = {.capacity = 4, .rate_per_minute = 60, .active_ttl_s = 77};
    struct concert concert;

    for (uint64_t account = 1; account <= 9; account++)
        join(&stage, account);
    assert_int_equal(step(&stage).admitted, 1);
    assert_int_equal(concert_change(&call, stage.concert_id, 1u << POLICY_CAPACITY, &policy, &concert), OUTCOME_DONE);
    assert_int_equal(step(&stage).admitted, 3);
    assert_int_equal(concert_change(&call, stage.concert_id, 1u << POLICY_ACTIVE_TTL, &policy, &concert), OUTCOME_DONE);
    struct place taken = join(&stage, 1).place;
    assert_in_range(taken.deadline_ms - taken.now_ms, 70000, 77000);
    policy.capacity = 100;
    assert_int_equal(
        concert_change(&call, stage.concert_id, 1u << POLICY_RATE | 1u << POLICY_CAPACITY, &policy, &concert),
        OUTCOME_DONE);
    assert_true(step(&stage).admitted <= 1);
    assert_int_equal(concert_steer(&call, stage.concert_id, "pause", &concert), OUTCOME_DONE);
    redis(&stage, "HSET gate:{c%" PRIu64 "} budget 100", stage.concert_id);
    assert_int_equal(step(&stage).admitted, 0);
    assert_int_equal(find(&stage, 9).place.number, 9);
}

/* A sync that read MySQL before the change, and reaches Redis after it. */
static void an_older_reading_of_the_settings_undoes_no_newer_one(void **state)
{
    struct stage stage = stage_of(state, 1);
    struct call call = fixture_call(stage.fixture, 0);
    struct policy policy = {.capacity = 4};
    struct concert concert;
    const char *key = talloc_asprintf(stage.fixture->mem, "concert:{c%" PRIu64 "}", stage.concert_id);

    join(&stage, 1);
    assert_int_equal(concert_change(&call, stage.concert_id, 1u << POLICY_CAPACITY, &policy, &concert), OUTCOME_DONE);
    assert_int_equal(concert.policy.revision, 1);
    must(redis_script(call.store->redis, call.mem, SCRIPT_CONCERT_REFRESH, REDIS_TEXTS(key),
                      REDIS_TEXTS("revision", "0", "capacity", "1")));
    assert_int_equal(board(&stage).capacity, 4);
    /* The same reading again, and a newer one, are written. */
    set_policy(&stage, "capacity", "9");
    assert_int_equal(concert_sync(&call, stage.concert_id), OUTCOME_DONE);
    assert_int_equal(board(&stage).capacity, 4);
    assert_int_equal(concert_steer(&call, stage.concert_id, "pause", &concert), OUTCOME_DONE);
    assert_int_equal(concert.policy.revision, 2);
    assert_int_equal(board(&stage).sale, SALE_PAUSED);
}

static void a_sale_gives_the_room_to_the_next(void **state)
{
    struct stage stage = stage_of(state, 1);
    struct call call = fixture_call(stage.fixture, 7);
    struct seat_holds holds;
    uint64_t place;

    join(&stage, 7);
    join(&stage, 8);
    step(&stage);
    assert_int_equal(seat_holds_place(&call, stage.concert_id, (uint32_t[]){5}, 1, 1, &holds), OUTCOME_DONE);
    assert_int_equal(step(&stage).admitted, 0);
    struct seat_claim *claim = seat_holds_claim(&call, stage.concert_id, (uint32_t[]){5}, 1);
    assert_int_equal(seat_holds_claimed(&call, claim, &place), OUTCOME_DONE);
    assert_int_equal(seat_holds_sold(&call, stage.concert_id, 7, place, 0, (uint32_t[]){5}, 1), OUTCOME_DONE);
    assert_int_equal(step(&stage).admitted, 1);
    assert_int_equal(state_of(&stage, 8), PLACE_ADMITTED);
    assert_int_equal(state_of(&stage, 7), PLACE_NONE);
}

/* Half of those who are called come in at once, the others never. */
static uint64_t take_up_every_other(const struct stage *stage)
{
    uint64_t entered = 0;
    const redisReply *admitted = must(redis_command(
        stage->fixture->store->redis, stage->fixture->mem,
        REDIS_TEXTS("ZRANGE", talloc_asprintf(stage->fixture->mem, "admitted:{c%" PRIu64 "}", stage->concert_id), "0",
                    "-1")));

    for (size_t i = 0; i < admitted->elements; i++) {
        uint64_t account = strtoull(admitted->element[i]->str, NULL, 10);
        if (account % 2 == 0) {
            assert_int_equal(join(stage, account).place.state, PLACE_ACTIVE);
            entered++;
        }
    }
    return entered;
}

static void half_of_the_fans_may_vanish_and_as_many_enter_as_were_to(void **state)
{
    enum { LOOK_US = 10000, RATE = 6000, LEARN_MS = 1000, WATCHED_MS = 3000 };
    struct stage stage = stage_of(state, 100000);
    uint64_t entered = 0;
    int64_t passed_ms = 0;

    for (uint64_t account = 1; account <= 1500; account++)
        join(&stage, account);
    redis(&stage, "HSET concert:{c%" PRIu64 "} seats_total 50000 admit_ttl_ms 600 rate_per_minute %d", stage.concert_id,
          RATE);
    int64_t began_ns = clock_steady_ns();
    int64_t counted_from_ms = 0;
    while (passed_ms < LEARN_MS + WATCHED_MS) {
        step(&stage);
        uint64_t now_in = take_up_every_other(&stage);
        passed_ms = (clock_steady_ns() - began_ns) / 1000000;
        /* From when on it is known that half of them are gone. */
        if (counted_from_ms > 0)
            entered += now_in;
        else if (passed_ms >= LEARN_MS)
            counted_from_ms = passed_ms;
        usleep(LOOK_US);
    }
    double expected = (double)RATE / 60 * (double)(passed_ms - counted_from_ms) / 1000;
    if ((double)entered < expected * 0.9 || (double)entered > expected * 1.1)
        fail_msg("%" PRIu64 " entered where %.0f were to", entered, expected);
    assert_true(redis(&stage, "HGET totals:{c%" PRIu64 "} no_shows", stage.concert_id) > 100);
}

/* Admissions are taken up late, and some never, so that the guess of how many will be goes up and down. */
static void what_is_set_aside_for_no_shows_comes_back_to_the_rate(void **state)
{
    struct stage stage = stage_of(state, 100000);

    for (uint64_t account = 1; account <= 20; account++)
        join(&stage, account);
    redis(&stage, "HSET concert:{c%" PRIu64 "} rate_per_minute 60 admit_ttl_ms 60000", stage.concert_id);
    /* Six entries are set aside for six who were let in; then two come and four do not. */
    step(&stage);
    for (uint64_t account = 1; account <= 5; account++) {
        redis(&stage, "HINCRBY gate:{c%" PRIu64 "} at -1000", stage.concert_id);
        step(&stage);
    }
    assert_int_equal(board(&stage).active, 6);
    join(&stage, 1);
    join(&stage, 2);
    for (uint64_t account = 3; account <= 6; account++)
        redis(&stage, "ZADD admitted:{c%" PRIu64 "} 1 %" PRIu64, stage.concert_id, account);
    for (uint64_t number = 3; number <= 6; number++)
        see(&stage, number, 100);
    struct queue_step next = step(&stage);
    assert_int_equal(next.no_shows, 4);
    /* Four entries are free again, of fans of whom one in three comes. */
    assert_in_range(next.admitted, 7, 12);
}

static void one_step_touches_no_more_than_its_batch(void **state)
{
    struct stage stage = stage_of(state, 1000);

    for (uint64_t account = 1; account <= 25; account++)
        join(&stage, account);
    redis(&stage, "HSET concert:{c%" PRIu64 "} seats_total 5000 admit_ttl_ms 1", stage.concert_id);
    struct queue_step full = step_by(&stage, 10);
    assert_int_equal(full.admitted, 10);
    assert_true(full.more);
    usleep(5000);
    struct queue_step expiring = step_by(&stage, 10);
    assert_int_equal(expiring.no_shows, 10);
    assert_int_equal(expiring.admitted, 0);
    assert_true(expiring.more);
    struct queue_step last = step_by(&stage, 100);
    assert_int_equal(last.admitted, 15);
    assert_false(last.more);
}

/* ---- who is there ---- */

static void vanish(const struct stage *stage, uint64_t number)
{
    see(stage, number, -10);
}

static void the_absent_are_passed_over_and_keep_their_number(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    for (uint64_t account = 1; account <= 6; account++)
        join(&stage, account);
    vanish(&stage, 1);
    vanish(&stage, 3);
    struct queue_step first = step(&stage);
    assert_int_equal(first.admitted, 3);
    assert_int_equal(first.passed_over, 2);
    assert_int_equal(first.inversions, 0);
    assert_int_equal(first.away_now, 2);
    assert_int_equal(state_of(&stage, 5), PLACE_ADMITTED);
    assert_int_equal(board(&stage).away, 2);
    /* Coming back is asking: in front again, under the old number, and next in. */
    struct queue_place back = find(&stage, 3);
    assert_int_equal(back.place.state, PLACE_WAITING);
    assert_int_equal(back.place.number, 3);
    assert_int_equal(back.place.ahead, 0);
    assert_int_equal(find(&stage, 6).place.ahead, 1);
    assert_int_equal(join(&stage, 1).place.number, 1);
    leave(&stage, 2);
    leave(&stage, 4);
    struct queue_step second = step(&stage);
    assert_int_equal(second.admitted, 2);
    assert_int_equal(second.passed_over, 0);
    assert_int_equal(state_of(&stage, 1), PLACE_ADMITTED);
    assert_int_equal(state_of(&stage, 3), PLACE_ADMITTED);
    assert_int_equal(state_of(&stage, 6), PLACE_WAITING);
}

/* ---- inversions: what never happens is made to happen ---- */

static long long inversions(const struct stage *stage)
{
    return redis(stage, "HGET totals:{c%" PRIu64 "} inversions", stage->concert_id);
}

/* A gate whose script takes who came last. */
static void step_from_the_back(const struct stage *stage)
{
    static const char *const names[] = {"wait", "admitted", "active", "places", "early",  "away", "served",  "gate",
                                        "sold", "holds",    "seen",   "draw",   "totals", "seq",  "concert", "revoked"};
    enum { NAMES = sizeof(names) / sizeof(names[0]), KEYS_AT = 3, WORDS = KEYS_AT + NAMES + 5 };
    struct call call = fixture_call(stage->fixture, 0);
    char *broken = talloc_strdup(call.mem, script_texts[SCRIPT_QUEUES_ADMIT].lua);
    const char *words[WORDS] = {"EVAL", broken, "16"};
    const char *const args[] = {"1", "0", "0", redis_run(stage->fixture->store->redis), ""};

    memcpy(must(strstr(broken, "ZPOPMIN")), "ZPOPMAX", strlen("ZPOPMAX"));
    for (size_t i = 0; i < NAMES; i++)
        words[KEYS_AT + i] = concert_key(&call, stage->concert_id, names[i]);
    memcpy(words + KEYS_AT + NAMES, args, sizeof(args));
    const redisReply *reply = must(redis_command(stage->fixture->store->redis, call.mem, words, WORDS));
    assert_true(redis_reply_is(redis_reply_at(reply, 0), "stepped"));
    assert_int_equal(redis_reply_number(redis_reply_at(reply, 1)), 1);
}

static void who_is_let_in_from_behind_is_counted_as_an_inversion(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    for (uint64_t account = 1; account <= 5; account++)
        join(&stage, account);
    step_from_the_back(&stage);
    assert_int_equal(state_of(&stage, 5), PLACE_ADMITTED);
    assert_int_equal(inversions(&stage), 4);
}

/* Passed over by a gate that is wrong about who is there: the fan asks, and was never told to come any sooner. */
static void who_was_there_and_passed_over_is_counted_as_an_inversion(void **state)
{
    struct stage stage = stage_of(state, 1);

    join(&stage, 1);
    join(&stage, 2);
    redis(&stage, "ZREM wait:{c%" PRIu64 "} 1", stage.concert_id);
    redis(&stage, "ZADD away:{c%" PRIu64 "} 1 1", stage.concert_id);
    assert_int_equal(step(&stage).admitted, 1);
    assert_int_equal(state_of(&stage, 2), PLACE_ADMITTED);
    assert_int_equal(inversions(&stage), 0);
    assert_int_equal(find(&stage, 1).place.number, 1);
    assert_int_equal(inversions(&stage), 1);
    /* The next step tells the metric, once. */
    assert_int_equal(step(&stage).inversions, 1);
    assert_int_equal(step(&stage).inversions, 0);
}

/* Neither who was absent nor who did not take an admission up. */
static void who_was_not_there_is_no_inversion(void **state)
{
    struct stage stage = stage_of(state, 2);

    for (uint64_t account = 1; account <= 4; account++)
        join(&stage, account);
    vanish(&stage, 1);
    assert_int_equal(step(&stage).admitted, 2);
    see(&stage, 2, 1000);
    redis(&stage, "ZADD admitted:{c%" PRIu64 "} 1 2", stage.concert_id);
    assert_int_equal(step(&stage).admitted, 1);
    assert_int_equal(find(&stage, 1).place.number, 1);
    assert_int_equal(find(&stage, 2).place.number, 2);
    assert_int_equal(inversions(&stage), 0);
}

static void the_absent_cost_the_present_no_room(void **state)
{
    struct stage stage = stage_of(state, 30);

    for (uint64_t account = 1; account <= 60; account++)
        join(&stage, account);
    for (uint64_t account = 1; account <= 60; account += 2)
        vanish(&stage, account);
    struct queue_step first = step(&stage);
    assert_int_equal(first.admitted, 30);
    assert_int_equal(first.passed_over, 30);
}

static void the_absent_may_leave(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    join(&stage, 1);
    vanish(&stage, 1);
    step(&stage);
    leave(&stage, 1);
    assert_int_equal(state_of(&stage, 1), PLACE_NONE);
    assert_int_equal(board(&stage).away, 0);
}

static void who_asks_as_told_is_never_absent(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    for (uint64_t account = 1; account <= 500; account++)
        join(&stage, account);
    struct queue_place far = find(&stage, 500);
    assert_in_range(far.next_poll_ms, 499 * 33 * 3 / 4, 499 * 33);
    assert_true(far.place.told_ms >= far.next_poll_ms);
    assert_true(find(&stage, 1).next_poll_ms <= 2000);
}

static void who_was_seen_days_ago_is_absent(void **state)
{
    enum { DAY_S = 24 * 3600 };
    struct stage stage = stage_of(state, 20);

    for (uint64_t account = 1; account <= 8; account++) {
        join(&stage, account);
        if (account <= 7)
            see(&stage, account, -(int64_t)account * DAY_S);
    }
    struct queue_step first = step(&stage);
    assert_int_equal(first.passed_over, 7);
    assert_int_equal(first.admitted, 1);
}

/* Somebody who was told to ask in half an hour is called at once, because an operator made room for everybody. */
static void who_is_called_before_they_were_to_ask_keeps_the_number(void **state)
{
    struct stage stage = stage_of(state, 3);

    for (uint64_t account = 1; account <= 4; account++)
        join(&stage, account);
    see(&stage, 1, 1800 + 180);
    see(&stage, 2, 1800 + 180);
    see(&stage, 3, 100);
    set_policy(&stage, "admit_ttl_ms", "20");
    assert_int_equal(step(&stage).admitted, 3);
    usleep(30000);
    /* One asks before the gate has come by, the other after. */
    struct queue_place early = find(&stage, 1);
    assert_int_equal(early.place.state, PLACE_WAITING);
    assert_int_equal(early.place.number, 1);
    set_policy(&stage, "capacity", "1");
    set_policy(&stage, "admit_ttl_ms", "60000");
    struct queue_step next = step(&stage);
    assert_int_equal(next.no_shows, 2);
    assert_int_equal(next.admitted, 1);
    assert_int_equal(next.away_now, 1);
    assert_int_equal(state_of(&stage, 1), PLACE_ADMITTED);
    struct queue_place late = join(&stage, 2);
    assert_int_equal(late.place.number, 2);
    assert_int_equal(late.place.ahead, 0);
    /* The third had been told to ask long before. */
    assert_int_equal(state_of(&stage, 3), PLACE_NONE);
    /* Once is enough: now they are told to ask soon. */
    assert_in_range(late.place.told_ms, 1, 2000);
}

static void with_a_rate_the_time_to_ask_follows_it(void **state)
{
    struct stage stage = stage_of(state, 1000);

    for (uint64_t account = 1; account <= 101; account++)
        join(&stage, account);
    set_policy(&stage, "rate_per_minute", "20");
    /* A hundred ahead at twenty a minute take five minutes. */
    assert_in_range(find(&stage, 101).place.told_ms, 99000, 100000);
}

static void the_rate_counts_those_who_come_in_not_those_who_do_not(void **state)
{
    struct stage stage = stage_of(state, 1000);
    uint64_t admitted = 0;

    for (uint64_t account = 1; account <= 20; account++)
        join(&stage, account);
    set_policy(&stage, "rate_per_minute", "60");
    set_policy(&stage, "admit_ttl_ms", "10");
    /* One a second; nobody comes, so each gives the entry back within ten milliseconds. */
    for (int i = 0; i < 8; i++) {
        admitted += step(&stage).admitted;
        usleep(15000);
    }
    assert_true(admitted >= 7);
    set_policy(&stage, "admit_ttl_ms", "60000");
    step(&stage);
    for (int i = 0; i < 8; i++) {
        admitted = step(&stage).admitted;
        usleep(15000);
        assert_true(admitted <= 4);
    }
}

/* ---- the loss of Redis ---- */

static void a_ticket_gives_the_place_back_after_redis_lost_everything(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    const char *tickets[4];

    for (uint64_t account = 1; account <= 3; account++)
        tickets[account] = join(&stage, account).ticket;
    fixture_redis(stage.fixture, "FLUSHALL");
    struct queue_place newcomer = join(&stage, 9);
    assert_true(newcomer.place.number > 3);
    for (uint64_t account = 3; account >= 1; account--) {
        struct queue_place own = join_with(&stage, account, tickets[account]);
        assert_false(own.place.is_new);
        assert_int_equal(own.place.number, account);
        assert_int_equal(own.place.ahead, 0);
    }
    assert_int_equal(find(&stage, 9).place.ahead, 3);
}

/* Several find a concert cold at the same time. */
static void a_concert_is_brought_into_redis_once(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    struct call call = fixture_call(stage.fixture, 7);

    join(&stage, 7);
    uint64_t warm_ups = stage.fixture->store->counters->total[COUNTER_warm_ups];
    assert_true(warm_ups > 0);
    assert_int_equal(concert_warm_up(&call, stage.concert_id), OUTCOME_DONE);
    assert_int_equal(stage.fixture->store->counters->total[COUNTER_warm_ups], warm_ups);
    assert_int_equal(join(&stage, 8).place.number, 2);
}

static void a_ticket_is_honoured_once(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    const char *ticket = join(&stage, 7).ticket;

    fixture_redis(stage.fixture, "FLUSHALL");
    assert_int_equal(join_with(&stage, 7, ticket).place.number, 1);
    leave(&stage, 7);
    assert_true(join_with(&stage, 7, ticket).place.number > 1);
}

static void a_ticket_moves_nobody_while_redis_remembers(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    const char *ticket = join(&stage, 7).ticket;

    join(&stage, 8);
    leave(&stage, 7);
    assert_int_equal(join_with(&stage, 7, ticket).place.number, 3);
    assert_int_equal(join_with(&stage, 7, ticket).place.number, 3);
}

/* The telephone comes anew without a ticket, and the laptop shows it. */
static void a_ticket_counts_for_who_came_anew_after_the_loss(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    const char *tickets[4];

    for (uint64_t account = 1; account <= 3; account++)
        tickets[account] = join(&stage, account).ticket;
    fixture_redis(stage.fixture, "FLUSHALL");
    for (uint64_t account = 1; account <= 3; account++)
        assert_true(join(&stage, account).place.number > 3);
    for (uint64_t account = 3; account >= 1; account--) {
        struct queue_place own = join_with(&stage, account, tickets[account]);
        assert_false(own.place.is_new);
        assert_int_equal(own.place.number, account);
        assert_int_equal(own.place.ahead, 0);
        assert_int_equal(join_with(&stage, account, tickets[account]).place.number, account);
    }
    assert_int_equal(redis(&stage, "HGET concert:{c%" PRIu64 "} entries", stage.concert_id), 3);
    /* A ticket is spent by that, too. */
    leave(&stage, 1);
    assert_true(join_with(&stage, 1, tickets[1]).place.number > 3);
    assert_true(join_with(&stage, 1, tickets[1]).place.number > 3);
}

static void who_was_away_with_a_new_number_moves_to_that_of_the_ticket(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    const char *ticket = join(&stage, 7).ticket;

    fixture_redis(stage.fixture, "FLUSHALL");
    uint64_t number = join(&stage, 7).place.number;
    redis(&stage, "ZREM wait:{c%" PRIu64 "} 7", stage.concert_id);
    redis(&stage, "ZADD away:{c%" PRIu64 "} %" PRIu64 " 7", stage.concert_id, number);
    assert_int_equal(join_with(&stage, 7, ticket).place.number, 1);
    assert_int_equal(redis(&stage, "ZCARD away:{c%" PRIu64 "}", stage.concert_id), 0);
    assert_int_equal(redis(&stage, "HGET concert:{c%" PRIu64 "} entries", stage.concert_id), 1);
}

static void a_ticket_moves_nobody_who_is_inside_after_a_loss(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    const char *ticket = join(&stage, 7).ticket;

    fixture_redis(stage.fixture, "FLUSHALL");
    uint64_t number = join(&stage, 7).place.number;
    assert_int_equal(step(&stage).admitted, 0);
    redis(&stage, "HINCRBY gate:{c%" PRIu64 "} since -600000", stage.concert_id);
    assert_int_equal(step(&stage).admitted, 1);
    for (int i = 0; i < 2; i++) {
        struct place place = join_with(&stage, 7, ticket).place;
        assert_int_equal(place.state, PLACE_ACTIVE);
        assert_int_equal(place.number, number);
    }
}

/* Joining anew means the end of the line there, and a page repeats what it was not answered. */
static void a_ticket_that_is_shown_twice_keeps_the_place_where_joining_renews_it(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    const char *ticket = join(&stage, 7).ticket;

    fixture_redis(stage.fixture, "FLUSHALL");
    join(&stage, 8);
    redis(&stage, "HSET concert:{c%" PRIu64 "} rejoin refresh", stage.concert_id);
    for (int i = 0; i < 2; i++)
        assert_int_equal(join_with(&stage, 7, ticket).place.number, 1);
    assert_true(join(&stage, 7).place.number > find(&stage, 8).place.number);
}

static void a_strangers_ticket_is_refused(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    struct call call = fixture_call(stage.fixture, 8);
    const char *ticket = join(&stage, 7).ticket;
    struct queue_place own;

    fixture_redis(stage.fixture, "FLUSHALL");
    assert_int_equal(queue_join(&call, stage.concert_id, ticket, &own), OUTCOME_BAD_VALUE);
    assert_string_equal(call.refusal.field, "ticket");
    assert_int_equal(queue_join(&call, stage.concert_id, "nonsense", &own), OUTCOME_BAD_VALUE);
    assert_int_equal(state_of(&stage, 8), PLACE_NONE);
}

static void nobody_is_admitted_before_tickets_had_time_to_come_back(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    join(&stage, 7);
    fixture_redis(stage.fixture, "FLUSHALL");
    join(&stage, 8);
    assert_int_equal(step(&stage).admitted, 0);
    redis(&stage, "HINCRBY gate:{c%" PRIu64 "} since -21000", stage.concert_id);
    assert_int_equal(step(&stage).admitted, 1);
}

static void the_board_says_that_the_line_began_anew(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    uint64_t numbers_from = board(&stage).numbers_from;
    join(&stage, 7);
    assert_int_equal(board(&stage).numbers_from, numbers_from);
    fixture_redis(stage.fixture, "FLUSHALL");
    uint64_t after = board(&stage).numbers_from;
    assert_true(after > numbers_from);
    assert_true(join(&stage, 8).place.number > after);
    assert_int_equal(board(&stage).numbers_from, after);
    /* A key that was lost alone, too. */
    redis(&stage, "DEL seq:{c%" PRIu64 "}", stage.concert_id);
    assert_true(board(&stage).numbers_from > after);
}

static void the_order_is_rebuilt_from_tickets(void **state)
{
    enum { FANS = 10000, APART = 7919 };
    struct stage stage = stage_of(state, 100);
    const char **tickets = must(talloc_array(stage.fixture->mem, const char *, FANS + 1));

    for (uint64_t account = 1; account <= FANS; account++)
        tickets[account] = join(&stage, account).ticket;
    fixture_redis(stage.fixture, "FLUSHALL");
    /* They come back in another order, and the gate looks in meanwhile. */
    for (uint64_t i = 0; i < FANS; i++) {
        uint64_t account = i * APART % FANS + 1;
        assert_int_equal(join_with(&stage, account, tickets[account]).place.number, account);
        if (i % 1000 == 0) {
            /* As if they were all here in time, however slow the machine is. */
            redis(&stage, "HSET gate:{c%" PRIu64 "} since %" PRId64, stage.concert_id, clock_now_ms());
            assert_int_equal(step(&stage).admitted, 0);
        }
    }
    for (uint64_t account = 1; account <= FANS; account += 97) {
        struct place place = find(&stage, account).place;
        assert_int_equal(place.number, account);
        assert_int_equal(place.ahead, account - 1);
    }
    redis(&stage, "HINCRBY gate:{c%" PRIu64 "} since -621000", stage.concert_id);
    redis(&stage, "HSET concert:{c%" PRIu64 "} seats_total 50000", stage.concert_id);
    assert_int_equal(step(&stage).admitted, 100);
    assert_int_equal(board(&stage).serving, 100);
}

/* ---- what is said of it ---- */

/* As sampled:{c} has it behind the period. */
#define ZERO(name)      " 0"
#define NOTHING_COUNTED QUEUES_COUNTS(ZERO) QUEUES_REFUSALS(ZERO)

static void the_series_count_what_happened(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    struct call call = fixture_call(stage.fixture, 0);
    struct queue_row *rows;
    size_t count;
    int step_s;

    assert_int_equal(queues_sample(&call, stage.concert_id, &rows, &count), OUTCOME_DONE);
    assert_int_equal(count, 0);
    for (uint64_t account = 1; account <= 5; account++)
        join(&stage, account);
    step(&stage);
    join(&stage, 1);
    leave(&stage, 5);
    struct flow flow = {.low = 10, .high = 20.5, .fade_low = 0.02, .fade_high = 0.25};
    assert_int_equal(queues_flow(&call, stage.concert_id, flow), OUTCOME_DONE);
    for (int i = 0; i < 2; i++)
        assert_int_equal(queues_refused(&call, stage.concert_id, OUTCOME_POINTS_TOO_FEW), OUTCOME_POINTS_TOO_FEW);
    assert_int_equal(queues_refused(&call, stage.concert_id, OUTCOME_NOT_FOUND), OUTCOME_NOT_FOUND);
    /* As if the first sample had been in the period before. */
    redisReply *reply = redis_command(
        stage.fixture->store->redis, stage.fixture->mem,
        REDIS_TEXTS("HSET", talloc_asprintf(stage.fixture->mem, "sampled:{c%" PRIu64 "}", stage.concert_id), "10",
                    "10" NOTHING_COUNTED));
    assert_non_null(reply);
    assert_int_equal(queues_sample(&call, stage.concert_id, &rows, &count), OUTCOME_DONE);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].joins, 5);
    assert_int_equal(rows[0].admissions, 3);
    assert_int_equal(rows[0].entered, 1);
    assert_int_equal(rows[0].leaves, 1);
    assert_int_equal(rows[0].waiting, 1);
    assert_int_equal(rows[0].admitted, 2);
    assert_int_equal(rows[0].active, 1);
    assert_int_equal(rows[0].room, 0);
    assert_true(rows[0].flowing);
    assert_int_equal(rows[0].last, 5);
    assert_int_equal(rows[0].served, 3);
    assert_true(rows[0].flow.low > 9.9 && rows[0].flow.low < 10.1);
    assert_true(rows[0].flow.high > 20.4 && rows[0].flow.high < 20.6);
    assert_true(rows[0].flow.fade_low > 0.019 && rows[0].flow.fade_low < 0.021);
    assert_true(rows[0].flow.fade_high > 0.24 && rows[0].flow.fade_high < 0.26);
    assert_int_equal(rows[0].refused[QUEUES_REFUSED_sold_out], 0);
    assert_int_equal(rows[0].refused[QUEUES_REFUSED_points_too_few], 2);
    /* A second gate asks in the same period. */
    assert_int_equal(queues_sample(&call, stage.concert_id, &rows, &count), OUTCOME_DONE);
    assert_int_equal(count, 0);
    assert_int_equal(queues_series(&call, stage.concert_id, call.now_ms / 1000 - 60, &rows, &count, &step_s),
                     OUTCOME_DONE);
    assert_int_equal(count, 1);
    assert_int_equal(step_s, 10);
    assert_int_equal(queues_series(&call, stage.concert_id, 0, &rows, &count, &step_s), OUTCOME_DONE);
    assert_int_equal(step_s, 900);
}

/* The period that was begun becomes one of long ago, and what it began with stays. */
static void end_period(const struct stage *stage)
{
    static const char script[] = "local before = redis.call('HGET', KEYS[1], '10') "
                                 "redis.call('HSET', KEYS[1], '10', (before:gsub('^%d+', '10')))";
    const char *key = talloc_asprintf(stage->fixture->mem, "sampled:{c%" PRIu64 "}", stage->concert_id);

    must(redis_command(stage->fixture->store->redis, stage->fixture->mem, REDIS_TEXTS("EVAL", script, "1", key)));
}

static struct queue_row first_row(const struct stage *stage)
{
    struct call call = fixture_call(stage->fixture, 0);
    struct queue_row *rows;
    size_t count;

    assert_int_equal(queues_sample(&call, stage->concert_id, &rows, &count), OUTCOME_DONE);
    assert_int_equal(count, 0);
    end_period(stage);
    assert_int_equal(queues_sample(&call, stage->concert_id, &rows, &count), OUTCOME_DONE);
    assert_int_equal(count, 1);
    return rows[0];
}

static void what_came_before_a_gates_first_look_is_in_the_series(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    struct call call = fixture_call(stage.fixture, 7);

    join(&stage, 7);
    queues_refused(&call, stage.concert_id, OUTCOME_POINTS_TOO_FEW);
    struct queue_row row = first_row(&stage);
    assert_int_equal(row.joins, 1);
    assert_int_equal(row.refused[QUEUES_REFUSED_points_too_few], 1);
}

/* When only what the series know is lost, all that was ever counted is no row of its own. */
static void series_that_were_lost_begin_anew(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);

    join(&stage, 7);
    first_row(&stage);
    redis(&stage, "DEL sampled:{c%" PRIu64 "} series:{c%" PRIu64 "}:10", stage.concert_id, stage.concert_id);
    join(&stage, 8);
    assert_int_equal(first_row(&stage).joins, 0);
}

static void the_wait_is_a_range_once_the_flow_is_known(void **state)
{
    struct stage stage = stage_of(state, CAPACITY);
    struct call call = fixture_call(stage.fixture, 0);

    for (uint64_t account = 1; account <= 31; account++)
        join(&stage, account);
    assert_string_equal(find(&stage, 31).estimate_reason, "too_little_known");
    assert_int_equal(queues_flow(&call, stage.concert_id, (struct flow){.low = 10, .high = 20.5}), OUTCOME_DONE);
    struct queue_place told = find(&stage, 31);
    assert_true(told.has_estimate);
    assert_null(told.estimate_reason);
    assert_in_range(told.low_s, 30, 30 * 60 / 20.5);
    assert_in_range(told.high_s, 31 * 60 / 10, 300);
    assert_true(board(&stage).flow_high > 20.4 && board(&stage).flow_high < 20.6);
    set_policy(&stage, "state", "paused");
    assert_false(find(&stage, 31).has_estimate);
}

static void the_series_are_of_bounded_length(void **state)
{
    enum { PERIODS = 1500, KEPT = 1440 };
    struct stage stage = stage_of(state, CAPACITY);
    struct call call = fixture_call(stage.fixture, 0);
    struct queue_row *rows;
    size_t count;

    for (int i = 0; i < PERIODS; i++) {
        assert_int_equal(queues_sample(&call, stage.concert_id, &rows, &count), OUTCOME_DONE);
        for (int step_s = 10; step_s <= 900; step_s = step_s == 10 ? 60 : step_s * 15) {
            const char *key = talloc_asprintf(stage.fixture->mem, "sampled:{c%" PRIu64 "}", stage.concert_id);
            const char *step = talloc_asprintf(stage.fixture->mem, "%d", step_s);
            must(redis_command(stage.fixture->store->redis, stage.fixture->mem,
                               REDIS_TEXTS("HSET", key, step, "10" NOTHING_COUNTED)));
        }
    }
    assert_int_equal(redis(&stage, "LLEN series:{c%" PRIu64 "}:10", stage.concert_id), KEPT);
    assert_int_equal(redis(&stage, "LLEN series:{c%" PRIu64 "}:60", stage.concert_id), KEPT);
    assert_int_equal(redis(&stage, "LLEN series:{c%" PRIu64 "}:900", stage.concert_id), 1344);
    assert_in_range(redis(&stage, "MEMORY USAGE series:{c%" PRIu64 "}:10 SAMPLES 0", stage.concert_id), 1, 300000);
}

static void who_has_no_estimate_is_told_why(void **state)
{
    struct stage stage = stage_of(state, 1);
    struct call call = fixture_call(stage.fixture, 0);

    join(&stage, 7);
    join(&stage, 8);
    assert_int_equal(queues_flow(&call, stage.concert_id, (struct flow){.low = 10, .high = 20}), OUTCOME_DONE);
    assert_true(find(&stage, 8).has_estimate);
    /* The gates have been silent for more than a minute: nothing moves. */
    redis(&stage, "HINCRBY gate:{c%" PRIu64 "} flow_at -61000", stage.concert_id);
    assert_string_equal(find(&stage, 8).estimate_reason, "too_little_known");
    assert_true(board(&stage).flow_high == 0);
    step(&stage);
    assert_string_equal(find(&stage, 7).estimate_reason, "not_waiting");
    set_policy(&stage, "state", "closed");
    assert_string_equal(find(&stage, 8).estimate_reason, "closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(places_are_given_in_the_order_of_joining),
        TEST(joining_again_keeps_the_place),
        TEST(joining_again_goes_to_the_back_where_the_concert_says_so),
        TEST(an_answer_lost_again_and_again_costs_no_place_where_joining_renews_it),
        TEST(an_account_has_one_place_over_all_its_devices),
        TEST(who_is_in_no_queue_is_told_so),
        TEST(an_unknown_concert_has_no_queue),
        TEST(what_stands_wrong_in_redis_is_unavailable_and_ends_nothing),
        TEST(leaving_gives_the_place_up_and_leaving_twice_is_no_error),
        TEST(a_closed_sale_takes_nobody_new_but_keeps_who_is_there),
        TEST(a_draining_queue_admits_its_line_and_takes_nobody_new),
        TEST(a_sold_out_concert_takes_nobody_new_until_a_seat_comes_back),
        TEST(before_the_opening_fans_gather_and_nobody_is_admitted),
        TEST(a_further_block_of_numbers_is_fetched_when_one_runs_out),
        TEST(a_first_life_that_two_begin_waits_for_nobody),
        TEST(a_line_over_two_parts_is_one_line),
        TEST(the_front_is_admitted_up_to_the_capacity),
        TEST(asking_does_not_take_an_admission_up_and_joining_does),
        TEST(an_admission_not_taken_up_in_time_goes_to_the_next),
        TEST(time_inside_ends_at_the_moment_of_use),
        TEST(leaving_gives_the_room_to_the_next),
        TEST(the_capacity_follows_the_seats_that_are_left),
        TEST(nobody_is_admitted_while_paused_and_numbers_are_kept),
        TEST(the_rate_is_a_budget_on_one_clock_however_many_gates_step),
        TEST(a_slow_rate_still_admits),
        TEST(a_change_counts_from_the_next_step_on),
        TEST(a_sale_gives_the_room_to_the_next),
        TEST(half_of_the_fans_may_vanish_and_as_many_enter_as_were_to),
        TEST(what_is_set_aside_for_no_shows_comes_back_to_the_rate),
        TEST(one_step_touches_no_more_than_its_batch),
        TEST(the_absent_are_passed_over_and_keep_their_number),
        TEST(who_is_let_in_from_behind_is_counted_as_an_inversion),
        TEST(who_was_there_and_passed_over_is_counted_as_an_inversion),
        TEST(who_was_not_there_is_no_inversion),
        TEST(the_absent_cost_the_present_no_room),
        TEST(the_absent_may_leave),
        TEST(who_asks_as_told_is_never_absent),
        TEST(who_was_seen_days_ago_is_absent),
        TEST(who_is_called_before_they_were_to_ask_keeps_the_number),
        TEST(with_a_rate_the_time_to_ask_follows_it),
        TEST(the_rate_counts_those_who_come_in_not_those_who_do_not),
        TEST(a_ticket_gives_the_place_back_after_redis_lost_everything),
        TEST(a_concert_is_brought_into_redis_once),
        TEST(a_ticket_is_honoured_once),
        TEST(a_ticket_moves_nobody_while_redis_remembers),
        TEST(a_ticket_counts_for_who_came_anew_after_the_loss),
        TEST(who_was_away_with_a_new_number_moves_to_that_of_the_ticket),
        TEST(a_ticket_moves_nobody_who_is_inside_after_a_loss),
        TEST(a_ticket_that_is_shown_twice_keeps_the_place_where_joining_renews_it),
        TEST(a_strangers_ticket_is_refused),
        TEST(nobody_is_admitted_before_tickets_had_time_to_come_back),
        TEST(the_board_says_that_the_line_began_anew),
        TEST(the_order_is_rebuilt_from_tickets),
        TEST(an_older_reading_of_the_settings_undoes_no_newer_one),
        TEST(the_series_count_what_happened),
        TEST(what_came_before_a_gates_first_look_is_in_the_series),
        TEST(series_that_were_lost_begin_anew),
        TEST(the_wait_is_a_range_once_the_flow_is_known),
        TEST(the_series_are_of_bounded_length),
        TEST(who_has_no_estimate_is_told_why),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
