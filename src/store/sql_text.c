#include "store/sql_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void put_hex(struct text *text, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";

    text_put(text, "x'");
    for (size_t i = 0; i < length; i++) {
        const char pair[] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
        text_add(text, pair, sizeof(pair));
    }
    text_put(text, "'");
}

static void put_arg(struct text *text, const struct sql_arg *arg)
{
    switch (arg->kind) {
    case SQL_ARG_NULL: text_put(text, "NULL"); break;
    case SQL_ARG_U64: text_format(text, "%" PRIu64, arg->u64); break;
    /* In brackets: two minus signs in a row begin a comment. */
    case SQL_ARG_I64: text_format(text, "(%" PRId64 ")", arg->i64); break;
    case SQL_ARG_TEXT:
        text_put(text, "_utf8mb4 ");
        put_hex(text, arg->bytes, arg->length);
        break;
    case SQL_ARG_BYTES: put_hex(text, arg->bytes, arg->length); break;
    /* We wrote it ourselves: digits and punctuation. */
    case SQL_ARG_TIME: text_format(text, "'%.*s'", (int)arg->length, arg->time); break;
    }
}

static void put_filled(struct text *text, enum statement statement, const char *at, const struct sql_arg *args,
                       size_t count)
{
    size_t used = 0;

    for (const char *mark; (mark = strchr(at, '?')) != NULL; at = mark + 1, used++) {
        text_add(text, at, (size_t)(mark - at));
        if (used < count)
            put_arg(text, &args[used]);
    }
    text_put(text, at);
    if (used != count) {
        log_error("sql_parameters statement=%s marks=%zu given=%zu", statement_texts[statement].name, used, count);
        abort();
    }
}

void sql_text_put(struct text *text, enum statement statement, const struct sql_arg *args, size_t count)
{
    put_filled(text, statement, statement_texts[statement].sql, args, count);
}

/* Where the row of an INSERT … VALUES (…) begins. */
static const char *row_of(enum statement statement)
{
    static const char values[] = " VALUES ";
    const char *at = strstr(statement_texts[statement].sql, values);

    if (at == NULL)
        abort();
    return at + sizeof(values) - 1;
}

void sql_text_put_row(struct text *text, enum statement statement, const struct sql_arg *args, size_t columns)
{
    text_put(text, ", ");
    put_filled(text, statement, row_of(statement), args, columns);
}

void sql_text_put_rows(struct text *text, enum statement statement, const struct sql_arg *args, size_t columns,
                       size_t rows)
{
    if (rows == 0)
        abort();
    sql_text_put(text, statement, args, columns);
    for (size_t i = 1; i < rows; i++)
        sql_text_put_row(text, statement, args + i * columns, columns);
}
