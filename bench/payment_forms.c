/*
 * Which form of the payment's transaction is quickest? The same rows are written by
 *
 *   separate    a prepared statement each, START TRANSACTION and COMMIT
 *   implicit    the same without START TRANSACTION: autocommit is off
 *   two         the debit and the payment in one text, the rest and COMMIT, made from its answer, in another
 *   batch       all statements in one text, looked at by the client, then COMMIT
 *   one         all statements and COMMIT in one text: whatever must stop it is an error
 *   procedure   CALL of a stored procedure
 *   together    as two, eight payments in one transaction; the rows of a table in one INSERT
 *
 * Usage: payment_forms SOCKET DATABASE FORM CLIENTS SECONDS [DELAY_US]
 * The database has the tables of sql/migrate. DELAY_US is waited for before every round trip, as a
 * network would. Prints: form, clients, payments per second, median and 99th percentile in
 * milliseconds.
 */
#include <mysql.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 256, SAMPLES_MAX = 200000, ACCOUNTS_A_CLIENT = 50, PRICE = 7, TEXT_MAX = 32768, TOGETHER = 8 };

enum statement { DEBIT, PAYMENT, KEY, RESERVATION, LEDGER, OUTBOX, STATEMENTS };

static const char *const prepared_texts[STATEMENTS] = {
    "UPDATE account SET points = LAST_INSERT_ID(points - ?) WHERE account_id = ? AND points >= ?",
    "INSERT INTO payment (account_id, concert_id, amount, paid_at) VALUES (?, ?, ?, ?)",
    "INSERT INTO idempotency (account_id, idempotency_key, fingerprint, answer, created_at) VALUES (?, ?, ?, ?, ?)",
    "INSERT INTO reservation (reservation_number, account_id, concert_id, seat, price, payment_id, paid_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)",
    "INSERT INTO point_entry (account_id, delta, reason, reference, balance_after, created_at) "
    "VALUES (?, ?, 'payment', ?, ?, ?)",
    "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at) "
    "VALUES (?, 'payment', ?, 'payment.completed', ?, ?)",
};

static const char procedure_text[] =
    "CREATE PROCEDURE pay(p_account BIGINT, p_amount BIGINT, p_key VARBINARY(255), p_print BINARY(32), p_number "
    "VARCHAR(48), p_seat INT, p_event CHAR(36), p_payload TEXT, p_now DATETIME(3)) MODIFIES SQL DATA\n"
    "BEGIN\n"
    "  DECLARE v_payment BIGINT; DECLARE v_balance BIGINT;\n"
    "  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;\n"
    "  START TRANSACTION;\n"
    "  UPDATE account SET points = LAST_INSERT_ID(points - p_amount) WHERE account_id = p_account AND points >= p_amount;\n"
    "  IF ROW_COUNT() <> 1 THEN SIGNAL SQLSTATE '45000'; END IF;\n"
    "  SET v_balance = LAST_INSERT_ID();\n"
    "  INSERT INTO payment (account_id, concert_id, amount, paid_at) VALUES (p_account, 1, p_amount, p_now);\n"
    "  SET v_payment = LAST_INSERT_ID();\n"
    "  INSERT INTO idempotency (account_id, idempotency_key, fingerprint, answer, created_at) VALUES (p_account, p_key, "
    "p_print, CONCAT('{\"payment_id\":', v_payment, ',\"balance\":', v_balance, '}'), p_now);\n"
    "  INSERT INTO reservation (reservation_number, account_id, concert_id, seat, price, payment_id, paid_at) VALUES "
    "(p_number, p_account, 1, p_seat, p_amount, v_payment, p_now);\n"
    "  INSERT INTO point_entry (account_id, delta, reason, reference, balance_after, created_at) VALUES (p_account, "
    "-p_amount, 'payment', v_payment, v_balance, p_now);\n"
    "  INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at) VALUES (p_event, 'payment', "
    "v_payment, 'payment.completed', p_payload, p_now);\n"
    "  COMMIT;\n"
    "END";

struct client {
    pthread_t thread;
    const char *form;
    int index;
    MYSQL *mysql;
    MYSQL_STMT *prepared[STATEMENTS];
    MYSQL_STMT *call;
    uint32_t *samples_us;
    size_t count;
};

struct payment {
    uint64_t account;
    uint64_t id;
    int64_t balance;
    uint64_t seat;
    char number[48];
    char key[40];
    char print[32];
    char event[37];
    char payload[512];
    char answer[256];
    char now[32];
};

static const char *server_socket;
static const char *database;
static unsigned delay_us;
static uint64_t first_account;
static atomic_bool stop;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void on_the_wire(void)
{
    if (delay_us > 0)
        usleep(delay_us);
}

static MYSQL *connect_one(void)
{
    MYSQL *mysql = mysql_init(NULL);

    if (mysql_real_connect(mysql, NULL, "root", "", database, 0, server_socket,
                           CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS) == NULL)
        die("connect", mysql_error(mysql));
    mysql_set_character_set(mysql, "utf8mb4");
    if (mysql_query(mysql, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED") != 0)
        die("session", mysql_error(mysql));
    return mysql;
}

/* Prepared statements */

static MYSQL_BIND number(const void *at)
{
    return (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = (void *)(uintptr_t)at};
}

static MYSQL_BIND text(const char *at)
{
    return (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING, .buffer = (void *)(uintptr_t)at, .buffer_length = strlen(at)};
}

static MYSQL_BIND bytes(const char *at, unsigned long length)
{
    return (MYSQL_BIND){.buffer_type = MYSQL_TYPE_BLOB, .buffer = (void *)(uintptr_t)at, .buffer_length = length};
}

static MYSQL_STMT *prepare(MYSQL *mysql, const char *sql)
{
    MYSQL_STMT *stmt = mysql_stmt_init(mysql);

    if (mysql_stmt_prepare(stmt, sql, strlen(sql)) != 0)
        die(sql, mysql_stmt_error(stmt));
    return stmt;
}

static uint64_t execute(MYSQL_STMT *stmt, MYSQL_BIND *binds)
{
    on_the_wire();
    if (mysql_stmt_bind_param(stmt, binds) != 0 || mysql_stmt_execute(stmt) != 0)
        die("execute", mysql_stmt_error(stmt));
    if (mysql_stmt_affected_rows(stmt) != 1)
        die("execute", "not one row");
    return mysql_stmt_insert_id(stmt);
}

static void run(struct client *client, const char *sql)
{
    on_the_wire();
    if (mysql_query(client->mysql, sql) != 0)
        die(sql, mysql_error(client->mysql));
}

static void write_rows(struct client *client, struct payment *p)
{
    static const int64_t amount = PRICE;
    static const int64_t minus = -PRICE;
    static const uint64_t concert = 1;
    MYSQL_STMT **s = client->prepared;

    p->balance = (int64_t)execute(s[DEBIT], (MYSQL_BIND[]){number(&amount), number(&p->account), number(&amount)});
    p->id = execute(s[PAYMENT], (MYSQL_BIND[]){number(&p->account), number(&concert), number(&amount), text(p->now)});
    snprintf(p->answer, sizeof(p->answer), "{\"payment_id\":%llu,\"balance\":%lld}", (unsigned long long)p->id,
             (long long)p->balance);
    execute(s[KEY],
            (MYSQL_BIND[]){number(&p->account), text(p->key), bytes(p->print, 32), text(p->answer), text(p->now)});
    execute(s[RESERVATION], (MYSQL_BIND[]){text(p->number), number(&p->account), number(&concert), number(&p->seat),
                                           number(&amount), number(&p->id), text(p->now)});
    execute(s[LEDGER],
            (MYSQL_BIND[]){number(&p->account), number(&minus), number(&p->id), number(&p->balance), text(p->now)});
    execute(s[OUTBOX], (MYSQL_BIND[]){text(p->event), number(&p->id), text(p->payload), text(p->now)});
}

static void pay_separate(struct client *client, struct payment *p)
{
    run(client, "START TRANSACTION");
    write_rows(client, p);
    run(client, "COMMIT");
}

static void pay_implicit(struct client *client, struct payment *p)
{
    write_rows(client, p);
    run(client, "COMMIT");
}

static void pay_procedure(struct client *client, struct payment *p)
{
    static const int64_t amount = PRICE;
    MYSQL_BIND binds[] = {number(&p->account), number(&amount), text(p->key),     bytes(p->print, 32), text(p->number),
                          number(&p->seat),    text(p->event),  text(p->payload), text(p->now)};

    on_the_wire();
    if (mysql_stmt_bind_param(client->call, binds) != 0 || mysql_stmt_execute(client->call) != 0)
        die("call", mysql_stmt_error(client->call));
    while (mysql_stmt_next_result(client->call) == 0)
        continue;
}

/* Text. Whatever came from outside is written as hex, so that nothing in it can end a string. */

static void put_hex(char *out, const char *in, size_t length)
{
    for (size_t i = 0; i < length; i++)
        sprintf(out + 2 * i, "%02x", (unsigned char)in[i]);
}

static const char *hex(const char *in, size_t length, char *room)
{
    put_hex(room, in, length);
    return room;
}

/* The debit of too many points is an error of arithmetic, so that the rest of the text does not run. */
static int payment_text(const struct payment *p, const char *end, char *sql)
{
    char key[80];
    char print[80];
    char payload[1100];

    return snprintf(
        sql, TEXT_MAX,
        "START TRANSACTION;"
        "UPDATE account SET points = LAST_INSERT_ID(CAST(points AS UNSIGNED) - %d) WHERE account_id = %llu;"
        "SET @balance = LAST_INSERT_ID();"
        "INSERT INTO payment (account_id, concert_id, amount, paid_at) VALUES (%llu, 1, %d, '%s');"
        "SET @payment = LAST_INSERT_ID();"
        "INSERT INTO idempotency (account_id, idempotency_key, fingerprint, answer, created_at) VALUES (%llu, x'%s', "
        "x'%s', CONCAT('{\"payment_id\":', @payment, ',\"balance\":', @balance, '}'), '%s');"
        "INSERT INTO reservation (reservation_number, account_id, concert_id, seat, price, payment_id, paid_at) VALUES "
        "('%s', %llu, 1, %llu, %d, @payment, '%s');"
        "INSERT INTO point_entry (account_id, delta, reason, reference, balance_after, created_at) VALUES (%llu, -%d, "
        "'payment', @payment, @balance, '%s');"
        "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at) VALUES ('%s', 'payment', "
        "@payment, 'payment.completed', x'%s', '%s')%s",
        PRICE, (unsigned long long)p->account, (unsigned long long)p->account, PRICE, p->now,
        (unsigned long long)p->account, hex(p->key, strlen(p->key), key), hex(p->print, 32, print), p->now, p->number,
        (unsigned long long)p->account, (unsigned long long)p->seat, PRICE, p->now, (unsigned long long)p->account,
        PRICE, p->now, p->event, hex(p->payload, strlen(p->payload), payload), p->now, end);
}

/* Every result of the text, in order; inserted[n] is what the n-th statement left in LAST_INSERT_ID. */
static void run_text(struct client *client, const char *sql, int length, uint64_t *inserted, int inserted_max)
{
    int next;
    int index = 0;

    on_the_wire();
    if (mysql_real_query(client->mysql, sql, (unsigned long)length) != 0)
        die("text", mysql_error(client->mysql));
    do {
        if (index < inserted_max)
            inserted[index++] = mysql_insert_id(client->mysql);
        next = mysql_next_result(client->mysql);
    } while (next == 0);
    if (next > 0)
        die("text", mysql_error(client->mysql));
}

static void run_whole(struct client *client, struct payment *p, const char *end)
{
    char sql[TEXT_MAX];
    uint64_t inserted[4] = {0};

    run_text(client, sql, payment_text(p, end, sql), inserted, 4);
    p->balance = (int64_t)inserted[1];
    p->id = inserted[3];
}

static int rest_text(const struct payment *p, char *sql)
{
    char key[80];
    char print[80];
    char answer[520];
    char payload[1100];

    return snprintf(
        sql, TEXT_MAX,
        "INSERT INTO idempotency (account_id, idempotency_key, fingerprint, answer, created_at) VALUES (%llu, x'%s', "
        "x'%s', x'%s', '%s');"
        "INSERT INTO reservation (reservation_number, account_id, concert_id, seat, price, payment_id, paid_at) VALUES "
        "('%s', %llu, 1, %llu, %d, %llu, '%s');"
        "INSERT INTO point_entry (account_id, delta, reason, reference, balance_after, created_at) VALUES (%llu, -%d, "
        "'payment', '%llu', %lld, '%s');"
        "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at) VALUES ('%s', 'payment', "
        "'%llu', 'payment.completed', x'%s', '%s');COMMIT",
        (unsigned long long)p->account, hex(p->key, strlen(p->key), key), hex(p->print, 32, print),
        hex(p->answer, strlen(p->answer), answer), p->now, p->number, (unsigned long long)p->account,
        (unsigned long long)p->seat, PRICE, (unsigned long long)p->id, p->now, (unsigned long long)p->account, PRICE,
        (unsigned long long)p->id, (long long)p->balance, p->now, p->event, (unsigned long long)p->id,
        hex(p->payload, strlen(p->payload), payload), p->now);
}

static void pay_two(struct client *client, struct payment *p)
{
    char sql[TEXT_MAX];
    uint64_t inserted[3] = {0};
    int length = snprintf(sql, sizeof(sql),
                          "START TRANSACTION;"
                          "UPDATE account SET points = LAST_INSERT_ID(points - %d) WHERE account_id = %llu AND points "
                          ">= %d;"
                          "INSERT INTO payment (account_id, concert_id, amount, paid_at) VALUES (%llu, 1, %d, '%s')",
                          PRICE, (unsigned long long)p->account, PRICE, (unsigned long long)p->account, PRICE, p->now);

    run_text(client, sql, length, inserted, 3);
    p->balance = (int64_t)inserted[1];
    p->id = inserted[2];
    snprintf(p->answer, sizeof(p->answer), "{\"payment_id\":%llu,\"balance\":%lld}", (unsigned long long)p->id,
             (long long)p->balance);
    run_text(client, sql, rest_text(p, sql), NULL, 0);
}

static void pay_batch(struct client *client, struct payment *p)
{
    run_whole(client, p, "");
    run(client, "COMMIT");
}

static void pay_one(struct client *client, struct payment *p)
{
    run_whole(client, p, "; COMMIT");
}

/* Several payments in one transaction. */

static void next_payment(const struct client *client, size_t turn, struct payment *p);

struct script {
    char sql[TEXT_MAX];
    int length;
};

__attribute__((format(printf, 2, 3))) static void put(struct script *script, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    script->length +=
        vsnprintf(script->sql + script->length, sizeof(script->sql) - (size_t)script->length, format, args);
    va_end(args);
}

static void put_debits(struct script *script, const struct payment *payments)
{
    put(script, "START TRANSACTION");
    for (int i = 0; i < TOGETHER; i++) {
        unsigned long long account = payments[i].account;
        put(script, ";UPDATE account SET points = LAST_INSERT_ID(points - %d) WHERE account_id = %llu AND points >= %d",
            PRICE, account, PRICE);
        put(script, ";INSERT INTO payment (account_id, concert_id, amount, paid_at) VALUES (%llu, 1, %d, '%s')",
            account, PRICE, payments[i].now);
    }
}

static void put_keys(struct script *script, const struct payment *payments)
{
    char key[80];
    char print[80];
    char answer[520];

    put(script, "INSERT INTO idempotency (account_id, idempotency_key, fingerprint, answer, created_at) VALUES ");
    for (int i = 0; i < TOGETHER; i++) {
        const struct payment *p = &payments[i];
        put(script, "%s(%llu, x'%s', x'%s', x'%s', '%s')", i == 0 ? "" : ",", (unsigned long long)p->account,
            hex(p->key, strlen(p->key), key), hex(p->print, 32, print), hex(p->answer, strlen(p->answer), answer),
            p->now);
    }
}

static void put_seats(struct script *script, const struct payment *payments)
{
    put(script,
        ";INSERT INTO reservation (reservation_number, account_id, concert_id, seat, price, payment_id, paid_at) "
        "VALUES ");
    for (int i = 0; i < TOGETHER; i++) {
        const struct payment *p = &payments[i];
        put(script, "%s('%s', %llu, 1, %llu, %d, %llu, '%s')", i == 0 ? "" : ",", p->number,
            (unsigned long long)p->account, (unsigned long long)p->seat, PRICE, (unsigned long long)p->id, p->now);
    }
    put(script, ";INSERT INTO point_entry (account_id, delta, reason, reference, balance_after, created_at) VALUES ");
    for (int i = 0; i < TOGETHER; i++) {
        const struct payment *p = &payments[i];
        put(script, "%s(%llu, -%d, 'payment', '%llu', %lld, '%s')", i == 0 ? "" : ",", (unsigned long long)p->account,
            PRICE, (unsigned long long)p->id, (long long)p->balance, p->now);
    }
}

static void put_events(struct script *script, const struct payment *payments)
{
    char payload[1100];

    put(script, ";INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at) VALUES ");
    for (int i = 0; i < TOGETHER; i++) {
        const struct payment *p = &payments[i];
        put(script, "%s('%s', 'payment', '%llu', 'payment.completed', x'%s', '%s')", i == 0 ? "" : ",", p->event,
            (unsigned long long)p->id, hex(p->payload, strlen(p->payload), payload), p->now);
    }
}

/* The first of them is the client's own turn, the others are counted here. */
static void pay_together(struct client *client, struct payment *first)
{
    struct payment payments[TOGETHER] = {*first};
    uint64_t inserted[1 + 2 * TOGETHER] = {0};
    struct script debits = {.length = 0};
    struct script rest = {.length = 0};

    for (int i = 1; i < TOGETHER; i++)
        next_payment(client, client->count + (size_t)i, &payments[i]);
    put_debits(&debits, payments);
    run_text(client, debits.sql, debits.length, inserted, 1 + 2 * TOGETHER);
    for (int i = 0; i < TOGETHER; i++) {
        struct payment *p = &payments[i];
        p->balance = (int64_t)inserted[1 + 2 * i];
        p->id = inserted[2 + 2 * i];
        snprintf(p->answer, sizeof(p->answer), "{\"payment_id\":%llu,\"balance\":%lld}", (unsigned long long)p->id,
                 (long long)p->balance);
    }
    put_keys(&rest, payments);
    put_seats(&rest, payments);
    put_events(&rest, payments);
    put(&rest, ";COMMIT");
    run_text(client, rest.sql, rest.length, NULL, 0);
}

static const struct {
    const char *name;
    int payments;
    void (*pay)(struct client *client, struct payment *p);
} forms[] = {
    {"separate", 1, pay_separate},
    {"implicit", 1, pay_implicit},
    {"two", 1, pay_two},
    {"batch", 1, pay_batch},
    {"one", 1, pay_one},
    {"procedure", 1, pay_procedure},
    {"together", TOGETHER, pay_together},
};

/* A client */

static void next_payment(const struct client *client, size_t turn, struct payment *p)
{
    static const char seats[] = "\"reservations\":[{\"reservation_number\":\"20270301.1.1\",\"seat\":1,\"price\":7}]";
    struct timespec now;
    struct tm utc;

    memset(p, 0, sizeof(*p));
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(p->now, sizeof(p->now), "%Y-%m-%d %H:%M:%S.000", &utc);
    p->account = first_account + (uint64_t)client->index * ACCOUNTS_A_CLIENT + turn % ACCOUNTS_A_CLIENT;
    p->seat = turn + 1;
    snprintf(p->number, sizeof(p->number), "%d.%d.%zu", (int)getpid(), client->index + 1, turn + 1);
    snprintf(p->key, sizeof(p->key), "%08x-%04x-4000-8000-%012zx", (unsigned)getpid(), (unsigned)client->index, turn);
    snprintf(p->event, sizeof(p->event), "%08x-%04x-4000-8000-%012zx", (unsigned)getpid(), (unsigned)client->index,
             turn);
    memcpy(p->print, p->key, 32);
    snprintf(p->payload, sizeof(p->payload),
             "{\"event_id\":\"%s\",\"type\":\"payment.completed\",\"version\":1,\"payment_id\":1,\"account_id\":%llu,"
             "\"concert_id\":1,\"place\":77,\"amount\":7,\"paid_at\":\"2027-02-01T01:02:00.000Z\",%s}",
             p->event, (unsigned long long)p->account, seats);
}

static void *client_main(void *args)
{
    struct client *client = args;
    struct payment p;
    size_t form = 0;

    while (strcmp(forms[form].name, client->form) != 0)
        form++;
    while (!atomic_load(&stop) && client->count + TOGETHER < SAMPLES_MAX) {
        next_payment(client, client->count, &p);
        int64_t start = now_ns();
        forms[form].pay(client, &p);
        uint32_t took_us = (uint32_t)((now_ns() - start) / 1000);
        for (int i = 0; i < forms[form].payments; i++)
            client->samples_us[client->count++] = took_us;
    }
    return NULL;
}

static void prepare_client(struct client *client, const char *form, int index)
{
    client->form = form;
    client->index = index;
    client->mysql = connect_one();
    client->samples_us = calloc(SAMPLES_MAX, sizeof(uint32_t));
    for (int i = 0; i < STATEMENTS; i++)
        client->prepared[i] = prepare(client->mysql, prepared_texts[i]);
    client->call = prepare(client->mysql, "CALL pay(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (strcmp(form, "implicit") == 0)
        mysql_autocommit(client->mysql, 0);
}

static void prepare_database(int clients)
{
    MYSQL *mysql = connect_one();
    char sql[512];

    mysql_query(mysql, "DROP PROCEDURE IF EXISTS pay");
    if (mysql_query(mysql, procedure_text) != 0)
        die("procedure", mysql_error(mysql));
    for (int i = 0; i < clients * ACCOUNTS_A_CLIENT; i++) {
        snprintf(
            sql, sizeof(sql),
            "INSERT INTO account (email, name, password_hash, points, created_at) VALUES ('%d.%d@bench', 'B', '-', "
            "1000000000, UTC_TIMESTAMP(3))",
            (int)getpid(), i);
        if (mysql_query(mysql, i == 0 ? "START TRANSACTION" : "DO 0") != 0 || mysql_query(mysql, sql) != 0)
            die("accounts", mysql_error(mysql));
        if (i == 0)
            first_account = mysql_insert_id(mysql);
    }
    if (mysql_query(mysql, "COMMIT") != 0)
        die("accounts", mysql_error(mysql));
    mysql_close(mysql);
}

static int by_size(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static void report(const char *form, struct client *clients, int count, double seconds)
{
    size_t total = 0;

    for (int i = 0; i < count; i++)
        total += clients[i].count;
    uint32_t *all = calloc(total + 1, sizeof(uint32_t));
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        memcpy(all + at, clients[i].samples_us, clients[i].count * sizeof(uint32_t));
        at += clients[i].count;
    }
    qsort(all, total, sizeof(uint32_t), by_size);
    printf("%s %d %.0f %.2f %.2f\n", form, count, (double)total / seconds, all[total / 2] / 1000.0,
           all[total * 99 / 100] / 1000.0);
}

int main(int argc, char **argv)
{
    static struct client clients[CLIENTS_MAX];

    if (argc < 6)
        die("usage", "payment_forms SOCKET DATABASE FORM CLIENTS SECONDS [DELAY_US]");
    server_socket = argv[1];
    database = argv[2];
    int count = atoi(argv[4]);
    int seconds = atoi(argv[5]);
    delay_us = argc > 6 ? (unsigned)atoi(argv[6]) : 0;
    if (count < 1 || count > CLIENTS_MAX)
        die("usage", "1 to 256 clients");
    prepare_database(count);
    for (int i = 0; i < count; i++)
        prepare_client(&clients[i], argv[3], i);
    int64_t start = now_ns();
    for (int i = 0; i < count; i++)
        pthread_create(&clients[i].thread, NULL, client_main, &clients[i]);
    sleep((unsigned)seconds);
    atomic_store(&stop, true);
    for (int i = 0; i < count; i++)
        pthread_join(clients[i].thread, NULL);
    report(argv[3], clients, count, (double)(now_ns() - start) / 1e9);
    return 0;
}
