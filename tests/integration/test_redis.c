/* What store/redis.h promises of scripts that run along with something else. */
#include <talloc.h>

#include "store/outbox.h"
#include "store/redis.h"
#include "tests/integration/fixture.h"

static const char poked[] = "LLEN events:poke";

/* Ask for something else, and be sure that it is this that was answered. */
static void ask_something_else(struct call *call)
{
    const redisReply *reply = redis_command(call->store->redis, call->mem, REDIS_TEXTS("ECHO", "something else"));

    assert_non_null(reply);
    assert_string_equal(redis_reply_text(reply), "something else");
}

static void poke(struct call *call)
{
    outbox_poke(call);
    ask_something_else(call);
}

static void what_goes_along_waits_for_the_next_command(void **state)
{
    struct fixture *fixture = *state;
    struct call call = fixture_call(fixture, 0);

    poke(&call);
    fixture_redis(fixture, "DEL events:poke");
    outbox_poke(&call);
    ask_something_else(&call);
    assert_int_equal(fixture_redis(fixture, poked), 1);
}

/* Redis has lost its scripts: what goes along is lost once, and goes along as text from then on. */
static void an_unknown_script_goes_along_as_text_the_next_time(void **state)
{
    struct fixture *fixture = *state;
    struct call call = fixture_call(fixture, 0);

    for (int loss = 0; loss < 2; loss++) {
        fixture_redis(fixture, "SCRIPT FLUSH");
        fixture_redis(fixture, "DEL events:poke");
        poke(&call);
        assert_int_equal(fixture_redis(fixture, poked), 0);
        poke(&call);
        assert_int_equal(fixture_redis(fixture, poked), 1);
        fixture_redis(fixture, "DEL events:poke");
        poke(&call);
        assert_int_equal(fixture_redis(fixture, poked), 1);
    }
}

/* More than a link carries along is left out; the answers stay in order. */
static void no_more_goes_along_than_there_is_room_for(void **state)
{
    struct fixture *fixture = *state;
    struct call call = fixture_call(fixture, 0);

    for (int i = 0; i < 200; i++)
        outbox_poke(&call);
    ask_something_else(&call);
    ask_something_else(&call);
    assert_int_equal(fixture_redis(fixture, poked), 1);
}

static struct redis_later *ask_later(struct call *call)
{
    return redis_script_later(call->store->redis, call->mem, SCRIPT_OUTBOX_POKE, REDIS_TEXTS("events:poke"),
                              REDIS_NONE);
}

static void an_answer_is_there_after_the_next_one(void **state)
{
    struct fixture *fixture = *state;
    struct call call = fixture_call(fixture, 0);

    poke(&call);
    struct redis_later *first = ask_later(&call);
    struct redis_later *second = ask_later(&call);
    assert_null(redis_later_reply(first));
    ask_something_else(&call);
    assert_true(redis_reply_is(redis_reply_at(redis_later_reply(first), 0), "poked"));
    assert_true(redis_reply_is(redis_reply_at(redis_later_reply(second), 0), "poked"));
    struct redis_later *third = ask_later(&call);
    redis_flush(call.store->redis);
    assert_non_null(redis_later_reply(third));
}

/* It may be lost, unknown to Redis, or one too many; and who asked may be gone. The answers stay in order. */
static void an_answer_that_does_not_come_is_null(void **state)
{
    struct fixture *fixture = *state;
    struct call call = fixture_call(fixture, 0);

    call.store = fixture_store(fixture);
    poke(&call);
    struct redis_later *unknown = ask_later(&call);
    fixture_redis(fixture, "SCRIPT FLUSH");
    ask_something_else(&call);
    assert_null(redis_later_reply(unknown));
    poke(&call);
    struct redis_later *lost = ask_later(&call);
    fixture_redis(fixture, "CLIENT KILL TYPE normal SKIPME yes");
    redis_flush(call.store->redis);
    assert_null(redis_later_reply(lost));
    for (int i = 0; i < 200; i++)
        outbox_poke(&call);
    struct redis_later *too_many = ask_later(&call);
    ask_something_else(&call);
    assert_null(redis_later_reply(too_many));
    talloc_free(ask_later(&call));
    ask_something_else(&call);
    ask_something_else(&call);
    talloc_free(call.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(what_goes_along_waits_for_the_next_command), TEST(an_unknown_script_goes_along_as_text_the_next_time),
        TEST(no_more_goes_along_than_there_is_room_for),  TEST(an_answer_is_there_after_the_next_one),
        TEST(an_answer_that_does_not_come_is_null),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
