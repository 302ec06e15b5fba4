/* cmocka.h wants these first. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "store/redis_form.h"
#include "store/scripts.h"

#define FORM "held nnn (nn) | taken (n) | map ntt | limit"

/* What comes over the wire, held against the form. */
static bool fits(const char *form, const char *wire)
{
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;

    assert_int_equal(redisReaderFeed(reader, wire, strlen(wire)), REDIS_OK);
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    assert_non_null(reply);
    bool good = redis_form_fits(form, reply);
    freeReplyObject(reply);
    redisReaderFree(reader);
    return good;
}

static void what_a_script_promises_fits(void **state)
{
    (void)state;
    assert_true(fits(FORM, "*4\r\n+held\r\n:1\r\n:2\r\n:3\r\n"));
    assert_true(fits(FORM, "*6\r\n$4\r\nheld\r\n:1\r\n:2\r\n:3\r\n$1\r\n7\r\n$2\r\n-8\r\n"));
    assert_true(fits(FORM, "*1\r\n+taken\r\n"));
    assert_true(fits(FORM, "*3\r\n+taken\r\n:1\r\n:2\r\n"));
    assert_true(fits(FORM, "*4\r\n+map\r\n:1\r\n$0\r\n\r\n$1\r\nx\r\n"));
    assert_true(fits(FORM, "*1\r\n+limit\r\n"));
}

static void too_few_or_too_many_do_not(void **state)
{
    (void)state;
    assert_false(fits(FORM, "*0\r\n"));
    assert_false(fits(FORM, "*3\r\n+held\r\n:1\r\n:2\r\n"));
    assert_false(fits(FORM, "*5\r\n+held\r\n:1\r\n:2\r\n:3\r\n:4\r\n"));
    assert_false(fits(FORM, "*2\r\n+limit\r\n:1\r\n"));
    assert_false(fits(FORM, "*3\r\n+map\r\n:1\r\n+\r\n"));
}

static void other_kinds_and_words_do_not(void **state)
{
    (void)state;
    assert_false(fits(FORM, "$-1\r\n"));
    assert_false(fits(FORM, "+limit\r\n"));
    assert_false(fits(FORM, ":1\r\n"));
    assert_false(fits(FORM, "*1\r\n:1\r\n"));
    assert_false(fits(FORM, "*1\r\n$-1\r\n"));
    assert_false(fits(FORM, "*1\r\n+hel\r\n"));
    assert_false(fits(FORM, "*1\r\n+limits\r\n"));
    assert_false(fits(FORM, "*4\r\n+held\r\n:1\r\n:2\r\n$-1\r\n"));
    assert_false(fits(FORM, "*4\r\n+held\r\n:1\r\n:2\r\n*0\r\n"));
    assert_false(fits(FORM, "*4\r\n+held\r\n:1\r\n:2\r\n$1\r\nx\r\n"));
    assert_false(fits(FORM, "*4\r\n+held\r\n:1\r\n:2\r\n$1\r\n-\r\n"));
    assert_false(fits(FORM, "*4\r\n+map\r\n:1\r\n:2\r\n+x\r\n"));
}

static void every_script_says_the_form_of_its_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCRIPTS; i++)
        assert_true(strspn(script_texts[i].answer, "abcdefghijklmnopqrstuvwxyz_ |()") ==
                        strlen(script_texts[i].answer) &&
                    script_texts[i].answer[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_script_promises_fits),
        cmocka_unit_test(too_few_or_too_many_do_not),
        cmocka_unit_test(other_kinds_and_words_do_not),
        cmocka_unit_test(every_script_says_the_form_of_its_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
