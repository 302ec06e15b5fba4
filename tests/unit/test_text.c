#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "base/text.h"
#include "tests/unit/unit.h"

static void a_text_grows_and_always_ends_with_nul(void **state)
{
    struct text *text = text_new(*state, 0);

    for (int i = 0; i < 10000; i++) {
        text_put(text, "0123456789");
        assert_int_equal(text->bytes[text->length], '\0');
    }
    assert_int_equal(text->length, 100000);
    assert_int_equal(strlen(text->bytes), 100000);
}

static void a_format_of_any_length_is_whole(void **state)
{
    for (int width = 0; width < 300; width++) {
        struct text *text = text_new(*state, 1);
        text_put(text, "<");
        text_format(text, "%*s>", width, "");
        assert_int_equal(text->length, width + 2);
        assert_int_equal(text->bytes[text->length - 1], '>');
    }
}

static void numbers_are_written_to_their_ends(void **state)
{
    struct text *text = text_new(*state, 0);

    text_number(text, INT64_MAX);
    text_put(text, " ");
    text_number(text, INT64_MIN);
    assert_string_equal(text->bytes, "9223372036854775807 -9223372036854775808");
}

static void json_strings_cannot_be_left(void **state)
{
    static const char *const examples[][2] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\n\t\x01\x1f\x7f", "\"\\u000a\\u0009\\u0001\\u001f\\u007f\""},
        {"예매", "\"예매\""},
        {"\xf0\x9f\x8e\xab", "\"\xf0\x9f\x8e\xab\""},
        {"a\xff z", "\"a\xef\xbf\xbd z\""},
        {"\xc3", "\"\xef\xbf\xbd\""},
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    };

    for (size_t i = 0; i < LENGTH(examples); i++) {
        struct text *text = text_new(*state, 0);
        text_json(text, examples[i][0]);
        assert_string_equal(text->bytes, examples[i][1]);
    }
}

static void no_time_is_null(void **state)
{
    struct text *text = text_new(*state, 0);

    text_json_time(text, 0);
    text_put(text, " ");
    text_json_time(text, 1);
    assert_string_equal(text->bytes, "null \"1970-01-01T00:00:00.001Z\"");
}

static void only_plain_decimal_numbers_are_numbers(void **state)
{
    static const char *const wrong[] = {"",
                                        " 1",
                                        "1 ",
                                        "+1",
                                        "-1",
                                        "01",
                                        "1.0",
                                        "1e3",
                                        "0x10",
                                        "\xd9\xa1",
                                        "1234",
                                        "99999999999999999999",
                                        "18446744073709551616",
                                        "111111111111111111111"};
    uint64_t number = 42;

    (void)state;
    for (size_t i = 0; i < LENGTH(wrong); i++)
        assert_false(text_to_u64(wrong[i], strlen(wrong[i]), 1000, &number));
    assert_int_equal(number, 42);
    assert_true(text_to_u64("0", 1, 1000, &number) && number == 0);
    assert_true(text_to_u64("1000", 4, 1000, &number) && number == 1000);
    assert_true(text_to_u64("18446744073709551615", 20, UINT64_MAX, &number) && number == UINT64_MAX);
    assert_true(text_to_u64("12abc", 2, 1000, &number) && number == 12);
}

struct bytes {
    const char *bytes;
    size_t length;
};

/* The borders of RFC 3629, section 4. */
static void utf8_is_what_rfc_3629_says(void **state)
{
    static const struct bytes good[] = {
        {"", 0},
        {"a", 1},
        {"\x7f", 1},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xee\x80\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
    };
    static const struct bytes wrong[] = {
        {"\0", 1},
        {"a\0b", 3},
        {"\x80", 1},
        {"\xbf", 1},
        {"\xc0\x80", 2},
        {"\xc1\xbf", 2},
        {"\xc2", 1},
        {"\xc2\x41", 2},
        {"\xe0\x9f\xbf", 3},
        {"\xed\xa0\x80", 3},
        {"\xed\xbf\xbf", 3},
        {"\xe1\x80", 2},
        {"\xf0\x8f\xbf\xbf", 4},
        {"\xf4\x90\x80\x80", 4},
        {"\xf5\x80\x80\x80", 4},
        {"\xf1\x80\x80", 3},
        {"\xfe", 1},
        {"\xff", 1},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(good); i++)
        assert_true(text_is_utf8(good[i].bytes, good[i].length));
    for (size_t i = 0; i < LENGTH(wrong); i++)
        assert_false(text_is_utf8(wrong[i].bytes, wrong[i].length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_grows_and_always_ends_with_nul),
        cmocka_unit_test(a_format_of_any_length_is_whole),
        cmocka_unit_test(numbers_are_written_to_their_ends),
        cmocka_unit_test(json_strings_cannot_be_left),
        cmocka_unit_test(no_time_is_null),
        cmocka_unit_test(only_plain_decimal_numbers_are_numbers),
        cmocka_unit_test(utf8_is_what_rfc_3629_says),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
