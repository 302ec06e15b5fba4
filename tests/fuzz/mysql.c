/* A MySQL that knows concert 1 and no other row, and says of changes what the input wants. Instead of store/mysql.c. */
#include "store/mysql.h"

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
    return 100001;
}

/* Rows of the statements that a plan and its policy are read with: values by columns, ended by NULL. */
static const char *const *row_of(enum statement statement)
{
    static const char *const plan[] = {
        "Muse", "Hall", "Asia/Seoul", "20270301", "2027-03-01 10:00:00.000", "", "40", "2026-01-01 00:00:00.000", NULL};
    static const char *const grade[] = {"R", "70000", NULL};
    static const char *const section[] = {"A", "0", "4", "10", NULL};
    static const char *const policy[] = {"open", "", "50", "600", "900", "180", "300", "4", "keep", "3", NULL};
    static const char *const highest[] = {"1", NULL};

    switch (statement) {
    case SQL_CONCERTS_PLAN: return plan;
    case SQL_GRADES_OF_CONCERT: return grade;
    case SQL_SECTIONS_OF_CONCERT: return section;
    case SQL_CONCERTS_POLICY: return policy;
    case SQL_CONCERTS_LIST:
    case SQL_CONCERTS_RUNNING:
    case SQL_CONCERTS_HIGHEST: return highest;
    default: return NULL;
    }
}

static bool is_another_concert(const struct sql_arg *args, size_t count)
{
    return count == 1 && args[0].kind == SQL_ARG_U64 && args[0].u64 != 1;
}

int sql_select(struct mysql_link *link, const void *mem, enum statement statement, const struct sql_arg *args,
               size_t count, struct sql_rows *rows)
{
    const char *const *row = row_of(statement);

    (void)link;
    *rows = (struct sql_rows){0};
    if (mood == FUZZ_MYSQL_DOWN)
        return SQL_LOST;
    if (row == NULL || is_another_concert(args, count))
        return 0;
    while (row[rows->columns] != NULL)
        rows->columns++;
    rows->count = 1;
    rows->values = must(talloc_zero_array(mem, struct sql_value, rows->columns));
    for (size_t i = 0; i < rows->columns; i++)
        if (row[i][0] != '\0')
            rows->values[i] = (struct sql_value){row[i], strlen(row[i]), atoll(row[i])};
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

int64_t sql_queue(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t count)
{
    return sql_change(link, statement, args, count);
}

int64_t sql_queue_rows(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t columns,
                       size_t rows)
{
    return sql_queue(link, statement, args, columns * rows);
}

int sql_flush(struct mysql_link *link, struct sql_done *done, size_t done_count)
{
    (void)link;
    for (size_t i = 0; i < done_count; i++)
        done[i] = (struct sql_done){.changed = mood == FUZZ_MYSQL_CHANGES, .inserted_id = 100001};
    return mood == FUZZ_MYSQL_DOWN ? SQL_LOST : mood == FUZZ_MYSQL_DUPLICATE ? SQL_DUPLICATE : 0;
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
