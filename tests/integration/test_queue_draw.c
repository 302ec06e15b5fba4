#include "tests/integration/fixture.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/must.h"
#include "domain/admission.h"
#include "domain/draw.h"
#include "domain/queue.h"
#include "domain/shuffle.h"
#include "store/queues.h"

enum { FANS = 40, CAPACITY = 5, GONE = 7 };

struct stage {
    struct fixture *fixture;
    uint64_t concert_id;
    const char *tickets[FANS + 1];
    uint64_t numbers[FANS + 1];
};

static long long redis(const struct stage *stage, const char *format, ...)
{
    char command[512];
    va_list args;

    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    return fixture_redis(stage->fixture, command);
}

/* Set the moment of opening in Redis, so that no test has to wait for it. */
static void set_opening(const struct stage *stage, const char *ms)
{
    struct call call = fixture_call(stage->fixture, 0);
    struct place place;

    assert_int_equal(queues_find(&call, stage->concert_id, &place), OUTCOME_DONE);
    redis(stage, "HSET concert:{c%" PRIu64 "} opens_at_ms %s", stage->concert_id, ms);
}

static void open_it(const struct stage *stage)
{
    set_opening(stage, "1000");
}

static struct queue_place join(struct stage *stage, uint64_t account_id, const char *ticket)
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

/* Fans 1 to FANS came before the opening, and one of them left again. */
static struct stage gathered(void **state)
{
    struct fixture *fixture = *state;
    struct stage stage = {.fixture = fixture, .concert_id = fixture_concert(fixture, 5, 10, 1000, CAPACITY)};
    struct call call = fixture_call(fixture, GONE);

    set_opening(&stage, "99999999999999");
    for (uint64_t account = 1; account <= FANS; account++)
        stage.tickets[account] = join(&stage, account, NULL).ticket;
    assert_int_equal(queue_leave(&call, stage.concert_id), OUTCOME_DONE);
    return stage;
}

static struct shown_draw show(const struct stage *stage)
{
    struct call call = fixture_call(stage->fixture, 0);
    struct shown_draw shown;

    assert_int_equal(draw_show(&call, stage->concert_id, &shown), OUTCOME_DONE);
    return shown;
}

static void run_draw(const struct stage *stage, int steps)
{
    struct draw_run *run = draw_run_new(stage->fixture->mem, stage->concert_id);
    bool done = false;

    for (int i = 0; i < steps && !done; i++) {
        struct call call = fixture_call(stage->fixture, 0);
        assert_int_equal(draw_run_step(&call, run, &done), OUTCOME_DONE);
    }
    talloc_free(run);
}

/* Everybody had the time to come back after a loss. */
static void be_patient(const struct stage *stage)
{
    redis(stage, "HINCRBY gate:{c%" PRIu64 "} since -300000", stage->concert_id);
}

static struct queue_step step(const struct stage *stage)
{
    struct call call = fixture_call(stage->fixture, 0);
    struct queue_step done;

    assert_int_equal(queues_admit(&call, stage->concert_id, QUEUES_BATCH_MAX, &done), OUTCOME_DONE);
    return done;
}

static const uint8_t nothing[DIGEST_BYTES];

static void check_shuffled(const struct stage *stage, uint64_t account)
{
    struct shown_draw shown = show(stage);
    struct shuffle shuffle = shuffle_new(shown.seed, shown.list_hash, shown.last_entry);

    assert_int_equal(find(stage, account).place.number, shuffle_number(&shuffle, account));
}

/* Everybody stands where the published numbers say. */
static void check_order(struct stage *stage)
{
    struct shown_draw shown = show(stage);
    struct shuffle shuffle = shuffle_new(shown.seed, shown.list_hash, shown.last_entry);

    for (uint64_t account = 1; account <= FANS; account++) {
        if (account == GONE)
            continue;
        struct place place = find(stage, account).place;
        stage->numbers[account] = shuffle_number(&shuffle, account);
        assert_int_equal(place.number, stage->numbers[account]);
        assert_false(place.is_early);
    }
}

static void before_the_opening_only_the_commitment_is_known(void **state)
{
    struct stage stage = gathered(state);
    struct shown_draw shown = show(&stage);

    assert_memory_not_equal(shown.commitment, nothing, DIGEST_BYTES);
    assert_memory_equal(shown.seed, nothing, DIGEST_BYTES);
    assert_int_equal(shown.drawn_ms, 0);
    assert_int_equal(shown.entrants, FANS - 1);
    struct queue_place own = find(&stage, 3);
    assert_true(own.place.is_early);
    assert_int_equal(own.place.number, 3);
    assert_int_equal(own.place.ahead, FANS - 2);
    assert_string_equal(own.estimate_reason, "not_open_yet");
    assert_int_equal(step(&stage).admitted, 0);
    struct call call = fixture_call(stage.fixture, 0);
    const uint8_t *list;
    size_t length;
    assert_int_equal(draw_list(&call, stage.concert_id, &list, &length), OUTCOME_NOT_FOUND);
}

static void the_draw_is_what_was_promised_and_can_be_worked_out(void **state)
{
    struct stage stage = gathered(state);
    struct shown_draw before = show(&stage);
    struct call call = fixture_call(stage.fixture, 0);
    uint8_t digest[DIGEST_BYTES];
    const uint8_t *list;
    size_t length;

    open_it(&stage);
    assert_true(step(&stage).must_draw);
    run_draw(&stage, 100);
    struct shown_draw after = show(&stage);
    assert_memory_equal(after.commitment, before.commitment, DIGEST_BYTES);
    digest_sha256(after.seed, sizeof(after.seed), digest);
    assert_memory_equal(digest, after.commitment, DIGEST_BYTES);
    assert_int_equal(after.entrants, FANS - 1);
    assert_int_equal(after.last_entry, FANS);
    assert_true(after.drawn_ms > 0);
    assert_int_equal(draw_list(&call, stage.concert_id, &list, &length), OUTCOME_DONE);
    digest_sha256(list, length, digest);
    assert_memory_equal(digest, after.list_hash, DIGEST_BYTES);
    assert_int_equal(list[GONE / 8] & 0x80 >> GONE % 8, 0);
    check_order(&stage);
    assert_false(step(&stage).must_draw);
    assert_int_equal(redis(&stage, "EXISTS early:{c%" PRIu64 "}", stage.concert_id), 0);
    assert_int_equal(redis(&stage, "EXISTS entered:{c%" PRIu64 "}:0", stage.concert_id), 0);
}

static void who_comes_after_the_opening_stands_behind_the_draw(void **state)
{
    struct stage stage = gathered(state);

    open_it(&stage);
    struct queue_place late = join(&stage, 99, NULL);
    assert_false(late.place.is_early);
    assert_int_equal(step(&stage).admitted, 0);
    run_draw(&stage, 100);
    check_order(&stage);
    assert_int_equal(find(&stage, 99).place.ahead, FANS - 1);
    assert_int_equal(step(&stage).admitted, CAPACITY);
    for (uint64_t account = 1; account <= FANS; account++)
        if (account != GONE && find(&stage, account).place.state == PLACE_ADMITTED)
            assert_true(stage.numbers[account] <= CAPACITY + 1);
}

static void come_back(struct stage *stage)
{
    for (uint64_t account = 1; account <= FANS; account++)
        if (account != GONE)
            assert_true(join(stage, account, stage->tickets[account]).place.is_early);
}

/* Nobody draws for a while: numbers that are handed out meanwhile are not drawn as well. */
static void who_comes_between_the_opening_and_the_draw_shares_no_number(void **state)
{
    struct stage stage = gathered(state);

    open_it(&stage);
    for (uint64_t account = 101; account <= 100 + FANS; account++)
        assert_int_equal(join(&stage, account, NULL).place.number, account - 100 + FANS);
    set_opening(&stage, "99999999999999");
    assert_false(join(&stage, 99, NULL).place.is_early);
    open_it(&stage);
    run_draw(&stage, 100);
    assert_int_equal(show(&stage).last_entry, FANS);
    check_order(&stage);
    for (uint64_t account = 101; account <= 100 + FANS; account++)
        assert_int_equal(find(&stage, account).place.ahead, FANS - 1 + account - 101);
}

/* Redis forgets everything between the opening and the draw: their tickets tell where the draw ended. */
static void who_comes_between_the_opening_and_the_draw_shares_no_number_after_a_loss(void **state)
{
    struct stage stage = gathered(state);
    const char *tickets[FANS + 1];

    open_it(&stage);
    for (uint64_t late = 1; late <= FANS; late++)
        tickets[late] = join(&stage, 100 + late, NULL).ticket;
    fixture_redis(stage.fixture, "FLUSHALL");
    open_it(&stage);
    join(&stage, 99, NULL);
    for (uint64_t late = FANS; late >= 1; late--)
        assert_int_equal(join(&stage, 100 + late, tickets[late]).place.number, FANS + late);
    come_back(&stage);
    be_patient(&stage);
    run_draw(&stage, 100);
    assert_int_equal(show(&stage).last_entry, FANS);
    check_order(&stage);
    for (uint64_t late = 1; late <= FANS; late++)
        assert_int_equal(find(&stage, 100 + late).place.ahead, FANS - 2 + late);
}

static void who_leaves_during_the_draw_stays_out(void **state)
{
    struct stage stage = gathered(state);
    struct call call = fixture_call(stage.fixture, 3);

    open_it(&stage);
    /* Settled and read; now the fan leaves, and then the line is made. */
    struct draw_run *run = draw_run_new(stage.fixture->mem, stage.concert_id);
    bool done = false;
    for (int i = 0; i < 2; i++) {
        struct call gate = fixture_call(stage.fixture, 0);
        assert_int_equal(draw_run_step(&gate, run, &done), OUTCOME_DONE);
    }
    assert_int_equal(queue_leave(&call, stage.concert_id), OUTCOME_DONE);
    while (!done) {
        struct call gate = fixture_call(stage.fixture, 0);
        assert_int_equal(draw_run_step(&gate, run, &done), OUTCOME_DONE);
    }
    assert_int_equal(find(&stage, 3).place.state, PLACE_NONE);
    assert_int_equal(show(&stage).entrants, FANS - 1);
    assert_int_equal(redis(&stage, "ZCARD wait:{c%" PRIu64 "}", stage.concert_id), FANS - 2);
}

static void a_gate_killed_in_the_middle_changes_nothing(void **state)
{
    struct stage stage = gathered(state);

    open_it(&stage);
    for (int steps = 1; steps <= 3; steps++)
        run_draw(&stage, steps);
    struct shown_draw halfway = show(&stage);
    assert_true(step(&stage).must_draw);
    run_draw(&stage, 100);
    assert_memory_equal(show(&stage).seed, halfway.seed, DIGEST_BYTES);
    check_order(&stage);
    /* A gate that was asleep all the while. */
    assert_int_equal(step(&stage).admitted, CAPACITY);
    run_draw(&stage, 100);
    assert_int_equal(redis(&stage, "ZCARD wait:{c%" PRIu64 "}", stage.concert_id), FANS - 1 - CAPACITY);
}

static void a_gate_draws_by_itself(void **state)
{
    struct stage stage = gathered(state);
    struct whole_gate one = whole_gate_new(stage.fixture->mem, stage.fixture->store);
    struct whole_gate other = whole_gate_new(stage.fixture->mem, stage.fixture->store);
    int64_t now_ms = clock_now_ms();

    whole_gate_round(&one, now_ms);
    open_it(&stage);
    for (int i = 0; i < 3; i++) {
        whole_gate_round(&one, now_ms + i);
        whole_gate_round(&other, now_ms + i);
    }
    assert_true(show(&stage).drawn_ms > 0);
    assert_int_equal(redis(&stage, "ZCARD admitted:{c%" PRIu64 "}", stage.concert_id), CAPACITY);
}

static void a_ticket_from_before_the_draw_gives_the_drawn_number_after_a_loss(void **state)
{
    struct stage stage = gathered(state);

    open_it(&stage);
    run_draw(&stage, 100);
    check_order(&stage);
    fixture_redis(stage.fixture, "FLUSHALL");
    open_it(&stage);
    join(&stage, 99, NULL);
    for (uint64_t account = FANS; account >= 1; account--)
        if (account != GONE)
            assert_int_equal(join(&stage, account, stage.tickets[account]).place.number, stage.numbers[account]);
    assert_int_equal(find(&stage, 99).place.ahead, FANS - 1);
    assert_true(step(&stage).admitted == 0);
    redis(&stage, "HINCRBY gate:{c%" PRIu64 "} since -21000", stage.concert_id);
    /* A gate's upkeep tells Redis that MySQL knows the list: nobody is waited for any more. */
    assert_false(step(&stage).must_draw);
    show(&stage);
    assert_true(step(&stage).must_draw);
    run_draw(&stage, 100);
    assert_int_equal(step(&stage).admitted, CAPACITY);
    check_order(&stage);
}

static void a_drawn_number_shown_after_a_loss_changes_nothing_of_what_is_told(void **state)
{
    struct stage stage = gathered(state);

    open_it(&stage);
    run_draw(&stage, 100);
    check_order(&stage);
    for (uint64_t account = 1; account <= FANS; account++)
        if (account != GONE)
            stage.tickets[account] = join(&stage, account, NULL).ticket;
    fixture_redis(stage.fixture, "FLUSHALL");
    open_it(&stage);
    assert_int_equal(show(&stage).last_entry, FANS);
    for (uint64_t account = 1; account <= FANS; account++)
        if (account != GONE)
            assert_int_equal(join(&stage, account, stage.tickets[account]).place.number, stage.numbers[account]);
    assert_int_equal(show(&stage).last_entry, FANS);
}

static void a_loss_before_the_opening_loses_nobody_who_has_a_ticket(void **state)
{
    struct stage stage = gathered(state);

    fixture_redis(stage.fixture, "FLUSHALL");
    set_opening(&stage, "99999999999999");
    for (uint64_t account = 1; account <= FANS; account++) {
        if (account == GONE)
            continue;
        struct queue_place own = join(&stage, account, stage.tickets[account]);
        assert_true(own.place.is_early);
        assert_int_equal(own.place.number, account);
    }
    struct queue_place fresh = join(&stage, 99, NULL);
    assert_true(fresh.place.is_early);
    assert_int_equal(show(&stage).entrants, FANS);
    open_it(&stage);
    be_patient(&stage);
    run_draw(&stage, 100);
    check_order(&stage);
    assert_int_equal(show(&stage).entrants, FANS);
    assert_true(show(&stage).last_entry >= fresh.place.number);
}

static enum outcome try_draw(const struct stage *stage)
{
    struct call call = fixture_call(stage->fixture, 0);
    struct draw_run *run = draw_run_new(stage->fixture->mem, stage->concert_id);
    bool done;
    enum outcome outcome = draw_run_step(&call, run, &done);

    talloc_free(run);
    return outcome;
}

/* Redis lost everything after the gate had seen that there is to be a draw. */
static void a_draw_that_finds_the_concert_cold_settles_nothing(void **state)
{
    struct stage stage = gathered(state);

    open_it(&stage);
    assert_true(step(&stage).must_draw);
    fixture_redis(stage.fixture, "FLUSHALL");
    assert_int_equal(try_draw(&stage), OUTCOME_NOT_FOUND);
    assert_int_equal(show(&stage).drawn_ms, 0);
    open_it(&stage);
    come_back(&stage);
    be_patient(&stage);
    run_draw(&stage, 100);
    assert_int_equal(show(&stage).entrants, FANS - 1);
    check_order(&stage);
}

/* Redis came back with a file from before the opening: it has the commitment, and nothing of the draw. */
static void what_was_drawn_is_shown_though_the_file_is_older(void **state)
{
    struct stage stage = gathered(state);

    open_it(&stage);
    run_draw(&stage, 100);
    struct shown_draw drawn = show(&stage);
    fixture_redis(stage.fixture,
                  must(talloc_asprintf(stage.fixture->mem,
                                       "HDEL draw:{c%" PRIu64 "} seed list_hash last entrants drawn_at_ms state",
                                       stage.concert_id)));
    struct shown_draw shown = show(&stage);
    assert_true(drawn.drawn_ms > 0);
    assert_int_equal(shown.drawn_ms, drawn.drawn_ms);
    assert_int_equal(shown.last_entry, drawn.last_entry);
    assert_memory_equal(shown.seed, drawn.seed, DIGEST_BYTES);
}

/* The loss is an hour old, and the fans were told to ask again when it opens. */
/* Redis lost all so many seconds before the opening, which is now. */
static void lose_before_the_opening(struct stage *stage, int seconds)
{
    char text[64];

    fixture_redis(stage->fixture, "FLUSHALL");
    set_opening(stage, "99999999999999");
    step(stage);
    snprintf(text, sizeof(text), "HINCRBY gate:{c%" PRIu64 "} since -%d000", stage->concert_id, seconds);
    fixture_redis(stage->fixture, text);
    snprintf(text, sizeof(text), "%" PRId64, clock_now_ms() - 1);
    set_opening(stage, text);
}

static void after_a_loss_the_draw_waits_for_those_who_come_at_the_opening(void **state)
{
    struct stage stage = gathered(state);

    lose_before_the_opening(&stage, 600);
    join(&stage, 99, NULL);
    assert_false(step(&stage).must_draw);
    assert_int_equal(try_draw(&stage), OUTCOME_NOT_FOUND);
    come_back(&stage);
    /* Patience begins at the opening: 45 seconds, and 20 more for the 100,000 numbers that may have been given out. */
    redis(&stage, "HINCRBY concert:{c%" PRIu64 "} opens_at_ms -60000", stage.concert_id);
    struct queue_step patient = step(&stage);
    assert_int_equal(patient.admitted, 0);
    assert_false(patient.must_draw);
    assert_int_equal(try_draw(&stage), OUTCOME_NOT_FOUND);
    redis(&stage, "HINCRBY concert:{c%" PRIu64 "} opens_at_ms -6000", stage.concert_id);
    assert_true(step(&stage).must_draw);
    run_draw(&stage, 100);
    check_order(&stage);
    assert_int_equal(find(&stage, 99).place.ahead, FANS - 1);
}

static void a_loss_long_before_the_opening_does_not_delay_it(void **state)
{
    struct stage stage = gathered(state);

    lose_before_the_opening(&stage, 3600);
    come_back(&stage);
    assert_true(step(&stage).must_draw);
    run_draw(&stage, 100);
    check_order(&stage);
}

/* Even when what is frozen looks the same. */
static void a_freeze_tells_one_life_of_redis_from_the_next(void **state)
{
    struct stage stage = gathered(state);
    struct call call = fixture_call(stage.fixture, 0);
    struct frozen before;
    struct frozen after;

    open_it(&stage);
    assert_int_equal(queues_draw_freeze(&call, stage.concert_id, false, &before), OUTCOME_DONE);
    assert_int_equal(before.last, FANS);
    fixture_redis(stage.fixture, "FLUSHALL");
    assert_int_equal(queues_draw_freeze(&call, stage.concert_id, false, &after), OUTCOME_NOT_FOUND);
    redis(&stage, "HSET draw:{c%" PRIu64 "} state frozen last %d", stage.concert_id, FANS);
    assert_int_equal(queues_draw_freeze(&call, stage.concert_id, false, &after), OUTCOME_DONE);
    assert_int_equal(after.last, before.last);
    assert_true(after.numbers_from > before.numbers_from);
}

/* The telephone came after the opening, and behind the draw; the laptop has the ticket from before it. */
static void an_early_ticket_counts_for_who_came_anew_after_the_opening(void **state)
{
    struct stage stage = gathered(state);

    fixture_redis(stage.fixture, "FLUSHALL");
    open_it(&stage);
    assert_false(join(&stage, 3, NULL).place.is_early);
    struct queue_place own = join(&stage, 3, stage.tickets[3]);
    assert_true(own.place.is_early);
    assert_int_equal(own.place.number, 3);
    assert_int_equal(redis(&stage, "HGET concert:{c%" PRIu64 "} entries", stage.concert_id), 1);
    be_patient(&stage);
    run_draw(&stage, 100);
    assert_int_equal(show(&stage).entrants, 1);
    check_shuffled(&stage, 3);
    /* Once it is drawn, the same goes for the number that the draw gave. */
    fixture_redis(stage.fixture, "FLUSHALL");
    open_it(&stage);
    join(&stage, 3, NULL);
    join(&stage, 3, stage.tickets[3]);
    check_shuffled(&stage, 3);
}

static void presence_goes_along_into_the_draw(void **state)
{
    struct stage stage = gathered(state);
    struct call call = fixture_call(stage.fixture, 0);

    /* Half of them were last told to be back long ago. */
    for (uint64_t account = 2; account <= FANS; account += 2)
        redis(&stage, "BITFIELD early_seen:{c%" PRIu64 "}:0 SET u16 #%" PRIu64 " %" PRId64, stage.concert_id, account,
              (call.now_ms / 10000 - 1) % 65536);
    open_it(&stage);
    run_draw(&stage, 100);
    uint64_t admitted = 0;
    redis(&stage, "HSET concert:{c%" PRIu64 "} capacity 50", stage.concert_id);
    struct queue_step done = step(&stage);
    admitted = done.admitted;
    assert_int_equal(admitted, FANS / 2 - 1);
    assert_int_equal(done.passed_over, FANS / 2);
}

static struct stage without_opening(void **state)
{
    struct fixture *fixture = *state;

    return (struct stage){.fixture = fixture, .concert_id = fixture_concert(fixture, 5, 10, 1000, CAPACITY)};
}

/* A draw of nobody, which is there only so that there is none later: nobody waits for it. */
static void a_line_that_began_without_an_opening_is_never_drawn(void **state)
{
    struct stage stage = without_opening(state);

    assert_false(step(&stage).must_draw);
    for (uint64_t account = 1; account <= CAPACITY + 3; account++)
        assert_false(join(&stage, account, NULL).place.is_early);
    struct queue_step first = step(&stage);
    assert_int_equal(first.admitted, CAPACITY);
    assert_true(first.must_draw);
    run_draw(&stage, 100);
    assert_int_equal(show(&stage).entrants, 0);
    assert_false(step(&stage).must_draw);
    /* The opening is put off: who waits keeps the number, and who comes now stands behind. */
    set_opening(&stage, "99999999999999");
    struct place late = join(&stage, 99, NULL).place;
    assert_false(late.is_early);
    assert_int_equal(late.number, CAPACITY + 4);
    assert_int_equal(late.ahead, 3);
    assert_int_equal(step(&stage).admitted, 0);
    open_it(&stage);
    assert_false(step(&stage).must_draw);
    assert_int_equal(find(&stage, 99).place.number, CAPACITY + 4);
}

static void an_opening_that_is_given_before_anybody_came_is_drawn(void **state)
{
    struct stage stage = without_opening(state);

    step(&stage);
    set_opening(&stage, "99999999999999");
    assert_true(join(&stage, 1, NULL).place.is_early);
    open_it(&stage);
    assert_true(step(&stage).must_draw);
}

static void an_opening_that_is_taken_away_opens_at_once(void **state)
{
    struct stage stage = gathered(state);

    set_opening(&stage, "0");
    struct queue_step opened = step(&stage);
    assert_true(opened.must_draw);
    assert_int_equal(opened.admitted, 0);
    run_draw(&stage, 100);
    check_order(&stage);
    assert_int_equal(step(&stage).admitted, CAPACITY);
}

static void an_opening_that_is_put_off_after_the_draw_keeps_the_order(void **state)
{
    struct stage stage = gathered(state);

    open_it(&stage);
    run_draw(&stage, 100);
    set_opening(&stage, "99999999999999");
    assert_int_equal(step(&stage).admitted, 0);
    struct place late = join(&stage, 99, NULL).place;
    assert_false(late.is_early);
    assert_int_equal(late.ahead, FANS - 1);
    check_order(&stage);
    open_it(&stage);
    assert_int_equal(step(&stage).admitted, CAPACITY);
    assert_int_equal(find(&stage, 99).place.ahead, FANS - 1 - CAPACITY);
}

static void an_opening_that_is_put_off_in_the_middle_of_the_draw_is_drawn_later(void **state)
{
    struct stage stage = gathered(state);

    open_it(&stage);
    run_draw(&stage, 2);
    set_opening(&stage, "99999999999999");
    assert_false(step(&stage).must_draw);
    assert_false(join(&stage, 99, NULL).place.is_early);
    open_it(&stage);
    assert_true(step(&stage).must_draw);
    run_draw(&stage, 100);
    check_order(&stage);
    assert_int_equal(find(&stage, 99).place.ahead, FANS - 1);
}

static void a_draw_of_nobody_opens_the_line(void **state)
{
    struct stage stage = without_opening(state);

    open_it(&stage);
    assert_true(step(&stage).must_draw);
    run_draw(&stage, 100);
    assert_int_equal(show(&stage).entrants, 0);
    join(&stage, 1, NULL);
    assert_int_equal(step(&stage).admitted, 1);
}

/* Whatever the draw had come to when Redis lost everything, tickets give what was drawn. */
static void a_loss_in_the_middle_of_the_draw_changes_no_number(void **state)
{
    for (int steps = 1; steps <= 4; steps++) {
        fixture_clean(state);
        struct stage stage = gathered(state);
        open_it(&stage);
        run_draw(&stage, steps);
        struct shown_draw before = show(&stage);
        fixture_redis(stage.fixture, "FLUSHALL");
        open_it(&stage);
        for (uint64_t account = 1; account <= FANS; account++)
            if (account != GONE)
                assert_false(join(&stage, account, stage.tickets[account]).place.is_early);
        join(&stage, 99, NULL);
        step(&stage);
        show(&stage);
        redis(&stage, "HINCRBY gate:{c%" PRIu64 "} since -21000", stage.concert_id);
        assert_true(step(&stage).must_draw);
        run_draw(&stage, 100);
        assert_memory_equal(show(&stage).list_hash, before.list_hash, DIGEST_BYTES);
        check_order(&stage);
        assert_int_equal(find(&stage, 99).place.ahead, FANS - 1);
    }
}

/* A gate that does not wait for the draw: whoever it lets in goes before all who are still to be placed. */
static void who_goes_in_before_the_draw_is_over_is_counted(void **state)
{
    struct stage stage = gathered(state);

    open_it(&stage);
    run_draw(&stage, 1);
    redis(&stage, "HSET draw:{c%" PRIu64 "} state drawn", stage.concert_id);
    join(&stage, 99, NULL);
    assert_int_equal(step(&stage).admitted, 1);
    redis(&stage, "HSET draw:{c%" PRIu64 "} state frozen", stage.concert_id);
    run_draw(&stage, 100);
    assert_int_equal(step(&stage).inversions, FANS - 1);
}

/* Entry numbers over two parts of the set. */
static void a_crowd_over_two_parts_is_drawn_as_one(void **state)
{
    enum { PART = 2097152 };
    struct fixture *fixture = *state;
    struct stage stage = {.fixture = fixture, .concert_id = fixture_concert(fixture, 5, 10, 1000, CAPACITY)};

    set_opening(&stage, "99999999999999");
    redis(&stage, "SET seq:{c%" PRIu64 "} %d", stage.concert_id, PART - FANS / 2);
    redis(&stage, "HSET concert:{c%" PRIu64 "} numbers_end 2200000", stage.concert_id);
    for (uint64_t account = 1; account <= FANS; account++)
        assert_int_equal(join(&stage, account, NULL).place.number, PART - FANS / 2 + account);
    assert_int_equal(show(&stage).entrants, FANS);
    open_it(&stage);
    run_draw(&stage, 100);
    struct shown_draw shown = show(&stage);
    struct shuffle shuffle = shuffle_new(shown.seed, shown.list_hash, shown.last_entry);
    assert_int_equal(shown.entrants, FANS);
    for (uint64_t account = 1; account <= FANS; account++)
        assert_int_equal(find(&stage, account).place.number, shuffle_number(&shuffle, PART - FANS / 2 + account));
    assert_int_equal(redis(&stage, "EXISTS early:{c%" PRIu64 "}:1", stage.concert_id), 0);
    assert_int_equal(step(&stage).admitted, CAPACITY);
    assert_int_equal(redis(&stage, "HGET totals:{c%" PRIu64 "} inversions", stage.concert_id), 0);
}

static void two_gates_draw_the_same(void **state)
{
    struct stage stage = gathered(state);
    struct draw_run *runs[] = {draw_run_new(stage.fixture->mem, stage.concert_id),
                               draw_run_new(stage.fixture->mem, stage.concert_id)};
    bool done[2] = {false, false};

    open_it(&stage);
    while (!done[0] || !done[1])
        for (int i = 0; i < 2; i++) {
            struct call call = fixture_call(stage.fixture, 0);
            assert_int_equal(draw_run_step(&call, runs[i], &done[i]), OUTCOME_DONE);
        }
    check_order(&stage);
    assert_int_equal(redis(&stage, "ZCARD wait:{c%" PRIu64 "}", stage.concert_id), FANS - 1);
}

/* The list is frozen, and MySQL does not know it yet: an entry number lost in that moment is drawn in the next. */
static void a_ticket_in_the_moment_of_the_draw_is_asked_to_come_again(void **state)
{
    struct stage stage = gathered(state);
    struct call call = fixture_call(stage.fixture, 3);
    struct queue_place own;

    fixture_redis(stage.fixture, "FLUSHALL");
    open_it(&stage);
    redis(&stage, "HSET draw:{c%" PRIu64 "} state frozen last 100000", stage.concert_id);
    assert_int_equal(queue_join(&call, stage.concert_id, stage.tickets[3], &own), OUTCOME_UNAVAILABLE);
    run_draw(&stage, 100);
    assert_true(join(&stage, 3, stage.tickets[3]).place.number > 0);
    check_shuffled(&stage, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(before_the_opening_only_the_commitment_is_known),
        TEST(the_draw_is_what_was_promised_and_can_be_worked_out),
        TEST(who_comes_after_the_opening_stands_behind_the_draw),
        TEST(who_comes_between_the_opening_and_the_draw_shares_no_number),
        TEST(who_comes_between_the_opening_and_the_draw_shares_no_number_after_a_loss),
        TEST(who_leaves_during_the_draw_stays_out),
        TEST(a_gate_killed_in_the_middle_changes_nothing),
        TEST(a_gate_draws_by_itself),
        TEST(a_ticket_from_before_the_draw_gives_the_drawn_number_after_a_loss),
        TEST(a_drawn_number_shown_after_a_loss_changes_nothing_of_what_is_told),
        TEST(a_loss_before_the_opening_loses_nobody_who_has_a_ticket),
        TEST(a_draw_that_finds_the_concert_cold_settles_nothing),
        TEST(what_was_drawn_is_shown_though_the_file_is_older),
        TEST(after_a_loss_the_draw_waits_for_those_who_come_at_the_opening),
        TEST(a_loss_long_before_the_opening_does_not_delay_it),
        TEST(a_freeze_tells_one_life_of_redis_from_the_next),
        TEST(an_early_ticket_counts_for_who_came_anew_after_the_opening),
        TEST(presence_goes_along_into_the_draw),
        TEST(a_line_that_began_without_an_opening_is_never_drawn),
        TEST(an_opening_that_is_given_before_anybody_came_is_drawn),
        TEST(an_opening_that_is_taken_away_opens_at_once),
        TEST(an_opening_that_is_put_off_after_the_draw_keeps_the_order),
        TEST(an_opening_that_is_put_off_in_the_middle_of_the_draw_is_drawn_later),
        TEST(a_draw_of_nobody_opens_the_line),
        TEST(a_loss_in_the_middle_of_the_draw_changes_no_number),
        TEST(who_goes_in_before_the_draw_is_over_is_counted),
        TEST(a_crowd_over_two_parts_is_drawn_as_one),
        TEST(two_gates_draw_the_same),
        TEST(a_ticket_in_the_moment_of_the_draw_is_asked_to_come_again),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
