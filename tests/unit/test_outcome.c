#include <ctype.h>
#include <string.h>

#include "base/outcome.h"
#include "base/text.h"
#include "http/status.h"
#include "tests/unit/unit.h"

static void every_outcome_has_a_code_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < OUTCOMES; i++) {
        const char *code = outcome_code((enum outcome)i);
        assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz_"), strlen(code));
        assert_true(strlen(code) > 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(code, outcome_code((enum outcome)j));
    }
}

static void every_outcome_has_a_sentence_in_both_languages(void **state)
{
    (void)state;
    for (int i = 0; i < OUTCOMES; i++) {
        const char *english = outcome_title((enum outcome)i, "en");
        const char *korean = outcome_title((enum outcome)i, "ko");
        assert_true(isupper((unsigned char)english[0]));
        assert_int_equal(english[strlen(english) - 1], '.');
        assert_true(text_is_utf8(korean, strlen(korean)));
        assert_true((unsigned char)korean[0] >= 0x80 || strstr(korean, "Idempotency-Key") != NULL);
    }
}

static void every_refusal_has_a_refusing_status_that_has_a_phrase(void **state)
{
    (void)state;
    assert_int_equal(status_of(OUTCOME_DONE), 200);
    for (int i = 1; i < OUTCOMES; i++) {
        int status = status_of((enum outcome)i);
        assert_in_range(status, 400, 503);
        assert_string_not_equal(status_phrase(status), "Other");
    }
}

static void statuses_are_counted_apart_and_found_again(void **state)
{
    size_t count = 0;

    (void)state;
    while (status_at(count) != 0) {
        assert_int_equal(status_index(status_at(count)), count);
        count++;
    }
    assert_in_range(count, 10, 31);
    assert_int_equal(status_index(418), count);
    assert_string_equal(status_phrase(418), "Other");
    assert_int_equal(status_at(1000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_has_a_code_of_its_own),
        cmocka_unit_test(every_outcome_has_a_sentence_in_both_languages),
        cmocka_unit_test(every_refusal_has_a_refusing_status_that_has_a_phrase),
        cmocka_unit_test(statuses_are_counted_apart_and_found_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
