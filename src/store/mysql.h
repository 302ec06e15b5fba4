/*
 * The link to MySQL or MariaDB: named statements (sql/query/), typed parameters, rows.
 *
 * A link belongs to one thread. It connects when it is first needed, and again when it was lost.
 * Every wait has a limit (mysql.timeout_ms). Isolation is READ COMMITTED.
 */
#ifndef FRONTROW_STORE_MYSQL_H
#define FRONTROW_STORE_MYSQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/counters.h"
#include "store/statements.h"

struct mysql_link;

/* How a statement can fail; sql_change() returns these instead of a count. */
enum {
    SQL_DUPLICATE = -1, /* a unique key is taken; the transaction goes on */
    SQL_AGAIN = -2,     /* deadlock, lock wait or snapshot conflict: roll back and run the transaction again */
    SQL_LOST = -3,      /* the link broke: whether the statement took effect is unknown */
    SQL_BROKEN = -4,    /* anything else; it was logged */
};

struct sql_arg {
    enum { SQL_ARG_NULL, SQL_ARG_U64, SQL_ARG_I64, SQL_ARG_TEXT, SQL_ARG_BYTES, SQL_ARG_TIME } kind;
    union {
        uint64_t u64;
        int64_t i64;
        const void *bytes;
        char time[CLOCK_TEXT_SIZE];
    };
    size_t length;
};

struct sql_arg sql_u64(uint64_t number);
struct sql_arg sql_i64(int64_t number);
struct sql_arg sql_text(const char *text); /* NULL when text is NULL */
struct sql_arg sql_bytes(const void *bytes, size_t length);
struct sql_arg sql_null(void);
/* DATETIME(3) in UTC; NULL when unix_ms is 0. */
struct sql_arg sql_time(int64_t unix_ms);

#define SQL_ARGS(...)                                                                                                  \
    (const struct sql_arg[]){__VA_ARGS__}, sizeof((const struct sql_arg[]){__VA_ARGS__}) / sizeof(struct sql_arg)
#define SQL_NO_ARGS NULL, 0

/* A value is NULL when bytes is NULL; numbers were read into number, too. */
struct sql_value {
    const char *bytes;
    size_t length;
    int64_t number;
};

struct sql_rows {
    size_t count;
    size_t columns;
    struct sql_value *values;
};

/* Before the first thread starts, and at the end of each thread that had a link. */
void mysql_process_start(void);
void mysql_thread_stop(void);

struct mysql_link *mysql_link_new(const void *mem, const struct config *config, struct counters *counters);

/* Run a statement that changes rows. The number of rows changed, or one of the failures above. */
int64_t sql_change(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t count);

/* The AUTO_INCREMENT number of the last row that this link inserted. */
uint64_t sql_inserted_id(const struct mysql_link *link);

/*
 * Run a statement that answers with rows, all of them, on mem. 0, or one of the failures above.
 * Outside a transaction a lost link is made anew and the statement asked once more.
 */
int sql_select(struct mysql_link *link, const void *mem, enum statement statement, const struct sql_arg *args,
               size_t count, struct sql_rows *rows);

int64_t sql_number(const struct sql_rows *rows, size_t row, size_t column);
/* NULL when the value is NULL. Ends with a NUL byte. */
const char *sql_string(const struct sql_rows *rows, size_t row, size_t column);
bool sql_is_null(const struct sql_rows *rows, size_t row, size_t column);
/* A DATETIME(3) column read as text; 0 when NULL. */
int64_t sql_time_ms(const struct sql_rows *rows, size_t row, size_t column);

/*
 * Several statements in one round trip. In a transaction sql_queue() puts a statement off until
 * sql_flush(), the next statement that is not queued, or COMMIT, which then travels with them.
 * Outside one it is run at once.
 *
 * Nobody looks at how many rows a queued statement changed before COMMIT unless sql_flush() was
 * asked: so without one, only queue what changes its rows or fails, such as INSERT … VALUES. After a
 * failure nothing behind it was run.
 *
 * 1, or a failure as of sql_change().
 */
int64_t sql_queue(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t count);

/*
 * The same for an INSERT … VALUES (…) of one row: it becomes part of the statement queued before it when that is the
 * same one. All rows of a statement are added, or none.
 */
int64_t sql_queue_row(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t count);

/* The same for several rows at once, in a transaction. */
int64_t sql_queue_rows(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t columns,
                       size_t rows);

struct sql_done {
    int64_t changed;
    uint64_t inserted_id;
};

/*
 * Send what is queued. done says what came of the first done_count times that something was queued: one by one for
 * rows, too, that became one statement. 0 or a failure.
 *
 * Rows of one INSERT … VALUES have consecutive numbers on every server that speaks MySQL, in steps of
 * auto_increment_increment: https://dev.mysql.com/doc/refman/8.4/en/innodb-auto-increment-handling.html, "simple
 * inserts". That is also how Connector/J tells a client the numbers of its rows.
 */
int sql_flush(struct mysql_link *link, struct sql_done *done, size_t done_count);

/* How often something was queued since the last time that it was sent. */
size_t sql_queued(const struct mysql_link *link);

/* Of the queued statements, the one that failed at last; STATEMENTS when none did. */
enum statement sql_failed(const struct mysql_link *link);

/* Run text that is not a named statement: migrations and checks. 0 or a failure; *rows may be NULL. */
int sql_run(struct mysql_link *link, const void *mem, const char *sql, struct sql_rows *rows);

/* Does the server answer? */
bool mysql_link_ping(struct mysql_link *link);

/*
 * For store/transaction.c alone. START TRANSACTION is not sent before the first statement is, so that
 * it can travel with it. COMMIT ends as the statements queued for it do; then the transaction is still
 * to be rolled back, unless the link was lost.
 */
int mysql_link_begin(struct mysql_link *link);
int mysql_link_commit(struct mysql_link *link);
void mysql_link_rollback(struct mysql_link *link);

#endif
