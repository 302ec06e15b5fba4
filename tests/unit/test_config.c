#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/config.h"
#include "tests/unit/unit.h"

struct reading {
    void *mem;
    const char *text;
    const struct config *config;
};

static void read_file(void *data)
{
    struct reading *reading = data;

    reading->config = config_read(reading->mem, unit_file(reading->text));
}

/* What is said about a file that must be refused. */
static const char *complaint(void *mem, const char *text)
{
    struct reading reading = {.mem = mem, .text = text};
    const char *errors = unit_errors_of(read_file, &reading);

    if (reading.config != NULL)
        fail_msg("taken: %s", text);
    return errors;
}

static void no_file_means_the_defaults(void **state)
{
    const struct config *config = config_read(*state, NULL);

    assert_non_null(config);
    assert_string_equal(config->run_dir, "/run/frontrow");
    assert_int_equal(config->mysql_port, 3306);
    assert_int_equal(config->gate_tick_ms, 200);
    assert_false(config->web_cookie_secure);
    assert_string_equal(config->events_bus, "stream");
    assert_int_equal(config->kafka_count, 0);
}

static void what_the_file_says_wins_and_the_rest_stays(void **state)
{
    const struct config *config = config_read(*state, unit_file("# a remark\n"
                                                                "gate { tick_ms = 50 }\n"
                                                                "web { cookie_secure = true }\n"
                                                                "mysql { password = \"p{ä}#'\" }\n"));

    assert_non_null(config);
    assert_int_equal(config->gate_tick_ms, 50);
    assert_int_equal(config->gate_batch, 50);
    assert_true(config->web_cookie_secure);
    assert_string_equal(config->mysql_password, "p{ä}#'");
}

static void settings_for_kafka_are_handed_on_as_they_stand(void **state)
{
    struct reading reading = {.mem = *state,
                              .text = "kafka {\n  \"bootstrap.servers\" = \"127.0.0.1:9092\"\n  linger.ms = 5\n}\n"};

    assert_string_equal(unit_errors_of(read_file, &reading), "");
    const struct config *config = reading.config;
    assert_non_null(config);
    assert_int_equal(config->kafka_count, 2);
    assert_string_equal(config->kafka[0].name, "bootstrap.servers");
    assert_string_equal(config->kafka[0].value, "127.0.0.1:9092");
    assert_string_equal(config->kafka[1].name, "linger.ms");
    assert_string_equal(config->kafka[1].value, "5");
}

static void mistakes_are_refused_and_named(void **state)
{
    static const char *const wrong[][2] = {
        {"gate { tick_sm = 50 }\n", "line=1"},
        {"\n\ngates { tick_ms = 50 }\n", "line=3"},
        {"gate { tick_ms = 0 }\n", "gate.tick_ms"},
        {"gate { tick_ms = 60001 }\n", "gate.tick_ms"},
        {"gate { tick_ms = -1 }\n", "gate.tick_ms"},
        {"gate { tick_ms = fast }\n", "config_wrong"},
        {"gate { tick_ms = 99999999999999999999 }\n", "config_"},
        {"web { cookie_secure = perhaps }\n", "config_wrong"},
        {"mysql { password = \"secret-word }\n", "config_wrong"},
    };

    for (size_t i = 0; i < LENGTH(wrong); i++) {
        const char *errors = complaint(*state, wrong[i][0]);
        if (strstr(errors, wrong[i][1]) == NULL)
            fail_msg("of %s it says: %s", wrong[i][0], errors);
    }
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
    assert_null(config_read(*state, "/nonexistent/frontrow.conf"));
}

static void numbers_at_their_limits_are_taken(void **state)
{
    const struct config *config = config_read(*state, unit_file("gate { tick_ms = 10 batch = 100 }\n"));

    assert_non_null(config);
    assert_int_equal(config->gate_tick_ms, 10);
    assert_int_equal(config->gate_batch, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_file_means_the_defaults),
        cmocka_unit_test(what_the_file_says_wins_and_the_rest_stays),
        cmocka_unit_test(settings_for_kafka_are_handed_on_as_they_stand),
        cmocka_unit_test(mistakes_are_refused_and_named),
        cmocka_unit_test(a_file_that_is_not_there_is_an_error),
        cmocka_unit_test(numbers_at_their_limits_are_taken),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
