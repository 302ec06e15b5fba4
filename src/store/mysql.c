#include "store/mysql.h"

#include <errmsg.h>
#include <inttypes.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/log.h"
#include "base/must.h"
#include "base/text.h"
#include "store/sql_text.h"

/* libmariadb still says my_bool where MySQL's own library has bool; both are one byte. */
#ifdef MARIADB_BASE_VERSION
typedef my_bool sql_flag;
#else
typedef bool sql_flag;
#endif

enum {
    PARAMETERS_MAX = 72,
    COLUMNS_MAX = 32,
    QUEUE_MAX = 160,
    QUEUE_ROOM = 4096,
    SNAPSHOT_CONFLICT = 1020, /* MariaDB with innodb_snapshot_isolation */
    TIME_TEXT_SIZE = 24,
    BACK_OFF_MS = 1000,
    HANGS_AFTER_MS = 900, /* the shortest time limit there is, a little less */
};

/* Where a value lands before it is copied. */
struct landing {
    unsigned long length;
    int64_t number;
    sql_flag null;
};

/*
 * MySQL's own library writes lengths not only when it fetches a row but also when a statement is run
 * again, before its result can be bound anew. So the landing stays where it is as long as the statement.
 */
struct prepared {
    MYSQL_STMT *handle;
    struct landing *landing;
    unsigned columns;
};

/* A statement that waits to be sent. */
struct queued {
    enum statement statement;
    size_t items; /* how many sql_queue() and sql_queue_row() it was made of */
};

struct mysql_link {
    const struct config *config;
    struct counters *counters;
    MYSQL *mysql;
    struct prepared prepared[STATEMENTS];
    uint64_t inserted_id;
    int64_t asked_ns;      /* when the statement under way was sent */
    int64_t answered_ns;   /* when the last one that went well was answered */
    int64_t down_until_ns; /* a server that hangs is not asked again at once: waiting calls need not each wait it out */
    bool was_connected;
    bool in_transaction;
    bool to_begin; /* START TRANSACTION is still to be sent */
    struct text *queue;
    struct queued queued[QUEUE_MAX];
    size_t queued_count;
    size_t items_count;
    uint64_t id_step; /* from the number that one row of an INSERT is given to that of the next */
    enum statement failed;
};

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
    if (text == NULL)
        return sql_null();
    return (struct sql_arg){.kind = SQL_ARG_TEXT, .bytes = text, .length = strlen(text)};
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
    struct sql_arg arg = {.kind = SQL_ARG_TIME, .length = sizeof("2027-03-01 10:00:00.000") - 1};

    if (unix_ms == 0)
        return sql_null();
    clock_to_text(unix_ms, arg.time);
    arg.time[10] = ' ';
    return arg;
}

void mysql_process_start(void)
{
    mysql_library_init(0, NULL, NULL);
}

void mysql_thread_stop(void)
{
    mysql_thread_end();
}

static void forget_queue(struct mysql_link *link)
{
    link->queued_count = 0;
    link->items_count = 0;
    link->queue->length = 0;
}

static void disconnect(struct mysql_link *link)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        struct prepared *prepared = &link->prepared[i];
        if (prepared->handle != NULL)
            mysql_stmt_close(prepared->handle);
        TALLOC_FREE(prepared->landing);
        *prepared = (struct prepared){0};
    }
    if (link->mysql != NULL)
        mysql_close(link->mysql);
    link->mysql = NULL;
    link->to_begin = false;
}

static int close_link(struct mysql_link *link)
{
    disconnect(link);
    return 0;
}

struct mysql_link *mysql_link_new(const void *mem, const struct config *config, struct counters *counters)
{
    struct mysql_link *link = must(talloc_zero(mem, struct mysql_link));

    link->config = config;
    link->counters = counters;
    link->failed = STATEMENTS;
    link->queue = text_new(link, QUEUE_ROOM);
    talloc_set_destructor(link, close_link);
    return link;
}

static int answered(struct mysql_link *link)
{
    link->answered_ns = clock_steady_ns();
    return 0;
}

/* Does this error mean that the connection is gone? */
static bool is_lost(unsigned error)
{
    switch (error) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_COMMANDS_OUT_OF_SYNC:
    case ER_SERVER_SHUTDOWN:
    case 1317: /* ER_QUERY_INTERRUPTED: the server was told to stop this one */
    case 1927: /* ER_CONNECTION_KILLED on MariaDB */
    case 4031: /* ER_CLIENT_INTERACTION_TIMEOUT on MySQL */ return true;
    default: return false;
    }
}

/* What is refused at once may be asked again at once; what was waited for in vain may not. */
static void back_off_if_it_hung(struct mysql_link *link, int64_t asked_ns)
{
    int64_t now_ns = clock_steady_ns();

    if (now_ns - asked_ns > (int64_t)HANGS_AFTER_MS * 1000000)
        link->down_until_ns = now_ns + (int64_t)BACK_OFF_MS * 1000000;
}

static int failure(struct mysql_link *link, unsigned error, const char *what, const char *message)
{
    if (error == ER_DUP_ENTRY)
        return SQL_DUPLICATE;
    if (error == ER_LOCK_DEADLOCK || error == ER_LOCK_WAIT_TIMEOUT || error == SNAPSHOT_CONFLICT)
        return SQL_AGAIN;
    log_error("mysql_failed statement=%s error=%u message=\"%s\"", what, error, message);
    if (!is_lost(error))
        return SQL_BROKEN;
    disconnect(link);
    back_off_if_it_hung(link, link->asked_ns);
    return SQL_LOST;
}

static unsigned whole_seconds(long milliseconds)
{
    return (unsigned)((milliseconds + 999) / 1000);
}

/*
 * Money waits for a row lock no longer than a client waits for an answer. A machine that vanished, with
 * its power or its network, leaves a session whose row locks and relay's lock end with the server's
 * patience, which is hours unless it is told otherwise.
 */
static bool prepare_session(MYSQL *mysql, const struct config *config)
{
    char patience[sizeof("SET SESSION wait_timeout = 18446744073709551615")];
    const char *const settings[] = {
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET SESSION innodb_lock_wait_timeout = 2",
        patience,
        "SET SESSION time_zone = '+00:00'",
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO'",
    };

    snprintf(patience, sizeof(patience), "SET SESSION wait_timeout = %u", whole_seconds(config->mysql_idle_ms * 3 / 2));
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (mysql_query(mysql, settings[i]) != 0)
            return false;
    return true;
}

/* Servers that write beside each other leave out each other's numbers. */
static bool learn_id_step(MYSQL *mysql, uint64_t *step)
{
    if (mysql_query(mysql, "SELECT @@SESSION.auto_increment_increment") != 0)
        return false;
    MYSQL_RES *result = mysql_store_result(mysql);
    MYSQL_ROW row = result != NULL ? mysql_fetch_row(result) : NULL;
    *step = row != NULL && row[0] != NULL ? strtoull(row[0], NULL, 10) : 0;
    mysql_free_result(result);
    return *step > 0;
}

/* The server is about to end it, or has: a statement that may not be sent twice must not find that out. */
static bool is_idle(const struct mysql_link *link)
{
    return clock_steady_ns() - link->answered_ns > (int64_t)link->config->mysql_idle_ms * 1000000;
}

static int connect_link(struct mysql_link *link)
{
    const struct config *config = link->config;
    const char *host = config->mysql_host[0] != '\0' ? config->mysql_host : NULL;
    const char *socket = host == NULL ? config->mysql_socket : NULL;
    unsigned connect_s = whole_seconds(config->mysql_connect_timeout_ms);
    unsigned wait_s = whole_seconds(config->mysql_timeout_ms);

    if (link->mysql != NULL && !link->in_transaction && is_idle(link)) {
        disconnect(link);
        link->was_connected = false; /* nothing was lost */
    }
    if (link->mysql != NULL)
        return 0;
    /* The rest of a transaction whose link was lost must not happen by itself on a new one. */
    if (link->in_transaction)
        return SQL_LOST;
    int64_t started_ns = clock_steady_ns();
    if (started_ns < link->down_until_ns)
        return SQL_LOST;
    MYSQL *mysql = must(mysql_init(NULL));
    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &wait_s);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &wait_s);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(mysql, host, config->mysql_user, config->mysql_password, config->mysql_database,
                           (unsigned)config->mysql_port, socket, CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS) == NULL ||
        !prepare_session(mysql, config) || !learn_id_step(mysql, &link->id_step)) {
        log_error("mysql_unreachable error=%u message=\"%s\"", mysql_errno(mysql), mysql_error(mysql));
        mysql_close(mysql);
        back_off_if_it_hung(link, started_ns);
        return SQL_LOST;
    }
    if (link->was_connected)
        counters_add(link->counters, COUNTER_mysql_reconnects, 1);
    link->was_connected = true;
    link->mysql = mysql;
    return answered(link);
}

static int run(struct mysql_link *link, const char *sql)
{
    link->asked_ns = clock_steady_ns();
    if (mysql_query(link->mysql, sql) == 0)
        return answered(link);
    return failure(link, mysql_errno(link->mysql), sql, mysql_error(link->mysql));
}

/* What a statement did, item by item: its rows have consecutive numbers, and the server tells the first. */
static size_t note_done(const struct mysql_link *link, const struct queued *queued, struct sql_done *done, size_t room)
{
    int64_t changed = (int64_t)mysql_affected_rows(link->mysql);
    uint64_t inserted_id = mysql_insert_id(link->mysql);
    size_t items = queued->items < room ? queued->items : room;

    for (size_t i = 0; i < items; i++)
        done[i] = (struct sql_done){queued->items == 1 ? changed : 1, inserted_id + i * link->id_step};
    return items;
}

/* Read what each statement of a text did. The server stops at the first that fails. */
static int read_results(struct mysql_link *link, struct sql_done *done, size_t done_count)
{
    size_t lead = link->to_begin ? 1 : 0;
    size_t noted = 0;
    int failed = 0;

    link->to_begin = false;
    for (size_t i = 0; failed == 0; i++) {
        if (i >= lead && i - lead < link->queued_count && noted < done_count)
            noted += note_done(link, &link->queued[i - lead], done + noted, done_count - noted);
        failed = mysql_next_result(link->mysql);
        if (failed > 0)
            link->failed = i + 1 - lead < link->queued_count ? link->queued[i + 1 - lead].statement : STATEMENTS;
    }
    return failed < 0 ? 0 : -1;
}

static const char *name_of_failed(const struct mysql_link *link, const char *end)
{
    return link->failed < STATEMENTS ? statement_texts[link->failed].name : end[0] != '\0' ? end : "queued";
}

static int send_text(struct mysql_link *link, const char *end, struct sql_done *done, size_t done_count)
{
    const struct text *queue = link->queue;

    link->failed = link->to_begin || link->queued_count == 0 ? STATEMENTS : link->queued[0].statement;
    link->asked_ns = clock_steady_ns();
    bool good = mysql_real_query(link->mysql, queue->bytes, queue->length) == 0;
    if (good) {
        link->failed = STATEMENTS;
        good = read_results(link, done, done_count) == 0;
    }
    return good ? answered(link)
                : failure(link, mysql_errno(link->mysql), name_of_failed(link, end), mysql_error(link->mysql));
}

/*
 * An idle link may have been closed by the server. What comes with START TRANSACTION and without COMMIT
 * has left no trace when the link is lost, so it may be sent once more.
 */
static bool begin_anew(struct mysql_link *link)
{
    link->in_transaction = false;
    link->to_begin = connect_link(link) == 0;
    link->in_transaction = true;
    return link->to_begin;
}

/* Send what is queued, and end behind it, as one text. */
static int send_queue(struct mysql_link *link, const char *end, struct sql_done *done, size_t done_count)
{
    bool begins = link->to_begin;

    if (link->mysql == NULL)
        return SQL_LOST;
    text_put(link->queue, end);
    int outcome = send_text(link, end, done, done_count);
    if (outcome == SQL_LOST && begins && end[0] == '\0' && begin_anew(link))
        outcome = send_text(link, end, done, done_count);
    forget_queue(link);
    return outcome;
}

int sql_flush(struct mysql_link *link, struct sql_done *done, size_t done_count)
{
    return link->queued_count == 0 ? 0 : send_queue(link, "", done, done_count);
}

size_t sql_queued(const struct mysql_link *link)
{
    return link->items_count;
}

enum statement sql_failed(const struct mysql_link *link)
{
    return link->failed;
}

/* What stands before a statement that is queued next. */
static void put_on_queue(struct mysql_link *link, enum statement statement)
{
    if (link->queued_count == QUEUE_MAX)
        abort();
    if (link->queued_count == 0 && link->to_begin)
        text_put(link->queue, "START TRANSACTION;");
    else if (link->queued_count > 0)
        text_put(link->queue, ";");
    link->queued[link->queued_count++] = (struct queued){statement, 1};
    link->items_count++;
}

int64_t sql_queue(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t count)
{
    if (!link->in_transaction)
        return sql_change(link, statement, args, count);
    put_on_queue(link, statement);
    sql_text_put(link->queue, statement, args, count);
    return 1;
}

int64_t sql_queue_row(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t count)
{
    struct queued *last = link->queued_count > 0 ? &link->queued[link->queued_count - 1] : NULL;

    if (last == NULL || last->statement != statement)
        return sql_queue(link, statement, args, count);
    sql_text_put_row(link->queue, statement, args, count);
    last->items++;
    link->items_count++;
    return 1;
}

int64_t sql_queue_rows(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t columns,
                       size_t rows)
{
    if (!link->in_transaction)
        return SQL_LOST;
    put_on_queue(link, statement);
    sql_text_put_rows(link->queue, statement, args, columns, rows);
    return 1;
}

static int start(struct mysql_link *link)
{
    int outcome = run(link, "START TRANSACTION");

    if (outcome == SQL_LOST && begin_anew(link))
        outcome = run(link, "START TRANSACTION");
    link->to_begin = false;
    return outcome;
}

/* What has to reach the server before anything else of a transaction. */
static int catch_up(struct mysql_link *link)
{
    if (link->queued_count > 0)
        return sql_flush(link, NULL, 0);
    return link->to_begin ? start(link) : 0;
}

static int prepare(struct mysql_link *link, enum statement statement)
{
    const struct statement_text *text = &statement_texts[statement];
    struct prepared *prepared = &link->prepared[statement];
    sql_flag yes = 1;

    int outcome = connect_link(link);
    if (outcome != 0 || prepared->handle != NULL)
        return outcome;
    MYSQL_STMT *fresh = must(mysql_stmt_init(link->mysql));
    if (mysql_stmt_prepare(fresh, text->sql, text->length) != 0) {
        outcome = failure(link, mysql_stmt_errno(fresh), text->name, mysql_stmt_error(fresh));
        mysql_stmt_close(fresh);
        return outcome;
    }
    mysql_stmt_attr_set(fresh, STMT_ATTR_UPDATE_MAX_LENGTH, &yes);
    prepared->handle = fresh;
    prepared->columns = mysql_stmt_field_count(fresh);
    if (prepared->columns > COLUMNS_MAX)
        abort();
    prepared->landing = must(talloc_zero_array(link, struct landing, prepared->columns + 1));
    return 0;
}

static MYSQL_BIND bind_of(const struct sql_arg *arg)
{
    MYSQL_BIND bind = {0};

    switch (arg->kind) {
    case SQL_ARG_NULL: bind.buffer_type = MYSQL_TYPE_NULL; break;
    case SQL_ARG_U64:
    case SQL_ARG_I64:
        bind.buffer_type = MYSQL_TYPE_LONGLONG;
        bind.is_unsigned = arg->kind == SQL_ARG_U64;
        bind.buffer = (void *)(uintptr_t)&arg->u64;
        break;
    case SQL_ARG_TEXT:
    case SQL_ARG_BYTES:
        bind.buffer_type = arg->kind == SQL_ARG_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
        bind.buffer = (void *)(uintptr_t)arg->bytes;
        bind.buffer_length = (unsigned long)arg->length;
        break;
    case SQL_ARG_TIME:
        bind.buffer_type = MYSQL_TYPE_STRING;
        bind.buffer = (void *)(uintptr_t)arg->time;
        bind.buffer_length = (unsigned long)arg->length;
        break;
    }
    return bind;
}

static int execute(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t count)
{
    const char *name = statement_texts[statement].name;
    MYSQL_BIND binds[PARAMETERS_MAX];

    int outcome = catch_up(link);
    if (outcome != 0)
        return outcome;
    link->asked_ns = clock_steady_ns();
    outcome = prepare(link, statement);
    if (outcome != 0)
        return outcome;
    MYSQL_STMT *handle = link->prepared[statement].handle;
    if (count > PARAMETERS_MAX || mysql_stmt_param_count(handle) != count) {
        log_error("mysql_parameters statement=%s given=%zu", name, count);
        abort();
    }
    for (size_t i = 0; i < count; i++)
        binds[i] = bind_of(&args[i]);
    if ((count > 0 && mysql_stmt_bind_param(handle, binds) != 0) || mysql_stmt_execute(handle) != 0)
        return failure(link, mysql_stmt_errno(handle), name, mysql_stmt_error(handle));
    return answered(link);
}

int64_t sql_change(struct mysql_link *link, enum statement statement, const struct sql_arg *args, size_t count)
{
    int outcome = execute(link, statement, args, count);

    if (outcome != 0)
        return outcome;
    link->inserted_id = mysql_stmt_insert_id(link->prepared[statement].handle);
    return (int64_t)mysql_stmt_affected_rows(link->prepared[statement].handle);
}

uint64_t sql_inserted_id(const struct mysql_link *link)
{
    return link->inserted_id;
}

static bool is_whole_number(enum enum_field_types type)
{
    return type == MYSQL_TYPE_LONGLONG || type == MYSQL_TYPE_LONG || type == MYSQL_TYPE_INT24 ||
           type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_TINY;
}

static void bind_landing(const struct prepared *prepared, MYSQL_BIND *binds, void *mem)
{
    MYSQL_RES *shape = must(mysql_stmt_result_metadata(prepared->handle));
    const MYSQL_FIELD *fields = mysql_fetch_fields(shape);

    for (unsigned i = 0; i < prepared->columns; i++) {
        struct landing *landing = &prepared->landing[i];
        bool number = is_whole_number(fields[i].type);
        size_t room = number ? sizeof(landing->number) : fields[i].max_length + 1;
        binds[i] = (MYSQL_BIND){
            .length = &landing->length,
            .is_null = &landing->null,
            .buffer_type = number ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_STRING,
            .is_unsigned = (fields[i].flags & UNSIGNED_FLAG) != 0,
            .buffer_length = room,
            .buffer = number ? (void *)&landing->number : must(talloc_size(mem, room)),
        };
    }
    mysql_free_result(shape);
}

static void copy_row(const struct prepared *prepared, const MYSQL_BIND *binds, const void *mem,
                     struct sql_value *values)
{
    for (unsigned i = 0; i < prepared->columns; i++) {
        const struct landing *landing = &prepared->landing[i];
        struct sql_value *value = &values[i];
        if (landing->null)
            continue;
        if (binds[i].buffer_type == MYSQL_TYPE_LONGLONG) {
            value->number = landing->number;
            value->bytes = "";
            continue;
        }
        value->length = landing->length;
        char *copy = must(talloc_size(mem, value->length + 1));
        memcpy(copy, binds[i].buffer, value->length);
        copy[value->length] = '\0';
        value->bytes = copy;
    }
}

static int fetch_all(const struct prepared *prepared, const void *mem, struct sql_rows *rows, void *scratch)
{
    MYSQL_STMT *handle = prepared->handle;
    MYSQL_BIND binds[COLUMNS_MAX];

    if (mysql_stmt_store_result(handle) != 0)
        return -1;
    bind_landing(prepared, binds, scratch);
    if (mysql_stmt_bind_result(handle, binds) != 0)
        return -1;
    rows->columns = prepared->columns;
    rows->count = mysql_stmt_num_rows(handle);
    rows->values = must(talloc_zero_array(mem, struct sql_value, rows->count * rows->columns + 1));
    for (size_t i = 0; i < rows->count; i++) {
        if (mysql_stmt_fetch(handle) != 0)
            return -1;
        copy_row(prepared, binds, mem, &rows->values[i * rows->columns]);
    }
    mysql_stmt_free_result(handle);
    return 0;
}

static int fetch(struct mysql_link *link, enum statement statement, const void *mem, struct sql_rows *rows)
{
    MYSQL_STMT *handle = link->prepared[statement].handle;
    void *scratch = must(talloc_new(mem));
    int outcome = 0;

    if (fetch_all(&link->prepared[statement], mem, rows, scratch) != 0)
        outcome = failure(link, mysql_stmt_errno(handle), statement_texts[statement].name, mysql_stmt_error(handle));
    TALLOC_FREE(scratch);
    return outcome;
}

int sql_select(struct mysql_link *link, const void *mem, enum statement statement, const struct sql_arg *args,
               size_t count, struct sql_rows *rows)
{
    bool may_ask_again = !link->in_transaction;

    for (;;) {
        int outcome = execute(link, statement, args, count);
        if (outcome == 0)
            outcome = fetch(link, statement, mem, rows);
        if (outcome != SQL_LOST || !may_ask_again)
            return outcome;
        may_ask_again = false;
    }
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
    char text[TIME_TEXT_SIZE + 8];
    const char *value = sql_string(rows, row, column);
    int64_t unix_ms;

    if (value == NULL)
        return 0;
    snprintf(text, sizeof(text), "%.23sZ", value);
    text[10] = 'T';
    return clock_from_text(text, &unix_ms) ? unix_ms : 0;
}

static void copy_result(MYSQL_RES *result, const void *mem, struct sql_rows *rows)
{
    rows->columns = mysql_num_fields(result);
    rows->count = mysql_num_rows(result);
    rows->values = must(talloc_zero_array(mem, struct sql_value, rows->count * rows->columns + 1));
    for (size_t i = 0; i < rows->count; i++) {
        MYSQL_ROW row = mysql_fetch_row(result);
        const unsigned long *lengths = mysql_fetch_lengths(result);
        for (size_t c = 0; c < rows->columns; c++) {
            struct sql_value *value = &rows->values[i * rows->columns + c];
            if (row[c] == NULL)
                continue;
            value->length = lengths[c];
            value->bytes = must(talloc_strndup(mem, row[c], lengths[c]));
        }
    }
}

int sql_run(struct mysql_link *link, const void *mem, const char *sql, struct sql_rows *rows)
{
    int outcome = catch_up(link);

    if (outcome == 0)
        outcome = connect_link(link);
    if (outcome != 0)
        return outcome;
    link->asked_ns = clock_steady_ns();
    if (mysql_query(link->mysql, sql) != 0)
        return failure(link, mysql_errno(link->mysql), "text", mysql_error(link->mysql));
    answered(link);
    MYSQL_RES *result = mysql_store_result(link->mysql);
    if (result == NULL)
        return mysql_errno(link->mysql) == 0
                   ? 0
                   : failure(link, mysql_errno(link->mysql), "text", mysql_error(link->mysql));
    if (rows != NULL)
        copy_result(result, mem, rows);
    mysql_free_result(result);
    return 0;
}

bool mysql_link_ping(struct mysql_link *link)
{
    if (connect_link(link) != 0)
        return false;
    if (mysql_ping(link->mysql) == 0)
        return answered(link) == 0;
    disconnect(link);
    return connect_link(link) == 0;
}

int mysql_link_begin(struct mysql_link *link)
{
    link->in_transaction = false;
    int outcome = connect_link(link);

    forget_queue(link);
    link->failed = STATEMENTS;
    link->in_transaction = outcome == 0;
    link->to_begin = outcome == 0;
    return outcome;
}

int mysql_link_commit(struct mysql_link *link)
{
    if (link->to_begin && link->queued_count == 0) {
        link->in_transaction = false;
        link->to_begin = false;
        return 0;
    }
    int outcome = send_queue(link, link->queued_count > 0 ? ";COMMIT" : "COMMIT", NULL, 0);
    link->in_transaction = outcome != 0;
    return outcome;
}

void mysql_link_rollback(struct mysql_link *link)
{
    bool begun = !link->to_begin;

    link->in_transaction = false;
    link->to_begin = false;
    forget_queue(link);
    /* A transaction that cannot be rolled back must not be continued by the next call. */
    if (begun && link->mysql != NULL && mysql_query(link->mysql, "ROLLBACK") != 0)
        disconnect(link);
}
