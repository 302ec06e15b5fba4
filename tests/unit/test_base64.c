/* cmocka.h wants these first. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>
#include <talloc.h>

#include "base/base64.h"

/* The examples of RFC 4648, section 10. */
static void text_is_written_as_the_rfc_writes_it(void **state)
{
    static const char *const examples[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct text *text = text_new(NULL, 0);
        base64_put(text, examples[i][0], strlen(examples[i][0]));
        assert_string_equal(text->bytes, examples[i][1]);
        talloc_free(text);
    }
}

static void every_bit_is_kept(void **state)
{
    struct text *text = text_new(NULL, 0);

    (void)state;
    base64_put(text, "\x00\x10\x83\x10\x51\x87\xfb\xff\xfe", 9);
    assert_string_equal(text->bytes, "ABCDEFGH+//+");
    talloc_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_written_as_the_rfc_writes_it),
        cmocka_unit_test(every_bit_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
