#include "tests/integration/fixture.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <talloc.h>
#include <unistd.h>

#include "base/must.h"
#include "domain/best_seats.h"
#include "domain/queue.h"
#include "domain/seat.h"
#include "store/concert_warm_up.h"
#include "store/mysql.h"
#include "store/queues.h"
#include "store/redis.h"
#include "store/seat_holds.h"

enum { ROWS = 5, IN_ROW = 10, CAPACITY = 300 };

struct stage {
    struct fixture *fixture;
    uint64_t concert_id;
};

static struct stage stage_of(void **state)
{
    struct fixture *fixture = *state;

    return (struct stage){fixture, fixture_concert(fixture, ROWS, IN_ROW, 1000, CAPACITY)};
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

static const char *key(const struct stage *stage, const char *noun)
{
    return must(talloc_asprintf(stage->fixture->mem, "%s:{c%" PRIu64 "}", noun, stage->concert_id));
}

static void set_policy(const struct stage *stage, const char *name, const char *value)
{
    redis(stage, "HSET concert:{c%" PRIu64 "} %s %s", stage->concert_id, name, value);
}

static struct queue_step step(const struct stage *stage)
{
    struct call call = fixture_call(stage->fixture, 0);
    struct queue_step done;

    assert_int_equal(queues_admit(&call, stage->concert_id, QUEUES_BATCH_MAX, &done), OUTCOME_DONE);
    return done;
}

static struct place place(const struct stage *stage, uint64_t account_id)
{
    struct call call = fixture_call(stage->fixture, account_id);
    struct place own;

    assert_int_equal(queues_find(&call, stage->concert_id, &own), OUTCOME_DONE);
    return own;
}

/* Admitted, not yet taken up. */
static void let_in(const struct stage *stage, uint64_t account_id)
{
    struct call call = fixture_call(stage->fixture, account_id);
    struct queue_place own;

    assert_int_equal(queue_join(&call, stage->concert_id, NULL, &own), OUTCOME_DONE);
    step(stage);
    assert_int_equal(place(stage, account_id).state, PLACE_ADMITTED);
}

static enum outcome hold(const struct stage *stage, uint64_t account_id, struct basket *basket, size_t count, ...)
{
    struct call call = fixture_call(stage->fixture, account_id);
    uint32_t seats[SEATS_PER_CALL_MAX];
    struct basket mine;
    va_list args;

    va_start(args, count);
    for (size_t i = 0; i < count; i++)
        seats[i] = va_arg(args, uint32_t);
    va_end(args);
    return seat_hold(&call, stage->concert_id, seats, count, basket == NULL ? &mine : basket);
}

static struct basket basket_of(const struct stage *stage, uint64_t account_id)
{
    struct call call = fixture_call(stage->fixture, account_id);
    struct basket basket;

    assert_int_equal(seat_held(&call, stage->concert_id, &basket), OUTCOME_DONE);
    return basket;
}

static uint8_t state_of(const struct stage *stage, uint32_t seat)
{
    struct call call = fixture_call(stage->fixture, 0);
    struct seat_states states;

    assert_int_equal(seat_states(&call, stage->concert_id, &states), OUTCOME_DONE);
    return states.state[seat];
}

static enum outcome claim(const struct stage *stage, uint64_t account_id, uint32_t seat, uint64_t *number)
{
    struct call call = fixture_call(stage->fixture, account_id);

    return seat_holds_claimed(&call, seat_holds_claim(&call, stage->concert_id, &seat, 1), number);
}

static void sold(const struct stage *stage, uint64_t account_id, uint64_t number, uint32_t seat)
{
    struct call call = fixture_call(stage->fixture, 0);

    assert_int_equal(seat_holds_sold(&call, stage->concert_id, account_id, number, 0, &seat, 1), OUTCOME_DONE);
}

static enum outcome extend(const struct stage *stage, uint64_t account_id, int64_t *ends_ms)
{
    struct call call = fixture_call(stage->fixture, account_id);
    int64_t now_ms;

    return seat_extend(&call, stage->concert_id, ends_ms, &now_ms);
}

static enum outcome release(const struct stage *stage, uint64_t account_id, const char *number)
{
    struct call call = fixture_call(stage->fixture, account_id);

    return seat_release(&call, number);
}

/* ---- placing ---- */

static void only_the_admitted_may_hold(void **state)
{
    struct stage stage = stage_of(state);
    struct call call = fixture_call(stage.fixture, 7);
    struct queue_place own;

    assert_int_equal(hold(&stage, 7, NULL, 1, 1), OUTCOME_NOT_ADMITTED);
    assert_int_equal(queue_join(&call, stage.concert_id, NULL, &own), OUTCOME_DONE);
    assert_int_equal(hold(&stage, 7, NULL, 1, 1), OUTCOME_NOT_ADMITTED);
    assert_int_equal(state_of(&stage, 1), SEAT_FREE);
}

static void the_first_hold_takes_the_admission_up(void **state)
{
    struct stage stage = stage_of(state);
    struct basket basket;

    let_in(&stage, 7);
    assert_int_equal(hold(&stage, 7, &basket, 2, 24, 25), OUTCOME_DONE);
    assert_int_equal(place(&stage, 7).state, PLACE_ACTIVE);
    assert_int_equal(basket.count, 2);
    assert_int_equal(basket.amount, 2000);
    assert_int_equal(basket.seat[0].seat, 24);
    assert_int_equal(basket.seat[0].place.row, 3);
    assert_int_equal(basket.seat[0].place.number, 4);
    int64_t left_ms = basket.expires_ms - basket.now_ms;
    assert_true(left_ms > 299000 && left_ms <= 300000);
    assert_int_equal(state_of(&stage, 24), SEAT_HELD);
    assert_int_equal(state_of(&stage, 26), SEAT_FREE);
    assert_int_equal(basket_of(&stage, 7).count, 2);
    assert_int_equal(basket_of(&stage, 8).count, 0);
}

static void seats_are_held_all_or_none_and_the_taken_ones_are_named(void **state)
{
    struct stage stage = stage_of(state);
    struct call call = fixture_call(stage.fixture, 8);
    struct basket basket;

    let_in(&stage, 7);
    let_in(&stage, 8);
    assert_int_equal(hold(&stage, 7, NULL, 2, 2, 3), OUTCOME_DONE);
    assert_int_equal(seat_hold(&call, stage.concert_id, (uint32_t[]){1, 3, 4}, 3, &basket), OUTCOME_SEAT_TAKEN);
    assert_int_equal(call.refusal.seats_count, 1);
    assert_int_equal(call.refusal.seats[0], 3);
    assert_int_equal(state_of(&stage, 1), SEAT_FREE);
    assert_int_equal(basket_of(&stage, 8).count, 0);
}

static void holding_again_what_one_holds_changes_nothing(void **state)
{
    struct stage stage = stage_of(state);
    struct basket first;
    struct basket again;

    let_in(&stage, 7);
    assert_int_equal(hold(&stage, 7, &first, 2, 2, 3), OUTCOME_DONE);
    usleep(5000);
    assert_int_equal(hold(&stage, 7, &again, 2, 2, 3), OUTCOME_DONE);
    assert_true(again.expires_ms == first.expires_ms);
    assert_int_equal(basket_of(&stage, 7).count, 2);
}

static void nobody_holds_more_than_the_limit(void **state)
{
    struct stage stage = stage_of(state);

    let_in(&stage, 7);
    assert_int_equal(hold(&stage, 7, NULL, 5, 1, 2, 3, 4, 5), OUTCOME_HOLD_LIMIT);
    assert_int_equal(hold(&stage, 7, NULL, 3, 1, 2, 3), OUTCOME_DONE);
    assert_int_equal(hold(&stage, 7, NULL, 2, 4, 5), OUTCOME_HOLD_LIMIT);
    assert_int_equal(hold(&stage, 7, NULL, 2, 3, 4), OUTCOME_DONE);
    assert_int_equal(basket_of(&stage, 7).count, 4);
}

static void impossible_seats_are_refused(void **state)
{
    struct stage stage = stage_of(state);

    let_in(&stage, 7);
    assert_int_equal(hold(&stage, 7, NULL, 1, 0), OUTCOME_BAD_VALUE);
    assert_int_equal(hold(&stage, 7, NULL, 1, ROWS * IN_ROW + 1), OUTCOME_BAD_VALUE);
    assert_int_equal(hold(&stage, 7, NULL, 2, 4, 4), OUTCOME_BAD_VALUE);
    assert_int_equal(hold(&stage, 7, NULL, 1, ROWS * IN_ROW), OUTCOME_DONE);
}

static void a_closed_sale_gives_no_holds(void **state)
{
    struct stage stage = stage_of(state);

    let_in(&stage, 7);
    set_policy(&stage, "state", "closed");
    assert_int_equal(hold(&stage, 7, NULL, 1, 1), OUTCOME_CLOSED);
}

static void before_the_opening_holds_are_refused_as_such(void **state)
{
    struct stage stage = stage_of(state);

    state_of(&stage, 1);
    set_policy(&stage, "opens_at_ms", "99999999999999");
    assert_int_equal(hold(&stage, 7, NULL, 1, 1), OUTCOME_NOT_OPEN_YET);
}

/* ---- the best seats ---- */

static void the_best_seats_are_side_by_side(void **state)
{
    struct stage stage = stage_of(state);
    struct call call = fixture_call(stage.fixture, 7);
    struct basket basket;

    let_in(&stage, 7);
    assert_int_equal(seat_hold_best(&call, stage.concert_id, 3, "R", &basket), OUTCOME_DONE);
    assert_int_equal(basket.count, 3);
    assert_int_equal(basket.seat[1].seat, basket.seat[0].seat + 1);
    assert_int_equal(basket.seat[2].seat, basket.seat[0].seat + 2);
    assert_int_equal(basket.seat[0].place.row, basket.seat[2].place.row);
}

static void an_unknown_grade_is_refused(void **state)
{
    struct stage stage = stage_of(state);
    struct call call = fixture_call(stage.fixture, 7);
    struct basket basket;

    let_in(&stage, 7);
    assert_int_equal(seat_hold_best(&call, stage.concert_id, 1, "Z", &basket), OUTCOME_BAD_VALUE);
    assert_string_equal(call.refusal.field, "grade");
}

static void the_best_of_nothing_is_sold_out(void **state)
{
    struct stage stage = stage_of(state);
    struct call call = fixture_call(stage.fixture, 7);
    struct basket basket;

    let_in(&stage, 7);
    for (uint32_t seat = 2; seat <= ROWS * IN_ROW; seat++)
        redis(&stage, "SETBIT sold:{c%" PRIu64 "} %u 1", stage.concert_id, seat);
    assert_int_equal(seat_hold_best(&call, stage.concert_id, 2, NULL, &basket), OUTCOME_SOLD_OUT);
    assert_int_equal(seat_hold_best(&call, stage.concert_id, 1, NULL, &basket), OUTCOME_DONE);
    assert_int_equal(basket.seat[0].seat, 1);
}

/* ---- giving back, more time, running out ---- */

static void only_the_holder_gives_a_seat_back(void **state)
{
    struct stage stage = stage_of(state);
    struct basket basket;

    let_in(&stage, 7);
    hold(&stage, 7, &basket, 2, 2, 3);
    const char *number = basket.seat[0].reservation_number;
    assert_int_equal(release(&stage, 8, number), OUTCOME_NOT_FOUND);
    assert_int_equal(release(&stage, 7, "20200101.1.1"), OUTCOME_NOT_FOUND);
    assert_int_equal(release(&stage, 7, "nonsense"), OUTCOME_NOT_FOUND);
    assert_int_equal(release(&stage, 7, number), OUTCOME_DONE);
    assert_int_equal(release(&stage, 7, number), OUTCOME_NOT_FOUND);
    assert_int_equal(state_of(&stage, 2), SEAT_FREE);
    assert_int_equal(state_of(&stage, 3), SEAT_HELD);
    assert_int_equal(basket_of(&stage, 7).count, 1);
}

static void leaving_gives_the_held_seats_back(void **state)
{
    struct stage stage = stage_of(state);
    struct call call = fixture_call(stage.fixture, 7);

    let_in(&stage, 7);
    hold(&stage, 7, NULL, 2, 2, 3);
    assert_int_equal(queue_leave(&call, stage.concert_id), OUTCOME_DONE);
    assert_int_equal(state_of(&stage, 2), SEAT_FREE);
    assert_int_equal(basket_of(&stage, 7).count, 0);
    uint64_t number;
    assert_int_equal(claim(&stage, 7, 2, &number), OUTCOME_HOLD_EXPIRED);
}

static void holds_are_extended_once(void **state)
{
    struct stage stage = stage_of(state);
    struct basket basket;
    int64_t ends_ms = 0;

    assert_int_equal(extend(&stage, 7, &ends_ms), OUTCOME_HOLD_EXPIRED);
    let_in(&stage, 7);
    hold(&stage, 7, &basket, 2, 2, 3);
    set_policy(&stage, "hold_ttl_ms", "400000");
    assert_int_equal(extend(&stage, 7, &ends_ms), OUTCOME_DONE);
    assert_true(ends_ms > basket.expires_ms + 90000);
    assert_true(basket_of(&stage, 7).expires_ms == ends_ms);
    /* The answer may have been lost: at once again is the same request. */
    int64_t again_ms;
    assert_int_equal(extend(&stage, 7, &again_ms), OUTCOME_DONE);
    assert_true(again_ms == ends_ms);
    redis(&stage, "DECRBY extended:{c%" PRIu64 "}:7 5000", stage.concert_id);
    assert_int_equal(extend(&stage, 7, &ends_ms), OUTCOME_EXTENSION_USED);
}

static void a_hold_that_ran_out_is_free_for_the_next(void **state)
{
    struct stage stage = stage_of(state);

    let_in(&stage, 7);
    let_in(&stage, 8);
    set_policy(&stage, "hold_ttl_ms", "400");
    hold(&stage, 7, NULL, 1, 2);
    assert_int_equal(hold(&stage, 8, NULL, 1, 2), OUTCOME_SEAT_TAKEN);
    usleep(450000);
    assert_int_equal(state_of(&stage, 2), SEAT_FREE);
    assert_int_equal(basket_of(&stage, 7).count, 0);
    assert_int_equal(hold(&stage, 8, NULL, 1, 2), OUTCOME_DONE);
}

static void holding_keeps_a_fan_inside_but_not_choosing_for_ever(void **state)
{
    struct stage stage = stage_of(state);

    let_in(&stage, 7);
    set_policy(&stage, "active_ttl_ms", "40");
    assert_int_equal(hold(&stage, 7, NULL, 1, 2), OUTCOME_DONE);
    usleep(60000);
    step(&stage);
    assert_int_equal(place(&stage, 7).state, PLACE_ACTIVE);
    assert_int_equal(hold(&stage, 7, NULL, 1, 3), OUTCOME_NOT_ADMITTED);
    uint64_t number;
    assert_int_equal(claim(&stage, 7, 2, &number), OUTCOME_DONE);
    assert_int_equal(number, 1);
}

static void the_version_and_the_mark_follow_the_seats(void **state)
{
    struct stage stage = stage_of(state);
    struct call call = fixture_call(stage.fixture, 0);
    struct seat_states before;
    struct seat_states same;
    struct seat_states after;

    let_in(&stage, 7);
    assert_int_equal(seat_states(&call, stage.concert_id, &before), OUTCOME_DONE);
    assert_int_equal(seat_states(&call, stage.concert_id, &same), OUTCOME_DONE);
    assert_int_equal(before.version, same.version);
    assert_string_equal(before.mark, same.mark);
    hold(&stage, 7, NULL, 1, 2);
    assert_int_equal(seat_states(&call, stage.concert_id, &after), OUTCOME_DONE);
    assert_true(after.version > before.version);
    assert_string_not_equal(after.mark, before.mark);
    assert_int_equal(after.total, ROWS * IN_ROW);
}

/* ---- paying ---- */

static void paying_claims_the_hold_and_gives_the_room_back(void **state)
{
    struct stage stage = stage_of(state);
    uint64_t number = 0;

    let_in(&stage, 7);
    hold(&stage, 7, NULL, 1, 2);
    assert_int_equal(claim(&stage, 7, 2, &number), OUTCOME_DONE);
    assert_int_equal(number, 1);
    sold(&stage, 7, number, 2);
    assert_int_equal(state_of(&stage, 2), SEAT_SOLD);
    assert_int_equal(place(&stage, 7).state, PLACE_NONE);
    assert_int_equal(step(&stage).active_now, 0);
    assert_int_equal(hold(&stage, 7, NULL, 1, 3), OUTCOME_NOT_ADMITTED);
    assert_int_equal(redis(&stage, "GET changes:{c%" PRIu64 "}", stage.concert_id), 1);
}

static void the_room_is_kept_while_something_else_is_held(void **state)
{
    struct stage stage = stage_of(state);
    uint64_t number;

    let_in(&stage, 7);
    hold(&stage, 7, NULL, 2, 2, 3);
    assert_int_equal(claim(&stage, 7, 2, &number), OUTCOME_DONE);
    sold(&stage, 7, number, 2);
    assert_int_equal(place(&stage, 7).state, PLACE_ACTIVE);
    assert_int_equal(basket_of(&stage, 7).count, 1);
    sold(&stage, 7, number, 3);
    assert_int_equal(place(&stage, 7).state, PLACE_NONE);
}

static bool is_left(const struct stage *stage, uint64_t account_id, uint64_t number, uint32_t seat)
{
    struct call call = fixture_call(stage->fixture, 0);
    uint32_t other = 40;
    struct seat_sale sales[] = {{account_id, number, &other, 1}, {account_id, number, &seat, 1}};
    bool left[2] = {false};

    assert_int_equal(seat_holds_left(&call, stage->concert_id, sales, 2, left), OUTCOME_DONE);
    assert_true(left[0]);
    return left[1];
}

static void what_is_left_to_do_for_a_sale_is_seen(void **state)
{
    struct stage stage = stage_of(state);
    uint64_t number;

    let_in(&stage, 7);
    hold(&stage, 7, NULL, 2, 2, 3);
    assert_int_equal(claim(&stage, 7, 2, &number), OUTCOME_DONE);
    assert_true(is_left(&stage, 7, number, 2));
    sold(&stage, 7, number, 2);
    /* Inside for the other seat's sake. */
    assert_true(is_left(&stage, 7, number, 2));
    sold(&stage, 7, number, 3);
    assert_false(is_left(&stage, 7, number, 2));
    redis(&stage, "SETBIT sold:{c%" PRIu64 "} 2 0", stage.concert_id);
    assert_true(is_left(&stage, 7, number, 2));
    redis(&stage, "SETBIT sold:{c%" PRIu64 "} 2 1", stage.concert_id);
    redis(&stage, "ZADD held:{c%" PRIu64 "}:7 1 2", stage.concert_id);
    assert_true(is_left(&stage, 7, number, 2));
    redis(&stage, "ZREM held:{c%" PRIu64 "}:7 2", stage.concert_id);
    /* Another's hold of a seat that the buyer cancelled is nothing to the sale. */
    redis(&stage, "SETEX hold:{c%" PRIu64 "}:2 60 8", stage.concert_id);
    assert_false(is_left(&stage, 7, number, 2));
    redis(&stage, "SETEX hold:{c%" PRIu64 "}:2 60 7", stage.concert_id);
    assert_true(is_left(&stage, 7, number, 2));
    redis(&stage, "DEL hold:{c%" PRIu64 "}:2", stage.concert_id);
}

static void more_sales_than_one_question_takes_are_asked_about(void **state)
{
    enum { SALES = 120 };
    struct stage stage = stage_of(state);
    struct call call = fixture_call(stage.fixture, 0);
    struct seat_sale sales[SALES];
    uint32_t seats[SALES];
    uint32_t many[300] = {1};
    bool left[SALES] = {false};

    assert_int_equal(state_of(&stage, 1), SEAT_FREE); /* what Redis knows of the concert is there now */
    for (uint32_t i = 0; i < SALES; i++) {
        seats[i] = i + 1;
        sales[i] = (struct seat_sale){7, 0, &seats[i], 1};
        if (i % 3 == 0)
            redis(&stage, "SETBIT sold:{c%" PRIu64 "} %u 1", stage.concert_id, i + 1);
    }
    sales[60] = (struct seat_sale){7, 0, many, 300};
    assert_int_equal(seat_holds_left(&call, stage.concert_id, sales, SALES, left), OUTCOME_DONE);
    for (uint32_t i = 0; i < SALES; i++)
        assert_int_equal(left[i], i % 3 != 0 || i == 60);
}

static void the_same_payment_again_does_not_throw_out_who_was_admitted_again(void **state)
{
    struct stage stage = stage_of(state);
    uint64_t number;

    let_in(&stage, 7);
    hold(&stage, 7, NULL, 1, 2);
    assert_int_equal(claim(&stage, 7, 2, &number), OUTCOME_DONE);
    sold(&stage, 7, number, 2);
    let_in(&stage, 7);
    sold(&stage, 7, number, 2);
    sold(&stage, 7, 0, 2);
    assert_int_equal(place(&stage, 7).state, PLACE_ADMITTED);
}

static void a_payment_a_little_late_takes_the_seat_while_it_is_free(void **state)
{
    struct stage stage = stage_of(state);
    uint64_t number;

    let_in(&stage, 7);
    let_in(&stage, 8);
    set_policy(&stage, "hold_ttl_ms", "20");
    hold(&stage, 7, NULL, 2, 2, 3);
    usleep(30000);
    assert_int_equal(state_of(&stage, 2), SEAT_FREE);
    assert_int_equal(claim(&stage, 7, 2, &number), OUTCOME_DONE);
    assert_int_equal(state_of(&stage, 2), SEAT_HELD);
    assert_int_equal(hold(&stage, 8, NULL, 1, 2), OUTCOME_SEAT_TAKEN);
    assert_int_equal(hold(&stage, 8, NULL, 1, 3), OUTCOME_DONE);
    struct call call = fixture_call(stage.fixture, 7);
    struct seat_claim *both = seat_holds_claim(&call, stage.concert_id, (uint32_t[]){2, 3}, 2);
    assert_int_equal(seat_holds_claimed(&call, both, &number), OUTCOME_SEAT_TAKEN);
    assert_int_equal(call.refusal.seats_count, 1);
    assert_int_equal(call.refusal.seats[0], 3);
}

static void trying_to_pay_again_and_again_does_not_hold_for_ever(void **state)
{
    struct stage stage = stage_of(state);
    uint64_t number;

    let_in(&stage, 7);
    hold(&stage, 7, NULL, 1, 2);
    assert_int_equal(claim(&stage, 7, 2, &number), OUTCOME_DONE);
    long long natural_end = redis(&stage, "ZSCORE held:{c%" PRIu64 "}:7 2", stage.concert_id);
    redis(&stage, "ZADD held:{c%" PRIu64 "}:7 %lld 2", stage.concert_id, natural_end - 300000 - 60000 - 1000);
    assert_int_equal(claim(&stage, 7, 2, &number), OUTCOME_HOLD_EXPIRED);
}

static void who_never_held_a_seat_cannot_pay_for_it(void **state)
{
    struct stage stage = stage_of(state);
    uint64_t number;

    let_in(&stage, 7);
    let_in(&stage, 8);
    hold(&stage, 7, NULL, 1, 2);
    assert_int_equal(claim(&stage, 8, 2, &number), OUTCOME_HOLD_EXPIRED);
    assert_int_equal(claim(&stage, 8, 3, &number), OUTCOME_HOLD_EXPIRED);
    fixture_redis(stage.fixture, "FLUSHALL");
    assert_int_equal(claim(&stage, 7, 2, &number), OUTCOME_HOLD_EXPIRED);
}

static void a_cancelled_seat_is_on_sale_again(void **state)
{
    struct stage stage = stage_of(state);
    struct call call = fixture_call(stage.fixture, 0);
    uint32_t seat = 2;

    sold(&stage, 7, 0, seat);
    assert_int_equal(state_of(&stage, 2), SEAT_SOLD);
    let_in(&stage, 8);
    assert_int_equal(hold(&stage, 8, NULL, 1, 2), OUTCOME_SEAT_TAKEN);
    assert_int_equal(seat_holds_unsold(&call, stage.concert_id, &seat, 1), OUTCOME_DONE);
    assert_int_equal(seat_holds_unsold(&call, stage.concert_id, &seat, 1), OUTCOME_DONE);
    assert_int_equal(redis(&stage, "GET changes:{c%" PRIu64 "}", stage.concert_id), 2);
    assert_int_equal(hold(&stage, 8, NULL, 1, 2), OUTCOME_DONE);
}

/* A consumer asked MySQL who has the seat; before it tells Redis, the fan cancels and somebody holds the seat anew. */
static void a_sale_told_late_leaves_a_newer_hold_alone(void **state)
{
    for (uint64_t next = 7; next <= 8; next++) {
        struct stage stage = stage_of(state);
        struct call call = fixture_call(stage.fixture, 7);
        uint32_t seat = 2;
        uint64_t number;
        int64_t known_ms;

        let_in(&stage, 7);
        assert_int_equal(hold(&stage, 7, NULL, 1, 2), OUTCOME_DONE);
        assert_int_equal(claim(&stage, 7, 2, &number), OUTCOME_DONE);
        sold(&stage, 7, number, seat);
        assert_int_equal(seat_holds_time(&call, &known_ms), OUTCOME_DONE);
        assert_int_equal(seat_holds_unsold(&call, stage.concert_id, &seat, 1), OUTCOME_DONE);
        let_in(&stage, next);
        assert_int_equal(hold(&stage, next, NULL, 1, 2), OUTCOME_DONE);
        assert_int_equal(seat_holds_sold(&call, stage.concert_id, 7, number, known_ms, &seat, 1), OUTCOME_DONE);
        assert_int_equal(state_of(&stage, 2), SEAT_HELD);
        assert_int_equal(basket_of(&stage, next).count, 1);
        assert_int_equal(claim(&stage, next, 2, &number), OUTCOME_DONE);
    }
}

/* What was held before MySQL was asked is the sale's own hold, whoever tells of it and however late. */
static void a_sale_told_late_ends_its_own_hold(void **state)
{
    struct stage stage = stage_of(state);
    struct call call = fixture_call(stage.fixture, 7);
    uint32_t seat = 2;
    uint64_t number;
    int64_t known_ms;

    let_in(&stage, 7);
    assert_int_equal(hold(&stage, 7, NULL, 1, 2), OUTCOME_DONE);
    assert_int_equal(claim(&stage, 7, 2, &number), OUTCOME_DONE);
    usleep(5000);
    assert_int_equal(seat_holds_time(&call, &known_ms), OUTCOME_DONE);
    assert_int_equal(seat_holds_sold(&call, stage.concert_id, 7, number, known_ms, &seat, 1), OUTCOME_DONE);
    assert_int_equal(state_of(&stage, 2), SEAT_SOLD);
    assert_int_equal(basket_of(&stage, 7).count, 0);
    assert_int_equal(place(&stage, 7).state, PLACE_NONE);
}

/* The last seat of a big hall, sold alone, is the longest run of seats that are not: seconds for a careless pattern. */
static void comparing_the_sold_seats_keeps_nobody_waiting(void **state)
{
    enum { BIG_ROWS = 100, BIG_IN_ROW = 500, SLOW_US = 200000 };
    struct stage stage = {*state, fixture_concert(*state, BIG_ROWS, BIG_IN_ROW, 1000, CAPACITY)};
    struct call call = fixture_call(stage.fixture, 7);

    place(&stage, 7);
    redis(&stage, "SETBIT sold:{c%" PRIu64 "} %d 1", stage.concert_id, BIG_ROWS * BIG_IN_ROW);
    redis(&stage, "CONFIG SET slowlog-log-slower-than %d", SLOW_US);
    redis(&stage, "SLOWLOG RESET");
    assert_int_equal(concert_sync(&call, stage.concert_id), OUTCOME_DONE);
    assert_int_equal(redis(&stage, "BITCOUNT sold:{c%" PRIu64 "}", stage.concert_id), 0);
    assert_int_equal(redis(&stage, "SLOWLOG LEN"), 0);
}

/* What MySQL and Redis say alike is left alone, whether or not the map in Redis goes to the end of the hall. */
static void comparing_the_sold_seats_changes_nothing_when_they_are_the_same(void **state)
{
    struct stage stage = stage_of(state);
    struct call call = fixture_call(stage.fixture, 7);

    place(&stage, 7);
    long long version = redis(&stage, "GET version:{c%" PRIu64 "}", stage.concert_id);
    assert_int_equal(concert_sync(&call, stage.concert_id), OUTCOME_DONE);
    redis(&stage, "DEL sold:{c%" PRIu64 "}", stage.concert_id);
    assert_int_equal(concert_sync(&call, stage.concert_id), OUTCOME_DONE);
    assert_int_equal(redis(&stage, "GET version:{c%" PRIu64 "}", stage.concert_id), version);
}

/* A thousand seats a call: Redis is to answer in time. */
static void hold_all(const struct stage *stage, const char *const keys[3], int seats)
{
    static const char script[] = "for seat = ARGV[1] + 1, ARGV[1] + 1000 do "
                                 "redis.call('SET', KEYS[1] .. ':' .. seat, 7, 'PX', 600000) "
                                 "redis.call('ZADD', KEYS[2], redis.call('TIME')[1] * 1000 + 600000, seat) "
                                 "redis.call('SETBIT', KEYS[3], seat, 1) end";
    struct call call = fixture_call(stage->fixture, 0);

    for (int first = 0; first < seats; first += 1000)
        must(redis_command(
            call.store->redis, call.mem,
            REDIS_TEXTS("EVAL", script, "3", keys[0], keys[1], keys[2], must(talloc_asprintf(call.mem, "%d", first)))));
}

/* Every seat of a big hall is held, and the map or the list of the ends is lost. */
static void a_big_hall_is_mended_by_short_steps(void **state)
{
    enum { BIG_ROWS = 100, BIG_IN_ROW = 500, BIG = BIG_ROWS * BIG_IN_ROW, A_STEP = 100 };
    struct stage stage = {*state, fixture_concert(*state, BIG_ROWS, BIG_IN_ROW, 1000, CAPACITY)};
    struct call call = fixture_call(stage.fixture, 0);
    const char *const keys[] = {key(&stage, "hold"), key(&stage, "holds"), key(&stage, "hold_bits")};

    place(&stage, 7);
    hold_all(&stage, keys, BIG);
    for (int lost = 1; lost <= 2; lost++) {
        bool more = true;
        redis(&stage, "DEL %s", keys[lost]);
        for (int steps = 1; more; steps++) {
            assert_int_equal(seat_holds_tidy(&call, stage.concert_id, &more), OUTCOME_DONE);
            assert_true(lost == 2 || redis(&stage, "ZCARD %s", keys[1]) <= steps * A_STEP);
            assert_true(lost == 1 || redis(&stage, "BITCOUNT %s", keys[2]) <= steps * A_STEP);
        }
        assert_int_equal(redis(&stage, "ZCARD %s", keys[1]), BIG);
        assert_int_equal(redis(&stage, "BITCOUNT %s", keys[2]), BIG);
        assert_true(redis(&stage, "ZSCORE %s 50000", keys[1]) > call.now_ms);
    }
}

/* ---- many at once ---- */

enum { CROWD = 24, CROWD_THREADS = 8 };

struct seeker {
    struct store *store;
    uint64_t concert_id;
    uint64_t first_account;
    size_t held;
    size_t taken;
    size_t wrong;
};

static void *seek(void *arg)
{
    struct seeker *seeker = arg;

    for (uint64_t i = 0; i < CROWD / CROWD_THREADS; i++) {
        struct basket basket;
        struct call call = {.mem = seeker->store, .store = seeker->store, .account_id = seeker->first_account + i};
        switch ((int)seat_hold_best(&call, seeker->concert_id, 2, NULL, &basket)) {
        case OUTCOME_DONE: seeker->held++; break;
        case OUTCOME_SEAT_TAKEN: seeker->taken++; break;
        default: seeker->wrong++; break;
        }
    }
    mysql_thread_stop();
    return NULL;
}

static void a_crowd_asking_for_the_best_gets_seats_without_needless_refusals(void **state)
{
    struct stage stage = stage_of(state);
    struct seeker seekers[CROWD_THREADS];
    pthread_t threads[CROWD_THREADS];
    size_t held = 0;

    for (uint64_t account = 1; account <= CROWD; account++)
        let_in(&stage, account);
    for (size_t i = 0; i < CROWD_THREADS; i++) {
        seekers[i] = (struct seeker){.store = fixture_store(stage.fixture),
                                     .concert_id = stage.concert_id,
                                     .first_account = 1 + i * (CROWD / CROWD_THREADS)};
        pthread_create(&threads[i], NULL, seek, &seekers[i]);
    }
    for (size_t i = 0; i < CROWD_THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(seekers[i].wrong, 0);
        held += seekers[i].held;
        talloc_free(seekers[i].store);
    }
    /* 24 fans want 48 of 50 seats, and everybody gets two. */
    assert_int_equal(held, CROWD);
    assert_int_equal(redis(&stage, "BITCOUNT hold_bits:{c%" PRIu64 "}", stage.concert_id), CROWD * 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(only_the_admitted_may_hold),
        TEST(the_first_hold_takes_the_admission_up),
        TEST(seats_are_held_all_or_none_and_the_taken_ones_are_named),
        TEST(holding_again_what_one_holds_changes_nothing),
        TEST(nobody_holds_more_than_the_limit),
        TEST(impossible_seats_are_refused),
        TEST(a_closed_sale_gives_no_holds),
        TEST(before_the_opening_holds_are_refused_as_such),
        TEST(the_best_seats_are_side_by_side),
        TEST(an_unknown_grade_is_refused),
        TEST(the_best_of_nothing_is_sold_out),
        TEST(only_the_holder_gives_a_seat_back),
        TEST(leaving_gives_the_held_seats_back),
        TEST(holds_are_extended_once),
        TEST(a_hold_that_ran_out_is_free_for_the_next),
        TEST(holding_keeps_a_fan_inside_but_not_choosing_for_ever),
        TEST(the_version_and_the_mark_follow_the_seats),
        TEST(paying_claims_the_hold_and_gives_the_room_back),
        TEST(what_is_left_to_do_for_a_sale_is_seen),
        TEST(more_sales_than_one_question_takes_are_asked_about),
        TEST(the_room_is_kept_while_something_else_is_held),
        TEST(the_same_payment_again_does_not_throw_out_who_was_admitted_again),
        TEST(a_payment_a_little_late_takes_the_seat_while_it_is_free),
        TEST(trying_to_pay_again_and_again_does_not_hold_for_ever),
        TEST(who_never_held_a_seat_cannot_pay_for_it),
        TEST(a_cancelled_seat_is_on_sale_again),
        TEST(a_sale_told_late_leaves_a_newer_hold_alone),
        TEST(a_sale_told_late_ends_its_own_hold),
        TEST(comparing_the_sold_seats_keeps_nobody_waiting),
        TEST(comparing_the_sold_seats_changes_nothing_when_they_are_the_same),
        TEST(a_big_hall_is_mended_by_short_steps),
        TEST(a_crowd_asking_for_the_best_gets_seats_without_needless_refusals),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
