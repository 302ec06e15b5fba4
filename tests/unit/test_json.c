#include <string.h>
#include <talloc.h>

#include "base/json.h"
#include "base/text.h"
#include "tests/unit/unit.h"

static struct json_object *read(void *mem, const char *text)
{
    return json_read(mem, text, strlen(text));
}

static void objects_are_read(void **state)
{
    static const char *const good[] = {
        "{}",
        " {\"a\":1} \r\n\t",
        "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}",
        "{\"a\":\"b:c\",\"d\":\"\\\"e\\\":\"}",
        "{\"예매\":\"좌석\",\"ticket\":\"\\ud83c\\udfab\"}",
        "{\"a\":null,\"b\":true,\"c\":-1.5e3,\"d\":9223372036854775807}",
    };

    for (size_t i = 0; i < LENGTH(good); i++)
        if (read(*state, good[i]) == NULL)
            fail_msg("refused: %s", good[i]);
}

static void what_is_no_single_object_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        " ",
        "null",
        "1",
        "\"a\"",
        "[]",
        "[{}]",
        "{",
        "}",
        "{}}",
        "{}{}",
        "{} x",
        "{\"a\":1",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":'b'}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":0x1}",
        "{\"a\":tru}",
        "/* c */{}",
        "{\"a\":1}//",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "\xef\xbb\xbf{}",
    };

    for (size_t i = 0; i < LENGTH(wrong); i++)
        if (read(*state, wrong[i]) != NULL)
            fail_msg("read: %s", wrong[i]);
}

static void a_name_twice_in_one_object_is_refused(void **state)
{
    static const char *const wrong[] = {
        "{\"a\":1,\"a\":1}",         "{\"amount\":1,\"amount\":1000}",        "{\"a\":1,\"\\u0061\":2}",
        "{\"x\":{\"a\":1,\"a\":2}}", "{\"x\":[{\"a\":1},{\"b\":1,\"b\":2}]}", "{\"a\":1,\"b\":2,\"a\":{\"c\":3}}",
        "{\"a\":{\"c\":3},\"a\":1}",
    };

    for (size_t i = 0; i < LENGTH(wrong); i++)
        if (read(*state, wrong[i]) != NULL)
            fail_msg("read: %s", wrong[i]);
}

static void bytes_that_are_not_text_are_refused(void **state)
{
    assert_null(json_read(*state, "{\"a\":\"\xff\"}", 9));
    assert_null(json_read(*state, "{\"a\":\"\xed\xa0\x80\"}", 11));
    assert_null(json_read(*state, "{\"a\":\"\0\"}", 9));
    assert_null(json_read(*state, "{}\0", 3));
    assert_null(json_read(*state, "\0{}", 3));
}

static void a_nul_cannot_be_smuggled_in_by_an_escape(void **state)
{
    struct json_object *object = read(*state, "{\"a\":\"b\\u0000c\"}");
    struct json_object *value = NULL;

    /* Either refused here, or handed on whole so that the field check sees the control character. */
    if (object == NULL)
        return;
    assert_true(json_object_object_get_ex(object, "a", &value));
    assert_int_equal(json_object_get_string_len(value), 3);
}

static void names_with_a_nul_are_refused(void **state)
{
    assert_null(read(*state, "{\"a\\u0000b\":1,\"a\":2}"));
}

static const char *nested(void *mem, const char *open, const char *close, int depth)
{
    struct text *text = text_new(mem, 64);

    text_put(text, "{\"a\":");
    for (int i = 1; i < depth; i++)
        text_put(text, open);
    text_put(text, "1");
    for (int i = 1; i < depth; i++)
        text_put(text, close);
    text_put(text, "}");
    return text->bytes;
}

static void depth_is_bounded(void **state)
{
    static const int deep[] = {9, 16, 100, 5000};

    assert_non_null(read(*state, nested(*state, "[", "]", 6)));
    assert_non_null(read(*state, nested(*state, "{\"a\":", "}", 6)));
    for (size_t i = 0; i < LENGTH(deep); i++) {
        assert_null(read(*state, nested(*state, "[", "]", deep[i])));
        assert_null(read(*state, nested(*state, "{\"a\":", "}", deep[i])));
    }
    assert_null(read(*state, nested(*state, "[", "", 5000)));
}

static void what_was_read_goes_with_its_memory(void **state)
{
    void *mem = talloc_new(*state);

    /* The leak sanitizer watches. */
    for (int i = 0; i < 100; i++)
        assert_non_null(read(mem, "{\"a\":[1,2,{\"b\":\"c\"}]}"));
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_read),
        cmocka_unit_test(what_is_no_single_object_is_refused),
        cmocka_unit_test(a_name_twice_in_one_object_is_refused),
        cmocka_unit_test(bytes_that_are_not_text_are_refused),
        cmocka_unit_test(a_nul_cannot_be_smuggled_in_by_an_escape),
        cmocka_unit_test(names_with_a_nul_are_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(what_was_read_goes_with_its_memory),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
