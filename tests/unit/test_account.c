/* What an account may be called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <talloc.h>

#include "domain/account.h"

static void *mem;

static void an_email_is_found_in_lower_case(void **state)
{
    (void)state;
    assert_string_equal(account_email(mem, "Fan1@Demo.TEST"), "fan1@demo.test");
    assert_string_equal(account_email(mem, "a@b"), "a@b");
}

static void what_cannot_be_an_email_is_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",     "a",     "@",          "a@",    "@b",      "a@b@c",
                                        "a @b", "a@b\n", "\xc3\xa9@b", "a\t@b", "a@b\x7f", "@@"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_null(account_email(mem, wrong[i]));
}

static void an_email_has_at_most_254_bytes(void **state)
{
    (void)state;
    char email[256] = "a@";

    for (size_t i = 2; i < 254; i++)
        email[i] = 'x';
    assert_non_null(account_email(mem, email));
    email[254] = 'x';
    assert_null(account_email(mem, email));
}

static enum outcome sign_up(const char *email, const char *password, const char *name, struct call *call)
{
    struct account account;

    *call = (struct call){.mem = mem};
    return account_sign_up(call, email, password, name, &account);
}

static void what_is_wrong_with_a_sign_up_is_named(void **state)
{
    (void)state;
    struct call call;

    assert_int_equal(sign_up("none", "long enough", "Fan", &call), OUTCOME_BAD_VALUE);
    assert_string_equal(call.refusal.field, "email");
    assert_int_equal(sign_up("a@b", "1234567", "Fan", &call), OUTCOME_BAD_VALUE);
    assert_string_equal(call.refusal.field, "password");
    assert_int_equal(sign_up("a@b", "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "Fan", &call), OUTCOME_BAD_VALUE);
    assert_string_equal(call.refusal.field, "password");
    assert_int_equal(sign_up("a@b", "long enough", "F\x01n", &call), OUTCOME_BAD_VALUE);
    assert_string_equal(call.refusal.field, "name");
    assert_int_equal(sign_up("a@b", "long enough", "", &call), OUTCOME_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_email_is_found_in_lower_case),
        cmocka_unit_test(what_cannot_be_an_email_is_none),
        cmocka_unit_test(an_email_has_at_most_254_bytes),
        cmocka_unit_test(what_is_wrong_with_a_sign_up_is_named),
    };

    mem = talloc_new(NULL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    talloc_free(mem);
    return failed;
}
