/*
 * One key of a concert is lost alone, in mid-sale: by an eviction, by somebody's DEL. Whichever it is, no number is
 * given out twice, nobody is let in above the capacity, and who has a ticket keeps the place.
 */
#include "tests/integration/fixture.h"

#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "domain/board.h"
#include "domain/concert.h"
#include "domain/draw.h"
#include "domain/queue.h"
#include "domain/shuffle.h"
#include "store/concert_warm_up.h"
#include "store/queues.h"
#include "store/queues_series.h"
#include "store/redis.h"
#include "store/seat_holds.h"

enum {
    CAPACITY = 4,
    WAITING = 12,
    FANS = CAPACITY + WAITING,
    NEWCOMERS = 5,
    PEOPLE = FANS + NEWCOMERS,
    SOLD = 9,
    HELD = 7
};

static struct {
    struct fixture *fixture;
    uint64_t concert_id;
    struct {
        const char *ticket;
        uint64_t number;
    } fan[PEOPLE + 1];
} play;

static char *named(const char *name)
{
    const char *rest = strchrnul(name, ':');

    return must(
        talloc_asprintf(play.fixture->mem, "%.*s:{c%" PRIu64 "}%s", (int)(rest - name), name, play.concert_id, rest));
}

static long long ask(const char *verb, const char *name, const char *rest)
{
    return fixture_redis(play.fixture, must(talloc_asprintf(play.fixture->mem, "%s %s %s", verb, named(name), rest)));
}

static struct queue_place join(uint64_t n, const char *ticket)
{
    struct call call = fixture_call(play.fixture, n);
    struct queue_place own;

    assert_int_equal(queue_join(&call, play.concert_id, ticket, &own), OUTCOME_DONE);
    return own;
}

static struct queue_step step(void)
{
    struct call call = fixture_call(play.fixture, 0);
    struct queue_step done;

    assert_int_equal(queues_admit(&call, play.concert_id, QUEUES_BATCH_MAX, &done), OUTCOME_DONE);
    assert_true(done.admitted_now + done.active_now <= CAPACITY);
    assert_int_equal(done.inversions, 0);
    return done;
}

static void come(uint64_t first, uint64_t last)
{
    for (uint64_t n = first; n <= last; n++) {
        struct queue_place own = join(n, NULL);
        assert_true(own.place.is_new);
        play.fan[n].ticket = must(talloc_strdup(play.fixture->mem, own.ticket));
        play.fan[n].number = own.place.number;
    }
}

/* Two are inside, one of them with a seat on hold; two are called; one is away; the others wait. */
static void begin_sale(void)
{
    struct call call = fixture_call(play.fixture, 1);
    struct queue_row *rows;
    struct seat_holds holds;
    size_t count;

    play.concert_id = fixture_concert(play.fixture, 5, 10, 1000, CAPACITY);
    come(1, FANS);
    assert_int_equal(step().admitted, CAPACITY);
    join(1, NULL);
    join(2, NULL);
    assert_int_equal(seat_holds_place(&call, play.concert_id, (uint32_t[]){HELD}, 1, 1, &holds), OUTCOME_DONE);
    assert_int_equal(seat_holds_unsold(&call, play.concert_id, (uint32_t[]){SOLD}, 1), OUTCOME_DONE);
    assert_int_equal(queues_sample(&call, play.concert_id, &rows, &count), OUTCOME_DONE);
    assert_int_equal(queues_flow(&call, play.concert_id, (struct flow){.low = 10, .high = 20}), OUTCOME_DONE);
}

/* Pages ask, and hand their ticket in when they are not known. */
static void everybody_asks(void)
{
    for (uint64_t n = FANS; n >= 1; n--) {
        struct call call = fixture_call(play.fixture, n);
        struct queue_place own;
        assert_int_equal(queue_find(&call, play.concert_id, &own), OUTCOME_DONE);
        if (own.place.state == PLACE_NONE)
            own = join(n, play.fan[n].ticket);
        assert_int_equal(own.place.number, play.fan[n].number);
    }
}

static void nobody_has_the_number_of_another(void)
{
    for (uint64_t n = 1; n <= PEOPLE; n++)
        for (uint64_t other = 1; other < n; other++)
            assert_int_not_equal(play.fan[n].number, play.fan[other].number);
}

/* However long the sale goes on, fans go in by their numbers. */
static void all_go_in_by_their_numbers(void)
{
    uint64_t front = 0;

    ask("HINCRBY", "gate", "since -21000");
    for (uint64_t left = PEOPLE; left > 0;) {
        step();
        for (uint64_t n = 1; n <= PEOPLE; n++) {
            struct call call = fixture_call(play.fixture, n);
            struct queue_place own;
            assert_int_equal(queue_find(&call, play.concert_id, &own), OUTCOME_DONE);
            if (own.place.state != PLACE_ADMITTED && own.place.state != PLACE_ACTIVE)
                continue;
            assert_true(own.place.number > front);
            front = own.place.number;
            assert_int_equal(join(n, NULL).place.state, PLACE_ACTIVE);
            assert_int_equal(queue_leave(&call, play.concert_id), OUTCOME_DONE);
            left--;
        }
    }
}

static void the_seats_are_as_they_were(void)
{
    struct call call = fixture_call(play.fixture, 2);
    struct seat_map map;
    struct board board;

    assert_int_equal(board_read(&call, play.concert_id, &board), OUTCOME_DONE);
    assert_int_equal(board.seats_left, 50);
    assert_int_equal(seat_holds_map(&call, play.concert_id, &map), OUTCOME_DONE);
    assert_true(map.version > (uint64_t)call.now_ms / 2);
    assert_int_equal(ask("EXISTS", "sold", ""), 1);
    if (ask("EXISTS", "hold:7", "") == 1) {
        assert_int_equal(ask("GETBIT", "hold_bits", "7"), 1);
        assert_true(ask("ZSCORE", "holds", "7") > call.now_ms);
    }
}

static void lose(const char *key)
{
    print_message("          without %s\n", key);
    begin_sale();
    assert_int_equal(ask("DEL", key, ""), 1);
    come(FANS + 1, PEOPLE);
    step();
    everybody_asks();
    nobody_has_the_number_of_another();
    the_seats_are_as_they_were();
    all_go_in_by_their_numbers();
}

static void a_place_is_given_back_after_a_second_loss_too(void **state)
{
    play.fixture = *state;
    begin_sale();
    fixture_redis(play.fixture, "FLUSHALL");
    everybody_asks();
    assert_int_equal(ask("DEL", "wait", ""), 1);
    come(FANS + 1, PEOPLE);
    everybody_asks();
    nobody_has_the_number_of_another();
    all_go_in_by_their_numbers();
}

/* ---- before the opening ---- */

static void set_opening(int64_t from_now_ms)
{
    struct call call = fixture_call(play.fixture, 0);
    struct policy policy = {.opens_ms = call.now_ms + from_now_ms};
    struct concert concert;

    assert_int_equal(concert_change(&call, play.concert_id, 1u << POLICY_OPENS_AT, &policy, &concert), OUTCOME_DONE);
}

static void draw_all(void)
{
    struct call call = fixture_call(play.fixture, 0);
    struct draw_run *run = draw_run_new(play.fixture->mem, play.concert_id);

    for (bool done = false; !done;)
        assert_int_equal(draw_run_step(&call, run, &done), OUTCOME_DONE);
}

/* Each was in the list that the draw was made from, and has the number that it gave. */
static void the_draw_is_right_for_everybody(void)
{
    struct call call = fixture_call(play.fixture, 0);
    struct shown_draw shown;
    const uint8_t *list;
    size_t length;

    assert_int_equal(draw_show(&call, play.concert_id, &shown), OUTCOME_DONE);
    assert_int_equal(draw_list(&call, play.concert_id, &list, &length), OUTCOME_DONE);
    struct shuffle shuffle = shuffle_new(shown.seed, shown.list_hash, shown.last_entry);
    for (uint64_t n = 1; n <= FANS; n++) {
        uint64_t entry = play.fan[n].number;
        assert_true(entry / 8 < length && (list[entry / 8] & (0x80 >> entry % 8)) != 0);
        assert_int_equal(join(n, play.fan[n].ticket).place.number, shuffle_number(&shuffle, entry));
    }
}

static void lose_early(const char *key)
{
    print_message("          early, without %s\n", key);
    play.concert_id = fixture_concert(play.fixture, 5, 10, 1000, CAPACITY);
    set_opening(3600000);
    come(1, FANS);
    assert_int_equal(ask("DEL", key, ""), 1);
    step();
    everybody_asks();
    set_opening(-120000);
    ask("HINCRBY", "gate", "since -300000");
    draw_all();
    the_draw_is_right_for_everybody();
}

static void any_key_of_the_early_may_be_lost_alone(void **state)
{
    static const char *const keys[] = {"early", "early_seen:0", "entered:0", "draw", "seq"};

    play.fixture = *state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        lose_early(keys[i]);
}

static void any_key_may_be_lost_alone(void **state)
{
    static const char *const keys[] = {
        "concert", "seq",     "wait",  "admitted",  "active", "places", "served",  "gate",    "sold",    "seen:0",
        "totals",  "sampled", "holds", "hold_bits", "hold:7", "held:1", "version", "changes", "revoked",
    };

    play.fixture = *state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        lose(keys[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(any_key_may_be_lost_alone),
        TEST(any_key_of_the_early_may_be_lost_alone),
        TEST(a_place_is_given_back_after_a_second_loss_too),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
