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

    for (int i = 0; i < 100; i++)
        outbox_poke(&call);
    ask_something_else(&call);
    ask_something_else(&call);
    assert_int_equal(fixture_redis(fixture, poked), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(what_goes_along_waits_for_the_next_command),
        TEST(an_unknown_script_goes_along_as_text_the_next_time),
        TEST(no_more_goes_along_than_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
