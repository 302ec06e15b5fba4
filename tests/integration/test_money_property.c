/*
 * Random charges, holds, payments, cancellations, ends of holds, losses of Redis and cut connections.
 *
 * One after the other, everything is compared with a model of a few lines after every step. Side by
 * side, every fan keeps their own accounts while the promises are checked all the time. The seed is
 * printed; FRONTROW_TEST_SEED=n plays the same steps again.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "domain/cancellation.h"
#include "domain/invariant.h"
#include "domain/payment.h"
#include "domain/points.h"
#include "store/concert_warm_up.h"
#include "store/mysql.h"
#include "store/queues.h"
#include "store/redis.h"
#include "store/seat_holds.h"
#include "tests/integration/money.h"
#include "tests/integration/wire.h"

enum {
    FANS = 4,
    SEATS = 10,
    PRICE = 1000,
    STEPS = 150,
    SEEDS = 3,
    CROWD_STEPS = 60,
    TRIES_MAX = 400,
    ANSWER_MAX = 300,
};

/* Chance. The same seed gives the same numbers on every machine. */
struct chance {
    uint64_t state;
};

static uint32_t below(struct chance *chance, uint32_t limit)
{
    chance->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = chance->state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((mixed ^ (mixed >> 31)) % limit);
}

static uint64_t first_seed(void)
{
    const char *wanted = getenv("FRONTROW_TEST_SEED");

    return wanted != NULL ? strtoull(wanted, NULL, 10) : (uint64_t)clock_now_ms();
}

/* A fan, and what a request of theirs is. */

enum kind { CHARGE, PAY, CANCEL };

struct wish {
    enum kind kind;
    int64_t amount;
    uint32_t seats[2];
    size_t seats_count;
    char key[32]; /* and body: the fingerprint is made of it */
    enum wire_cut cut;
    bool dead;
};

struct fan {
    uint64_t account_id;
    uint64_t concert;
    struct chance chance;
    struct wire *wire;
    struct store *store;
    unsigned keys;
    int64_t points;       /* what they must be */
    bool owns[SEATS + 1]; /* as far as this fan was told */
    uint32_t held[2];     /* the last seats it got hold of; 0: none */
    struct wish last;     /* the last one that came true */
    char last_answer[ANSWER_MAX];
    char complaint[200]; /* what went wrong; "" when nothing did */
};

static void open_fan(struct fixture *fixture, struct fan *fan, uint64_t concert, uint64_t seed, int64_t points)
{
    struct config *config = must(talloc_memdup(NULL, fixture->config, sizeof(*config)));

    *fan = (struct fan){.account_id = fixture_account(fixture, points), .concert = concert, .points = points};
    fan->chance.state = seed;
    fan->wire = wire_open(fixture->config->mysql_socket);
    config->mysql_socket = must(talloc_strdup(config, wire_path(fan->wire)));
    fan->store = store_new(config, must(store_shared_new(config, config)));
    /* As threads of one process: their changes may share a transaction, on the wire of any of them. */
    fan->store->changes = fixture->shared->changes;
}

static void close_fan(struct fan *fan)
{
    talloc_free(talloc_parent(fan->store));
    wire_close(fan->wire);
}

static struct call call_of(struct fan *fan, void *mem, const char *key)
{
    struct call call = {.mem = mem,
                        .store = fan->store,
                        .now_ms = clock_now_ms(),
                        .request_id = "property",
                        .client_address = "127.0.0.1"};

    money_become(&call, fan->account_id, key, key);
    return call;
}

static enum outcome ask_once(struct fan *fan, const struct wish *wish, char answer[ANSWER_MAX])
{
    void *mem = must(talloc_new(NULL));
    struct call call = call_of(fan, mem, wish->key);
    const char *numbers[2];
    const char *receipt = "";
    enum outcome outcome = OUTCOME_UNAVAILABLE;

    for (size_t i = 0; i < wish->seats_count; i++)
        numbers[i] = money_number(&call, fan->concert, wish->seats[i]);
    switch (wish->kind) {
    case CHARGE: outcome = points_charge(&call, wish->amount, &receipt); break;
    case PAY: outcome = payment_make(&call, numbers, wish->seats_count, &receipt); break;
    case CANCEL: outcome = cancellation_make(&call, numbers[0], &receipt); break;
    }
    snprintf(answer, ANSWER_MAX, "%s", outcome == OUTCOME_DONE ? receipt : "");
    talloc_free(mem);
    return outcome;
}

/* As a client does: the same key until the outcome is one. A wire that stays dead is mended by the second try. */
static enum outcome ask(struct fan *fan, const struct wish *wish, char answer[ANSWER_MAX])
{
    enum outcome outcome;
    int tries = 0;

    wire_cut_next(fan->wire, wish->cut, wish->dead);
    do {
        outcome = ask_once(fan, wish, answer);
        wire_mend(fan->wire);
        if (money_passes(outcome))
            usleep(2000);
    } while (money_passes(outcome) && ++tries < TRIES_MAX);
    return outcome;
}

static uint32_t some_owned_seat(struct fan *fan)
{
    uint32_t start = below(&fan->chance, SEATS);

    for (uint32_t i = 0; i < SEATS; i++)
        if (fan->owns[1 + (start + i) % SEATS])
            return 1 + (start + i) % SEATS;
    return 1 + start;
}

/* Mostly what it holds or owns, sometimes anything. */
static void choose_seats(struct fan *fan, struct wish *wish)
{
    wish->seats_count = wish->kind == CHARGE ? 0 : 1;
    wish->seats[0] = 1 + below(&fan->chance, SEATS);
    if (wish->kind == PAY && fan->held[0] != 0 && below(&fan->chance, 5) > 0)
        wish->seats[0] = fan->held[0];
    if (wish->kind == CANCEL && below(&fan->chance, 5) > 0)
        wish->seats[0] = some_owned_seat(fan);
    wish->seats[1] = fan->held[1] != 0 ? fan->held[1] : 1 + wish->seats[0] % SEATS;
    if (wish->kind == PAY && wish->seats[0] != wish->seats[1])
        wish->seats_count += below(&fan->chance, 2);
}

static struct wish make_wish(struct fan *fan, enum kind kind)
{
    static const enum wire_cut cuts[] = {WIRE_CUT_BEFORE_COMMIT, WIRE_CUT_AFTER_COMMIT};
    struct wish wish = {.kind = kind, .amount = 1 + below(&fan->chance, 2 * PRICE)};

    snprintf(wish.key, sizeof(wish.key), "key-%u", ++fan->keys);
    choose_seats(fan, &wish);
    if (below(&fan->chance, 10) < 3) {
        wish.cut = cuts[below(&fan->chance, 2)];
        wish.dead = below(&fan->chance, 3) == 0;
    }
    return wish;
}

static void complain(struct fan *fan, const struct wish *wish, const char *why, enum outcome outcome)
{
    if (fan->complaint[0] == '\0')
        snprintf(fan->complaint, sizeof(fan->complaint), "account %" PRIu64 " %s kind %d seats %u %u (%zu): %s, %s",
                 fan->account_id, wish->key, (int)wish->kind, wish->seats[0], wish->seats[1], wish->seats_count, why,
                 outcome_code(outcome));
}

static int64_t price_of(const struct wish *wish)
{
    return (int64_t)wish->seats_count * PRICE;
}

static bool owns_any(const struct fan *fan, const struct wish *wish)
{
    return (wish->seats_count > 0 && fan->owns[wish->seats[0]]) || (wish->seats_count > 1 && fan->owns[wish->seats[1]]);
}

static void came_true(struct fan *fan, const struct wish *wish, const char *answer)
{
    switch (wish->kind) {
    case CHARGE: fan->points += wish->amount; break;
    case PAY:
        if (owns_any(fan, wish) || fan->points < price_of(wish))
            complain(fan, wish, "paid for what could not be had", OUTCOME_DONE);
        fan->points -= price_of(wish);
        for (size_t i = 0; i < wish->seats_count; i++)
            fan->owns[wish->seats[i]] = true;
        break;
    case CANCEL:
        if (!fan->owns[wish->seats[0]])
            complain(fan, wish, "cancelled what was not owned", OUTCOME_DONE);
        fan->points += PRICE;
        fan->owns[wish->seats[0]] = false;
        break;
    }
    fan->last = *wish;
    snprintf(fan->last_answer, ANSWER_MAX, "%s", answer);
}

static void was_refused(struct fan *fan, const struct wish *wish, enum outcome outcome)
{
    bool may = false;

    switch (wish->kind) {
    case CHARGE: break;
    case PAY:
        may = outcome == OUTCOME_SEAT_TAKEN || outcome == OUTCOME_HOLD_EXPIRED ||
              (outcome == OUTCOME_POINTS_TOO_FEW && fan->points < price_of(wish));
        break;
    case CANCEL: may = outcome == OUTCOME_NOT_FOUND && !fan->owns[wish->seats[0]]; break;
    }
    if (!may)
        complain(fan, wish, "refused without a reason", outcome);
}

static void do_wish(struct fan *fan, enum kind kind)
{
    struct wish wish = make_wish(fan, kind);
    char answer[ANSWER_MAX];
    enum outcome outcome = ask(fan, &wish, answer);

    if (kind == PAY)
        memset(fan->held, 0, sizeof(fan->held));
    if (outcome == OUTCOME_DONE)
        came_true(fan, &wish, answer);
    else
        was_refused(fan, &wish, outcome);
}

static void repeat_last(struct fan *fan)
{
    char answer[ANSWER_MAX];

    if (fan->last.key[0] == '\0')
        return;
    enum outcome outcome = ask(fan, &fan->last, answer);
    if (outcome != OUTCOME_DONE || strcmp(answer, fan->last_answer) != 0)
        complain(fan, &fan->last, "another answer to the same key", outcome);
}

/* Enter when needed and hold; whether it works is not the point. */
static void try_to_hold(struct fan *fan)
{
    void *mem = must(talloc_new(NULL));
    struct call call = call_of(fan, mem, "none");
    struct place place;
    struct queue_step step;
    struct seat_holds holds;
    uint32_t seat = 1 + below(&fan->chance, SEATS);

    if (queues_join(&call, fan->concert, 0, &place) == OUTCOME_DONE && place.state != PLACE_ACTIVE) {
        queues_admit(&call, fan->concert, 200, &step);
        queues_join(&call, fan->concert, 0, &place);
    }
    if (seat_holds_place(&call, fan->concert, &seat, 1, 1, &holds) == OUTCOME_DONE && seat != fan->held[0]) {
        fan->held[1] = fan->held[0];
        fan->held[0] = seat;
    }
    talloc_free(mem);
}

/* The key of a hold goes as if its time were over; the trace of it stays. */
static void let_a_hold_end(struct fan *fan)
{
    void *mem = must(talloc_new(NULL));
    struct call call = call_of(fan, mem, "none");
    const char *key =
        must(talloc_asprintf(mem, "hold:{c%" PRIu64 "}:%u", fan->concert, 1 + (unsigned)below(&fan->chance, SEATS)));

    redis_command(call.store->redis, mem, REDIS_TEXTS("DEL", key));
    talloc_free(mem);
}

/* Redis is wrong: it says that this fan holds a seat which may be sold, or another's. */
static void let_redis_lie(struct fan *fan)
{
    void *mem = must(talloc_new(NULL));
    uint32_t seat = 1 + below(&fan->chance, SEATS);
    const char *seat_text = must(talloc_asprintf(mem, "%u", seat));
    const char *account = must(talloc_asprintf(mem, "%" PRIu64, fan->account_id));
    const char *end = must(talloc_asprintf(mem, "%" PRId64, clock_now_ms() + 60000));
    const char *hold = must(talloc_asprintf(mem, "hold:{c%" PRIu64 "}:%u", fan->concert, seat));
    const char *held = must(talloc_asprintf(mem, "held:{c%" PRIu64 "}:%s", fan->concert, account));
    const char *sold = must(talloc_asprintf(mem, "sold:{c%" PRIu64 "}", fan->concert));

    redis_command(fan->store->redis, mem, REDIS_TEXTS("SET", hold, account, "PX", "60000"));
    redis_command(fan->store->redis, mem, REDIS_TEXTS("ZADD", held, end, seat_text));
    redis_command(fan->store->redis, mem, REDIS_TEXTS("SETBIT", sold, seat_text, "0"));
    fan->held[0] = seat;
    talloc_free(mem);
}

/* What the gate does now and then: Redis's sold seats become MySQL's again. */
static void sync_redis(struct fan *fan)
{
    void *mem = must(talloc_new(NULL));
    struct call call = call_of(fan, mem, "none");

    concert_sync(&call, fan->concert);
    talloc_free(mem);
}

/* The queue waits for tickets after a loss; here it has waited already. */
static void forget_redis(struct fan *fan)
{
    void *mem = must(talloc_new(NULL));
    const char *gate = must(talloc_asprintf(mem, "gate:{c%" PRIu64 "}", fan->concert));

    redis_command(fan->store->redis, mem, REDIS_TEXTS("FLUSHALL"));
    redis_command(fan->store->redis, mem, REDIS_TEXTS("HSET", gate, "since", "1"));
    talloc_free(mem);
}

static void take_step(struct fan *fan)
{
    uint32_t dice = below(&fan->chance, 100);

    if (dice < 12)
        do_wish(fan, CHARGE);
    else if (dice < 45)
        try_to_hold(fan);
    else if (dice < 66)
        do_wish(fan, PAY);
    else if (dice < 80)
        do_wish(fan, CANCEL);
    else if (dice < 86)
        repeat_last(fan);
    else if (dice < 90)
        let_a_hold_end(fan);
    else if (dice < 95)
        let_redis_lie(fan);
    else if (dice < 99)
        sync_redis(fan);
    else
        forget_redis(fan);
}

/* What MySQL says against what the fans say. */

static void promises_hold(struct fixture *fixture)
{
    struct call call = fixture_call(fixture, 0);
    struct promise *promises;
    size_t count;

    assert_int_equal(invariant_check(&call, &promises, &count), OUTCOME_DONE);
    for (size_t i = 0; i < count; i++)
        if (promises[i].broken > 0)
            fail_msg("broken promise: %s: %s", promises[i].promise, promises[i].first);
}

static void fans_are_right(struct fixture *fixture, const struct fan *fans)
{
    for (int i = 0; i < FANS; i++) {
        if (fans[i].complaint[0] != '\0')
            fail_msg("%s", fans[i].complaint);
        assert_int_equal(money_points(fixture, fans[i].account_id), fans[i].points);
        int64_t owned = 0;
        for (int seat = 1; seat <= SEATS; seat++)
            owned += fans[i].owns[seat] ? INT64_C(1) << seat : 0;
        assert_int_equal(fixture_number(fixture, must(talloc_asprintf(fixture->mem,
                                                                      "SELECT COALESCE(SUM(1 << seat), 0) FROM "
                                                                      "reservation WHERE taken = 1 AND account_id = "
                                                                      "%" PRIu64,
                                                                      fans[i].account_id))),
                         owned);
    }
}

static void open_fans(struct fixture *fixture, struct fan *fans, uint64_t seed)
{
    uint64_t concert = fixture_concert(fixture, 1, SEATS, PRICE, FANS);

    print_message("FRONTROW_TEST_SEED=%" PRIu64 "\n", seed);
    for (int i = 0; i < FANS; i++)
        open_fan(fixture, &fans[i], concert, seed * FANS + (uint64_t)i, 2 * PRICE);
}

static void close_fans(struct fan *fans)
{
    for (int i = 0; i < FANS; i++)
        close_fan(&fans[i]);
}

static void one_after_the_other_everything_is_as_the_model_says(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seed = first_seed();

    for (int turn = 0; turn < SEEDS; turn++, seed++) {
        struct fan fans[FANS];
        struct chance whose = {.state = seed};
        open_fans(fixture, fans, seed);
        for (int step = 0; step < STEPS; step++) {
            take_step(&fans[below(&whose, FANS)]);
            fans_are_right(fixture, fans);
            promises_hold(fixture);
        }
        close_fans(fans);
    }
}

struct crowd_of_fans {
    struct fan fans[FANS];
    atomic_int done;
    struct fixture *fixture;
};

static void act_as_fan(struct call *call, size_t index, void *args)
{
    struct crowd_of_fans *crowd = args;

    (void)call;
    for (int step = 0; step < CROWD_STEPS; step++)
        take_step(&crowd->fans[index]);
    atomic_fetch_add(&crowd->done, 1);
}

static void check_all_the_time(struct call *call, struct crowd_of_fans *crowd)
{
    struct promise *promises;
    size_t count;

    while (atomic_load(&crowd->done) < FANS) {
        if (invariant_check(call, &promises, &count) != OUTCOME_DONE)
            abort();
        for (size_t i = 0; i < count; i++)
            if (promises[i].broken > 0)
                snprintf(crowd->fans[0].complaint, sizeof(crowd->fans[0].complaint), "broken while it ran: %s: %s",
                         promises[i].promise, promises[i].first);
    }
}

static void act_or_check(struct call *call, size_t index, void *args)
{
    if (index < FANS)
        act_as_fan(call, index, args);
    else
        check_all_the_time(call, args);
}

static void side_by_side_every_fan_is_right_and_no_promise_is_broken_meanwhile(void **state)
{
    struct crowd_of_fans crowd = {.fixture = *state};
    uint64_t seed = first_seed();

    for (int turn = 0; turn < SEEDS; turn++, seed++) {
        atomic_store(&crowd.done, 0);
        open_fans(crowd.fixture, crowd.fans, seed);
        money_crowd(crowd.fixture->shared, FANS + 1, act_or_check, &crowd);
        fans_are_right(crowd.fixture, crowd.fans);
        promises_hold(crowd.fixture);
        close_fans(crowd.fans);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(one_after_the_other_everything_is_as_the_model_says),
        TEST(side_by_side_every_fan_is_right_and_no_promise_is_broken_meanwhile),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
