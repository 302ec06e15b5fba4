/* Statements with their arguments written into them. */
#include <string.h>

#include "store/sql_text.h"
#include "tests/unit/unit.h"

static void numbers_are_numbers_and_the_rest_is_hex(void **state)
{
    struct text *text = text_new(*state, 64);

    sql_text_put(text, SQL_ACCOUNTS_DEBIT, SQL_ARGS(sql_i64(-7), sql_u64(UINT64_MAX), sql_i64(INT64_MAX)));
    assert_string_equal(text->bytes, "UPDATE account SET points = LAST_INSERT_ID(points - (-7)) WHERE account_id = "
                                     "18446744073709551615 AND points >= (9223372036854775807)");
}

static void nothing_in_a_text_can_end_it(void **state)
{
    struct text *text = text_new(*state, 64);
    static const char session[] = {0, '\'', '\\'};

    sql_text_put(text, SQL_ACCOUNTS_FIND, SQL_ARGS(sql_text("'; DROP TABLE account; -- ?")));
    assert_non_null(strstr(text->bytes, "email = _utf8mb4 x'273b2044524f50205441424c45206163636f756e743b202d2d203f'"));
    text->length = 0;
    sql_text_put(text, SQL_SESSIONS_INSERT_REVOKED,
                 SQL_ARGS(sql_bytes(session, sizeof(session)), sql_null(), sql_time(1)));
    assert_non_null(strstr(text->bytes, "VALUES (x'00275c', NULL, '1970-01-01 00:00:00.001')"));
}

static void rows_share_the_beginning(void **state)
{
    struct text *text = text_new(*state, 64);

    sql_text_put_rows(text, SQL_PAYMENTS_INSERT,
                      (const struct sql_arg[]){sql_u64(1), sql_u64(2), sql_i64(3), sql_time(1), sql_u64(5), sql_u64(6),
                                               sql_null(), sql_time(2)},
                      4, 2);
    assert_string_equal(text->bytes, "INSERT INTO payment (account_id, concert_id, amount, paid_at) VALUES "
                                     "(1, 2, (3), '1970-01-01 00:00:00.001'), "
                                     "(5, 6, NULL, '1970-01-01 00:00:00.002')");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_numbers_and_the_rest_is_hex),
        cmocka_unit_test(nothing_in_a_text_can_end_it),
        cmocka_unit_test(rows_share_the_beginning),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
