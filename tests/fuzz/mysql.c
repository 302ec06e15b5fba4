/*
 * A MySQL that knows a row or none of each table, and says of changes what the input wants. Instead of
 * store/mysql.c.
 */
#include "store/mysql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "tests/fuzz/fuzz.h"

static enum fuzz_mysql mood;

void fuzz_mysql(enum fuzz_mysql wanted)
{
    mood = wanted;
}

struct sql_arg sql_u64(uint64_t number)
{
    return (struct sql_arg){.kind = SQL_ARG_U64, .u64 = number};
}

struct sql_arg sql_i64(int64_t number)
{
    return (struct sql_arg){.kind = SQL_ARG_I64, .i64 = number};
}

struct sql_arg sql_text(const char *text)
{
    return text == NULL ? sql_null() : sql_bytes(text, strlen(text));
}

struct sql_arg sql_bytes(const void *bytes, size_t length)
{
    return (struct sql_arg){.kind = SQL_ARG_BYTES, .bytes = bytes, .length = length};
}

struct sql_arg sql_null(void)
{
    return (struct sql_arg){.kind = SQL_ARG_NULL};
}

struct sql_arg sql_time(int64_t unix_ms)
{
    struct sql_arg arg = {.kind = SQL_ARG_TIME};

    clock_to_text(unix_ms, arg.time);
    return arg;
}

void mysql_process_start(void)
{
}

void mysql_thread_stop(void)
{
}

struct mysql_link *mysql_link_new(const void *mem, const struct config *config, struct counters *counters)
{
    (void)config;
    (void)counters;
    return (struct mysql_link *)must(talloc_new(mem));
}

int64_t sql_change(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t count)
{
    (void)link;
    (void)statement;
    (void)args;
    (void)count;
    switch (mood) {
    case FUZZ_MYSQL_CHANGES: return 1;
    case FUZZ_MYSQL_CHANGES_NOTHING: return 0;
    case FUZZ_MYSQL_DUPLICATE: return SQL_DUPLICATE;
    case FUZZ_MYSQL_DOWN: return SQL_LOST;
    }
    return SQL_BROKEN;
}

uint64_t sql_inserted_id(const struct mysql_link *link)
{
    (void)link;
    return 1;
}

/* A row: values by columns, ended by NULL; "" is NULL. It is there for one first argument, or for any. */
struct row {
    const char *argument;
    const char *const *values;
};

#define VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define TIME        "2026-01-01 00:00:00.000"
#define DIGEST      "01234567890123456789012345678901"
#define EVENT       "0b1c", "payment", "1", "payment.completed", "{\"payment_id\":1}"
#define ACCOUNT     "7", "fan@demo.test", "Fan", "$argon2id$", "fan", "900000"
#define RESERVATION "1", "20270301.1.7", "1", "7", "70000", "1", TIME, "", "", "7"
#define LETTER      EVENT, "1", "payment-message", "receiver_refused", "8", TIME, ""

/* clang-format off */
static const struct row known[STATEMENTS] = {
    [SQL_CONCERTS_PLAN] = {"1", VALUES("Muse", "Hall", "Asia/Seoul", "20270301", TIME, "", "40", TIME)},
    [SQL_GRADES_OF_CONCERT] = {"1", VALUES("R", "70000")},
    [SQL_SECTIONS_OF_CONCERT] = {"1", VALUES("A", "0", "4", "10")},
    [SQL_CONCERTS_POLICY] = {"1", VALUES("open", "", "50", "600", "900", "180", "300", "4", "keep", "3", "0")},
    [SQL_CONCERTS_LIST] = {NULL, VALUES("1")},
    [SQL_CONCERTS_RUNNING] = {NULL, VALUES("1")},
    [SQL_CONCERTS_HIGHEST] = {NULL, VALUES("1")},
    [SQL_DRAWS_FIND] = {"1", VALUES(DIGEST, DIGEST, "9", "9", DIGEST, TIME)},
    [SQL_DRAWS_LIST] = {"1", VALUES(DIGEST DIGEST)},
    [SQL_ACCOUNTS_READ] = {"7", VALUES(ACCOUNT)},
    [SQL_ACCOUNTS_FIND] = {"fan@demo.test", VALUES(ACCOUNT)},
    [SQL_POINTS_LEDGER_LIST] = {NULL, VALUES("5", "-70000", "payment", "1", "900000", TIME)},
    [SQL_RESERVATIONS_READ] = {"1", VALUES(RESERVATION)},
    [SQL_RESERVATIONS_FIND] = {"20270301.1.7", VALUES(RESERVATION)},
    [SQL_RESERVATIONS_FIND_ANYBODYS] = {"20270301.1.7", VALUES(RESERVATION)},
    [SQL_RESERVATIONS_LIST] = {NULL, VALUES(RESERVATION)},
    [SQL_DEAD_LETTERS_LIST] = {NULL, VALUES(LETTER)},
    [SQL_DEAD_LETTERS_FIND] = {"1", VALUES(LETTER)},
    [SQL_DEAD_LETTERS_READ] = {"1", VALUES(LETTER)},
    [SQL_OUTBOX_LIST] = {NULL, VALUES("1", EVENT, TIME, "")},
    [SQL_EVENT_RETRIES_COUNT] = {NULL, VALUES("1")},
    [SQL_OUTBOX_WAITING] = {NULL, VALUES("1", TIME)},
};
/* clang-format on */

static bool is_argument(const struct sql_arg *args, size_t count, const char *wanted)
{
    char number[24];

    if (count == 0)
        return false;
    if (args[0].kind == SQL_ARG_BYTES)
        return args[0].length == strlen(wanted) && memcmp(args[0].bytes, wanted, args[0].length) == 0;
    snprintf(number, sizeof(number), "%" PRIu64, args[0].u64);
    return strcmp(number, wanted) == 0;
}

int sql_select(struct mysql_link *link, const void *mem, enum statement statement, const struct sql_arg *args,
               size_t count, struct sql_rows *found)
{
    const struct row row = known[statement];

    (void)link;
    *found = (struct sql_rows){0};
    if (mood == FUZZ_MYSQL_DOWN)
        return SQL_LOST;
    if (row.values == NULL || (row.argument != NULL && !is_argument(args, count, row.argument)))
        return 0;
    while (row.values[found->columns] != NULL)
        found->columns++;
    found->count = 1;
    found->values = must(talloc_zero_array(mem, struct sql_value, found->columns));
    for (size_t i = 0; i < found->columns; i++)
        if (row.values[i][0] != '\0')
            found->values[i] = (struct sql_value){row.values[i], strlen(row.values[i]), atoll(row.values[i])};
    return 0;
}

static const struct sql_value *value_at(const struct sql_rows *rows, size_t row, size_t column)
{
    if (row >= rows->count || column >= rows->columns)
        abort();
    return &rows->values[row * rows->columns + column];
}

int64_t sql_number(const struct sql_rows *rows, size_t row, size_t column)
{
    return value_at(rows, row, column)->number;
}

const char *sql_string(const struct sql_rows *rows, size_t row, size_t column)
{
    return value_at(rows, row, column)->bytes;
}

bool sql_is_null(const struct sql_rows *rows, size_t row, size_t column)
{
    return value_at(rows, row, column)->bytes == NULL;
}

int64_t sql_time_ms(const struct sql_rows *rows, size_t row, size_t column)
{
    return sql_is_null(rows, row, column) ? 0 : 1803895200000;
}

static size_t queued;

int64_t sql_queue(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t count)
{
    queued++;
    return sql_change(link, statement, args, count);
}

int64_t sql_queue_row(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t count)
{
    return sql_queue(link, statement, args, count);
}

int64_t sql_queue_rows(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t columns,
                       size_t rows)
{
    return sql_queue(link, statement, args, columns * rows);
}

int sql_flush(struct mysql_link *link, struct sql_done *done, size_t done_count)
{
    (void)link;
    queued = 0;
    for (size_t i = 0; i < done_count; i++)
        done[i] = (struct sql_done){.changed = mood == FUZZ_MYSQL_CHANGES, .inserted_id = 1};
    return mood == FUZZ_MYSQL_DOWN ? SQL_LOST : mood == FUZZ_MYSQL_DUPLICATE ? SQL_DUPLICATE : 0;
}

size_t sql_queued(const struct mysql_link *link)
{
    (void)link;
    return queued;
}

enum statement sql_failed(const struct mysql_link *link)
{
    (void)link;
    return STATEMENTS;
}

int sql_run(struct mysql_link *link, const void *mem, const char *sql, struct sql_rows *rows)
{
    (void)link;
    (void)mem;
    (void)sql;
    if (rows != NULL)
        *rows = (struct sql_rows){0};
    return mood == FUZZ_MYSQL_DOWN ? SQL_LOST : 0;
}

bool mysql_link_ping(struct mysql_link *link)
{
    (void)link;
    return mood != FUZZ_MYSQL_DOWN;
}

int mysql_link_begin(struct mysql_link *link)
{
    queued = 0;
    (void)link;
    return mood == FUZZ_MYSQL_DOWN ? SQL_LOST : 0;
}

int mysql_link_commit(struct mysql_link *link)
{
    (void)link;
    return 0;
}

void mysql_link_rollback(struct mysql_link *link)
{
    (void)link;
}
