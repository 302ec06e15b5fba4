#include <string.h>

#include "http/uri.h"
#include "tests/unit/unit.h"

static const char *decoded(void *mem, const char *text, bool query)
{
    return uri_decode(mem, text, strlen(text), query);
}

static void escapes_are_decoded_once(void **state)
{
    assert_string_equal(decoded(*state, "/a%2Fb%2fc", false), "/a/b/c");
    assert_string_equal(decoded(*state, "%2541", false), "%41");
    assert_string_equal(decoded(*state, "%EC%98%88", false), "예");
    assert_string_equal(decoded(*state, "a+b", false), "a+b");
    assert_string_equal(decoded(*state, "a+b%2B", true), "a b+");
    assert_string_equal(decoded(*state, "", false), "");
}

static void broken_escapes_are_refused(void **state)
{
    static const char *const wrong[] = {"%",   "%2",  "a%",    "%zz", "%2g", "%g2",  "% 1",
                                        "%-1", "%00", "a%00b", "%ff", "%c3", "\xff", "%ed%a0%80"};

    for (size_t i = 0; i < LENGTH(wrong); i++)
        if (decoded(*state, wrong[i], false) != NULL)
            fail_msg("decoded: %s", wrong[i]);
}

static void only_as_many_bytes_as_told_are_read(void **state)
{
    assert_string_equal(uri_decode(*state, "abc%41", 3, false), "abc");
    assert_null(uri_decode(*state, "abc%41", 5, false));
}

static void parameters_are_found_by_their_whole_name(void **state)
{
    static const char query[] = "limit=5&cursor=a%20b&xlimit=7&empty=&bare&limit=9&bad=%zz";

    assert_string_equal(uri_parameter(*state, query, "limit"), "5");
    assert_string_equal(uri_parameter(*state, query, "cursor"), "a b");
    assert_string_equal(uri_parameter(*state, query, "xlimit"), "7");
    assert_string_equal(uri_parameter(*state, query, "empty"), "");
    assert_null(uri_parameter(*state, query, "bare"));
    assert_null(uri_parameter(*state, query, "lim"));
    assert_null(uri_parameter(*state, query, "imit"));
    assert_null(uri_parameter(*state, query, "bad"));
    assert_null(uri_parameter(*state, "", "limit"));
    assert_null(uri_parameter(*state, "&&&", "limit"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_decoded_once),
        cmocka_unit_test(broken_escapes_are_refused),
        cmocka_unit_test(only_as_many_bytes_as_told_are_read),
        cmocka_unit_test(parameters_are_found_by_their_whole_name),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
